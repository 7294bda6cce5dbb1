import { rangesText, type SeqRange } from "../core/seq-ranges.ts";
import { halvesOf, isBatch, type Parcel, payloadOf } from "./mqtt-batches.ts";
import { PACKET_TOO_LARGE } from "./mqtt-faults.ts";
import type { MqttTopics } from "./mqtt-topics.ts";
import type { MqttConnection } from "./mqtt-window.ts";

/** Codes of a PUBACK that concern this message only: topic, size, payload format. */
const OF_CONTENT: ReadonlySet<number> = new Set([144, PACKET_TOO_LARGE, 153]);

export const isOfContent = (code: number): boolean => OF_CONTENT.has(code);

export interface ParcelOptions {
  readonly topics: MqttTopics;
  /** Told with the first message. */
  readonly absent: readonly SeqRange[];
  readonly mostPayloadBytes: number;
  readonly isUrgent: boolean;
  readonly onRefusedBatch: (batch: Parcel) => void;
}

/**
 * Publishes in order. What is wrong with a batch need not be wrong with each of its events: one that is refused goes at once again in
 * halves, one half after the other, at last event by event.
 * @returns reason codes by seq; of those that were not acknowledged because the connection ended, none.
 */
export async function publishParcels(
  connection: MqttConnection,
  parcels: readonly Parcel[],
  { topics, absent, mostPayloadBytes, isUrgent, onRefusedBatch }: ParcelOptions,
): Promise<ReadonlyMap<number, number>> {
  const codes = new Map<number, number>();
  let toTell = absent;

  function publishOne(parcel: Parcel): Promise<number | undefined> {
    const payload = payloadOf(parcel);
    if (Buffer.byteLength(payload) > mostPayloadBytes) return Promise.resolve(PACKET_TOO_LARGE);
    const ofParcel = isBatch(parcel) ? topics.ofBatches : topics.ofEvents;
    const properties =
      toTell.length > 0 ? { ...ofParcel, userProperties: { absent: rangesText(toTell) } } : ofParcel;
    toTell = [];
    return new Promise((resolve) => {
      connection.publish(topics.events(parcel.class), payload, { properties, isUrgent }, resolve);
    });
  }

  async function publish(parcel: Parcel): Promise<void> {
    const code = await publishOne(parcel);
    if (code === undefined) return;
    if (isBatch(parcel) && isOfContent(code)) {
      onRefusedBatch(parcel);
      for (const half of halvesOf(parcel)) await publish(half);
      return;
    }
    for (const seq of parcel.seqs) codes.set(seq, code);
  }

  await Promise.all(parcels.map(publish));
  return codes;
}
