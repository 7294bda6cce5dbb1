import type { LedgerEvent } from "../core/event.ts";

export interface Batch {
  readonly events: readonly LedgerEvent[];
  /** `application/cloudevents-batch+json`. */
  readonly body: Buffer;
}

/** The longest run of `events` from the first whose JSON fits into `maxBytes`; one event always goes. */
export function cutBatch(events: readonly LedgerEvent[], maxBytes: number): Batch {
  const parts: string[] = [];
  let bytes = 2;
  for (const event of events) {
    const part = JSON.stringify(event);
    bytes += Buffer.byteLength(part) + 1;
    if (parts.length > 0 && bytes > maxBytes) break;
    parts.push(part);
  }
  return { events: events.slice(0, parts.length), body: Buffer.from(`[${parts.join(",")}]`) };
}

/** The same for the same events, so that the receiver knows a repetition. */
export function idempotencyKey({ events }: Batch): string | undefined {
  const [first] = events;
  const last = events.at(-1);
  return first && last ? `${first.id}-${last.id}` : undefined;
}
