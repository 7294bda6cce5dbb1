import type { EventClass, LedgerEvent } from "../core/event.ts";
import type { BatchLimits } from "./answers.ts";

/** Larger ones gain nothing, and cost more when one is lost. */
export const LARGEST_BATCH: BatchLimits = { events: 100, bytes: 65_536 };
/** Below this a batch is hardly more than one event. */
const SMALLEST_BATCH_BYTES = 2048;

/** The payload of one message. */
export interface Parcel {
  readonly class: EventClass;
  readonly seqs: readonly number[];
  readonly payload: string;
  /** A JSON array of events (CloudEvents JSON format 1.0.2, 4); else one event. */
  readonly isBatch: boolean;
}

/**
 * Puts events into messages in their order: runs of one class within the limits, and what stands alone, or is above the limit by
 * itself, as a single event. Without limits each event is one message.
 * @param json of each event
 */
export function packParcels(
  events: readonly Pick<LedgerEvent, "seq" | "class">[],
  json: readonly string[],
  limits: BatchLimits | undefined,
): Parcel[] {
  const parcels: Parcel[] = [];
  let seqs: number[] = [];
  let texts: string[] = [];
  let bytes = 2;
  let running: EventClass | undefined;

  function close(): void {
    const [only] = texts;
    if (running === undefined || only === undefined) return;
    const isBatch = texts.length > 1;
    parcels.push({ class: running, seqs, payload: isBatch ? `[${texts.join(",")}]` : only, isBatch });
    seqs = [];
    texts = [];
    bytes = 2;
  }

  for (const [index, event] of events.entries()) {
    const text = json[index] ?? "";
    const size = Buffer.byteLength(text) + 1;
    const fits =
      limits !== undefined &&
      event.class === running &&
      texts.length < limits.events &&
      bytes + size <= limits.bytes;
    if (!fits) close();
    running = event.class;
    seqs.push(event.seq);
    texts.push(text);
    bytes += size;
  }
  close();
  return parcels;
}

/** How large batches may be that one carrier sends. */
export interface BatchSize {
  /** @param offer of the keeper; undefined where it takes none. */
  limits(offer: BatchLimits | undefined, mostPayloadBytes: number): BatchLimits | undefined;
  /** Batches of these limits did not arrive. Several of the same size count once. */
  shrink(tried: BatchLimits): void;
}

/** Halves after each that was too large, until events go one by one. */
export function createBatchSize(): BatchSize {
  let mostBytes = LARGEST_BATCH.bytes;
  return {
    limits(offer, mostPayloadBytes) {
      if (!offer) return undefined;
      const bytes = Math.min(offer.bytes, mostPayloadBytes, mostBytes);
      const events = Math.min(offer.events, LARGEST_BATCH.events);
      return bytes < SMALLEST_BATCH_BYTES || events < 2 ? undefined : { events, bytes };
    },
    shrink(tried) {
      mostBytes = Math.min(mostBytes, Math.floor(tried.bytes / 2));
    },
  };
}
