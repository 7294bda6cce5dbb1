import { type BroadcastOrder, type BroadcastOutcome, contentData } from "../core/broadcast.ts";
import type { EventDraft } from "../core/event.ts";
import { proofData } from "../core/hearing.ts";
import { isoTime } from "../core/time.ts";

// What the ledger is told of a broadcast: who, what, where, why, when and how it ended.

/** It was taken: from now on it ends once on each of its speakers. */
export function orderedDraft(order: BroadcastOrder): EventDraft {
  return {
    type: "org.cunshao.broadcast.ordered",
    class: "audit",
    subject: order.id,
    data: { broadcast: order.id, ...orderData(order) },
  };
}

/** Nobody hears it: it never became a broadcast, and its id may be used again. */
export function refusedDraft(order: BroadcastOrder, reason: string): EventDraft {
  const told = orderData(order);
  // A text that is refused for its length would fill the ledger.
  const text = typeof told["text"] === "string" && { text: told["text"].slice(0, 200) };
  return {
    type: "org.cunshao.broadcast.refused",
    class: order.alarm === undefined ? "audit" : "state",
    subject: order.id,
    data: { broadcast: order.id, ...told, ...text, refusal: reason },
  };
}

export function finishedDraft(outcome: BroadcastOutcome, order: BroadcastOrder | undefined): EventDraft {
  const { broadcast, speaker, result, reason, soundedAt, proof, notes, volume, by } = outcome;
  return {
    type: "org.cunshao.broadcast.finished",
    class: "state",
    subject: broadcast,
    data: {
      broadcast,
      speaker,
      result,
      ...(reason !== undefined && { reason }),
      ...(soundedAt && { soundedAt: isoTime(soundedAt.wallMs) }),
      ...proofData(proof),
      ...(notes && { notes }),
      ...(order && { ...contentData(order.content), priority: order.priority, source: order.source }),
      ...(order && volume !== undefined && volume !== order.volume && { volume }),
      ...(order?.alarm !== undefined && { alarm: order.alarm }),
      ...(by && { by }),
    },
  };
}

/** An order as the ledger keeps it; `buffer/order-book.ts` reads it back. */
function orderData(order: BroadcastOrder): Record<string, unknown> {
  const { source, priority, speakers, content, repeat, volume } = order;
  const { alarm, notBeforeMs, expiresMs, whenPreempted, reason, person, isByHand, address } = order;
  const all = {
    by: source,
    priority,
    speakers,
    ...contentData(content),
    repeat,
    volume,
    alarm,
    notBefore: notBeforeMs === undefined ? undefined : isoTime(notBeforeMs),
    expires: expiresMs === undefined ? undefined : isoTime(expiresMs),
    whenPreempted,
    reason,
    person,
    isByHand,
    address,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}
