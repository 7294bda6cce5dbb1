import type { LedgerEvent } from "../../../core/event.ts";
import type { AlarmView, VillageState } from "../../../core/village.ts";
import { type Phrase, phrase } from "./phrase.ts";
import type { Times } from "./times.ts";

const RANK = { emergency: 0, danger: 1, warning: 2, notice: 3 } as const;

export function isGraver(a: Pick<AlarmView, "severity">, b: Pick<AlarmView, "severity">): boolean {
  return RANK[a.severity] < RANK[b.severity];
}

/** What tells how urgent an alarm is. */
type Urgent = Pick<AlarmView, "status" | "severity" | "seq">;

/** Alarms that stand at the top of the page: unseen ones first, then by severity, then the newest. */
export function openAlarms<A extends Urgent>(alarms: readonly A[]): A[] {
  const seen = ({ status }: A): number => Number(status === "acknowledged");
  return alarms
    .filter(({ status }) => status !== "cleared")
    .sort((a, b) => seen(a) - seen(b) || RANK[a.severity] - RANK[b.severity] || b.seq - a.seq);
}

/** Those that nobody has seen to. */
export function unseenAlarms<A extends Urgent>(alarms: readonly A[]): A[] {
  return openAlarms(alarms).filter(({ status }) => status !== "acknowledged");
}

/** So sure is twice what a rule of normal sensitivity asks for. */
const VERY_SURE = 2;

/** What found that somebody is there, and how surely; undefined where no camera saw it. */
export function detectorPhrase({
  detector,
  score,
  sureness,
}: Pick<AlarmView, "detector" | "score" | "sureness">): Phrase | undefined {
  if (detector === undefined) return undefined;
  if (detector === "movement") return phrase("alarm.movement");
  if (score === undefined || sureness === undefined) return phrase("alarm.person");
  const points = Math.round(score * 100);
  // The score is of one look and says little; what all looks have said is what it goes by.
  if (sureness < 1) return phrase("alarm.personUnsure", { points });
  return phrase(sureness < VERY_SURE ? "alarm.personSure" : "alarm.personVerySure", { points });
}

/** Where the alarm is on its way up, one phrase for each upstream. */
export function deliveryPhrases(
  alarm: AlarmView,
  upstreams: VillageState["upstreams"],
  nameOf: (upstream: string) => string,
  times: Times,
): Phrase[] {
  return upstreams.map(({ id, status }) => {
    const name = nameOf(id);
    const done = alarm.delivered.find(({ upstream }) => upstream === id);
    if (done) return phrase("alarm.delivered", { name, time: times.clock(done.at) });
    return phrase(status === "connected" ? "alarm.delivering" : "alarm.notDelivered", { name });
  });
}

/** Ends of broadcasts that were made for this alarm, oldest first. */
export function spokenFor(alarm: AlarmView, events: readonly LedgerEvent[]): LedgerEvent[] {
  return events
    .filter(({ type, data }) => type === "org.cunshao.broadcast.finished" && data["alarm"] === alarm.id)
    .sort((a, b) => a.seq - b.seq);
}

/** Whether words have been ordered for this alarm. */
export function wasOrderedFor(alarm: Pick<AlarmView, "id">, events: readonly LedgerEvent[]): boolean {
  return events.some(
    ({ type, data }) => type === "org.cunshao.broadcast.ordered" && data["alarm"] === alarm.id,
  );
}

/** What became of an alarm, and by whom, as the queue says it. */
export function fateOf({
  status,
  falseBy,
  acknowledgedBy,
}: Pick<AlarmView, "status" | "falseBy" | "acknowledgedBy">): {
  readonly kind: "false" | "waiting" | "handling" | "over" | "handled";
  readonly name: string;
} {
  if (falseBy !== undefined) return { kind: "false", name: falseBy };
  const name = acknowledgedBy ?? "";
  if (status === "raised" || status === "escalated") return { kind: "waiting", name };
  if (status === "acknowledged") return { kind: "handling", name };
  return { kind: acknowledgedBy === undefined ? "over" : "handled", name };
}
