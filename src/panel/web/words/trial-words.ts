import type { TrialSeen } from "../../../core/zone-trial.ts";
import { type Phrase, phrase } from "./phrase.ts";

/** Under a minute, so many seconds would read as none. */
export function minutesOf(seconds: number): number {
  return seconds > 0 ? Math.max(1, Math.round(seconds / 60)) : 0;
}

export interface TrialFindings {
  readonly recordedSeconds: number;
  readonly stillSeconds: number;
  readonly detector?: string | undefined;
  readonly rules: readonly unknown[];
  readonly seen: TrialSeen;
}

/** What was seen where no alarm would have come of it. */
export function seenPhrase({ recordedSeconds, stillSeconds, seen }: TrialFindings): Phrase {
  const { people, inZone, longestStaySeconds: seconds, over } = seen;
  if (over && over.in + over.out > 0) return phrase("zone.trial.wentOver", over);
  if (inZone > 0) {
    return phrase(people === undefined ? "zone.trial.movedIn" : "zone.trial.cameIn", {
      count: inZone,
      seconds,
    });
  }
  if (people !== undefined && people > 0) {
    return phrase(over ? "zone.trial.besideLine" : "zone.trial.beside", { count: people });
  }
  const minutes = minutesOf(recordedSeconds - stillSeconds);
  return minutes > 0 && people !== undefined
    ? phrase("zone.trial.nobody", { minutes })
    : phrase("zone.trial.nothing");
}

/** How much was there to be looked at, and what does not count in a dry run. */
export function groundPhrases({
  recordedSeconds,
  stillSeconds,
  detector,
  rules,
  seen,
}: TrialFindings): Phrase[] {
  return [
    phrase("zone.trial.recorded", { minutes: minutesOf(recordedSeconds), still: minutesOf(stillSeconds) }),
    phrase("zone.trial.regardless"),
    ...(rules.length === 0 ? [phrase(seen.over ? "zone.trial.noRuleLine" : "zone.trial.noRule")] : []),
    ...(detector === "movement" ? [phrase("zone.trial.byMovement")] : []),
  ];
}
