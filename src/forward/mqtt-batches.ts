import type { EventClass, LedgerEvent } from "../core/event.ts";
import type { BatchLimits } from "./answers.ts";

/** Larger ones gain nothing, and cost more when one is lost. */
export const LARGEST_BATCH: BatchLimits = { events: 100, bytes: 65_536 };
/** Below this a batch is hardly more than one event. */
const SMALLEST_BATCH_BYTES = 2048;

/** What goes in one message: an event, or several of one class as a JSON array (CloudEvents JSON format 1.0.2, 4). */
export interface Parcel {
  readonly class: EventClass;
  readonly seqs: readonly number[];
  /** Each event's JSON. */
  readonly json: readonly string[];
}

export const isBatch = ({ seqs }: Parcel): boolean => seqs.length > 1;

export function payloadOf({ json: [only = "", ...more] }: Parcel): string {
  return more.length === 0 ? only : `[${[only, ...more].join(",")}]`;
}

export const bytesOfParcel = (parcel: Parcel): number => Buffer.byteLength(payloadOf(parcel));

export function halvesOf({ class: eventClass, seqs, json }: Parcel): readonly Parcel[] {
  const middle = Math.ceil(seqs.length / 2);
  return [
    { class: eventClass, seqs: seqs.slice(0, middle), json: json.slice(0, middle) },
    { class: eventClass, seqs: seqs.slice(middle), json: json.slice(middle) },
  ];
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
  const parcels: { class: EventClass; seqs: number[]; json: string[] }[] = [];
  let bytes = 0;
  for (const [index, { class: eventClass, seq }] of events.entries()) {
    const text = json[index] ?? "";
    const size = limits ? Buffer.byteLength(text) + 1 : 0;
    const open = parcels.at(-1);
    if (
      limits &&
      open?.class === eventClass &&
      open.seqs.length < limits.events &&
      bytes + size <= limits.bytes
    ) {
      open.seqs.push(seq);
      open.json.push(text);
      bytes += size;
    } else {
      parcels.push({ class: eventClass, seqs: [seq], json: [text] });
      // The brackets, without the comma that the first one has none of.
      bytes = 1 + size;
    }
  }
  return parcels;
}

export function throughFirstBatch(parcels: readonly Parcel[]): readonly Parcel[] {
  const first = parcels.findIndex(isBatch);
  return first < 0 ? parcels : parcels.slice(0, first + 1);
}

/** How large batches may be on one connection. */
export interface BatchSize {
  /** @param offer of the keeper; undefined where it takes none. */
  limits(offer: BatchLimits | undefined, mostPayloadBytes: number): BatchLimits | undefined;
  /** Whether batches within the limits are known to arrive. */
  isProven(): boolean;
  /** Whoever keeps the events has this batch, which was packed within `limits`. */
  arrived(batch: Parcel, limits: BatchLimits): void;
  /** A batch of so many bytes did not arrive. Several of the same size count once. */
  shrink(bytes: number): void;
}

/**
 * A first batch goes alone; once it has arrived, others that are no larger may follow each other. Halves after each that was too
 * large, until events go one by one.
 */
export function createBatchSize(startBytes: number): BatchSize {
  let mostBytes = startBytes;
  let provenBytes: number | undefined;
  return {
    limits(offer, mostPayloadBytes) {
      if (!offer) return undefined;
      const bytes = Math.min(offer.bytes, mostPayloadBytes, mostBytes);
      const events = Math.min(offer.events, LARGEST_BATCH.events);
      if (bytes < SMALLEST_BATCH_BYTES || events < 2) return undefined;
      return { events, bytes: Math.min(bytes, provenBytes ?? bytes) };
    },
    isProven: () => provenBytes !== undefined,
    arrived(batch, limits) {
      if (provenBytes !== undefined) return;
      const bytes = bytesOfParcel(batch);
      // A short one, of few events, says little of those to come.
      if (batch.seqs.length === limits.events || bytes * 2 >= limits.bytes) provenBytes = bytes;
    },
    shrink(bytes) {
      mostBytes = Math.min(mostBytes, Math.floor(bytes / 2));
      provenBytes = undefined;
    },
  };
}
