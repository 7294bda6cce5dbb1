import type { DeskBox } from "../../../core/township-desk.ts";
import { type Phrase, phrase } from "./phrase.ts";
import { lasting, type Times } from "./times.ts";

export type DeskTone = "alarm" | "care" | "handled" | "calm";

/** How a village looks from afar: red means an alarm and nothing else. */
export function toneOf({ worst, openAlarms, status, ledger, contested, files, village }: DeskBox): DeskTone {
  if (worst !== undefined) return "alarm";
  if (status === "away" || status === "refused" || contested) return "care";
  if (ledger && (ledger.missing > 0 || ledger.broken > 0)) return "care";
  if (files.reason !== undefined || village?.clockOffSeconds !== undefined) return "care";
  return openAlarms > 0 ? "handled" : "calm";
}

/** Whether it is heard; of one that is not since when. */
export function statusPhrase(
  { status, since, lastHeardAt, reason = "" }: DeskBox,
  now: string,
  say: (phrase: Phrase) => string,
  reasonOf: (code: string) => string,
): Phrase {
  if (status === "refused") return phrase("desk.status.refused", { reason: reasonOf(reason) });
  if (status !== "away") return phrase(`desk.status.${status}`);
  if (lastHeardAt === undefined) return phrase("desk.status.awayNever");
  return phrase("desk.status.away", { time: say(lasting(since, now)) });
}

/** What else there is to know, the gravest first. */
export function boxPhrases(box: DeskBox): readonly Phrase[] {
  const { openAlarms, waitingEvents, keptActs, ledger, files, village, contested } = box;
  const count = (key: string, number: number): Phrase[] =>
    number > 0 ? [phrase(key, { count: number })] : [];
  return [
    ...count(box.worst === undefined ? "desk.handledCount" : "desk.alarmCount", openAlarms),
    ...(contested ? [phrase("desk.contested", { address: contested.address })] : []),
    ...count("desk.broken", ledger?.broken ?? 0),
    ...count("desk.missing", ledger?.missing ?? 0),
    ...count("desk.waiting", waitingEvents),
    ...count("desk.keptActs", keptActs),
    ...count("desk.blind", village?.blindCameras ?? 0),
    ...(village?.clockOffSeconds === undefined
      ? []
      : [phrase("desk.clockOff", { minutes: Math.round(Math.abs(village.clockOffSeconds) / 60) })]),
    ...(files.reason === "box.quota" ? [phrase("desk.files")] : []),
    ...count("desk.letGo", ledger?.letGo ?? 0),
  ];
}

/** Villages where something is to be done first. */
export function inOrder(boxes: readonly DeskBox[]): readonly DeskBox[] {
  const order: readonly DeskTone[] = ["alarm", "care", "handled", "calm"];
  return [...boxes].sort((a, b) => order.indexOf(toneOf(a)) - order.indexOf(toneOf(b)));
}

/** When an alarm was raised: the clock on the wall, with the day where it was another one. */
export function raisedPhrase(raisedAt: string, now: string, times: Times): Phrase {
  return times.since(raisedAt, now);
}
