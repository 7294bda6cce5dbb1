import type { LedgerEvent } from "../../../core/event.ts";
import type { Speech } from "./event-data.ts";
import { type Named, resultPhrase } from "./event-words.ts";
import { type Phrase, phrase } from "./phrase.ts";

/** What became of a broadcast on one speaker; `well` unless somebody should care. */
export interface Outcome {
  readonly phrase: Phrase;
  readonly well: boolean;
}

export interface HandedOver {
  readonly id: string;
  readonly speakers: readonly string[];
  /** An emergency that the box holds back until a device of the village agrees. */
  readonly isHeldBack?: boolean | undefined;
}

/**
 * What became of a broadcast that was handed over, as far as the events tell.
 * @param events newest first.
 */
export function broadcastOutcomes(
  order: HandedOver,
  events: readonly LedgerEvent[],
  named: Named,
  speech: Speech,
): readonly Outcome[] {
  const of = (kind: string) =>
    events.filter(({ type, data }) => type === `org.cunshao.${kind}` && data["broadcast"] === order.id);
  const ends = of("broadcast.finished");
  const outcomes = ends.map((event) => ({
    phrase: resultPhrase(event, named, speech),
    well: event.data["result"] !== "failed" && event.data["result"] !== "refused",
  }));
  // A box that lost its power in the middle never tells how it ended.
  const orderedSeq = of("broadcast.ordered")[0]?.seq ?? Number.POSITIVE_INFINITY;
  const restarted = events.some(
    ({ type, seq }) => type === "org.cunshao.gateway.started" && seq > orderedSeq,
  );
  const cutOff = order.speakers.filter((id) => !ends.some(({ data }) => data["speaker"] === id));
  if (restarted) {
    for (const id of cutOff) {
      const speaker = named.speakers.find((one) => one.speaker === id)?.name ?? id;
      outcomes.push({ phrase: phrase("speak.results.cutOff", { speaker }), well: false });
    }
  }
  if (outcomes.length > 0) return outcomes;
  const isWithHorns = named.speakers.some((speaker) => speaker.order?.id === order.id);
  return order.isHeldBack && !isWithHorns
    ? [{ phrase: phrase("speak.heldBack"), well: false }]
    : [{ phrase: phrase("speak.handedOver"), well: true }];
}
