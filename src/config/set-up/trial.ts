import type { StandingChange } from "../../core/set-up.ts";
import { isSamePlace } from "./laid-over.ts";
import type { SetUpState } from "./set-up-file.ts";

// A change with which the gateway does not come up is taken back by the next start, by itself: nobody may be there who could.

/** What a start goes by: of a change whose first start did not come through, what held before. */
export function toBeginWith(found: SetUpState): {
  readonly state: SetUpState;
  readonly takenBack: readonly StandingChange[];
} {
  if (found.trial === "new") return { state: { ...found, trial: "begun" }, takenBack: [] };
  if (found.trial === "none" || !found.before) return { state: found, takenBack: [] };
  const { before } = found;
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
