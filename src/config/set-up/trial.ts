import type { StandingChange } from "../../core/set-up.ts";
import { isSamePlace } from "./laid-over.ts";
import type { SetUpState } from "./set-up-file.ts";

// A change with which the gateway does not come up is taken back by itself: nobody may be there who could. Twice it is tried, because
// a power cut may have ended the first.

/** What a start goes by: of a change with which two starts did not come through, what held before. */
export function toBeginWith(found: SetUpState): {
  readonly state: SetUpState;
  readonly takenBack: readonly StandingChange[];
} {
  const { trial, before } = found;
  if (trial === "none" || !before) return { state: found, takenBack: [] };
  if (trial !== "again") {
    return { state: { ...found, trial: trial === "new" ? "begun" : "again" }, takenBack: [] };
  }
  const isOld = (change: StandingChange): boolean =>
    before.changes.some((one) => isSamePlace(one, change) && one.at === change.at);
  const failed = found.changes.filter((change) => !isOld(change));
  return { state: { version: found.version + 1, ...before, trial: "none", failed }, takenBack: failed };
}

/** A gateway has run with it for a while. */
export function proven({ before: _before, ...state }: SetUpState): SetUpState {
  return { ...state, trial: "none" };
}

/** The next state, on trial. */
export function onTrial(
  { version, changes, secrets, before, trial }: SetUpState,
  next: Pick<SetUpState, "changes" | "secrets">,
): SetUpState {
  // Of two in quick succession both are taken back: neither has been seen to run.
  const proven = trial !== "none" && before ? before : { changes, secrets };
  return { version: version + 1, ...next, trial: "new", before: proven };
}
