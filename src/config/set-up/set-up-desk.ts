import { isDeepStrictEqual } from "node:util";
import type { BroadcastSource } from "../../core/broadcast.ts";
import { GatewayError } from "../../core/errors.ts";
import type { Ledger } from "../../core/event.ts";
import type { PartHealth } from "../../core/part.ts";
import type { ProfileCatalogue } from "../../core/profiles.ts";
import type { SetUpChange, SetUpDesk, SetUpPlace, SetUpView, StandingChange } from "../../core/set-up.ts";
import { type Clock, isoTime } from "../../core/time.ts";
import { createTurns } from "../../core/turns.ts";
import { type ExaminedSite, secretUses } from "../load.ts";
import type { Problem } from "../problems.ts";
import { formatProblem } from "../problems.ts";
import { isSamePlace, laidOver, type Misfit, writtenEntry } from "./laid-over.ts";
import { MOST_CHANGES, type SetUpFile, type SetUpState } from "./set-up-file.ts";
import { checkChange } from "./set-up-limits.ts";
import { setUpView } from "./set-up-view.ts";
import { onTrial, proven } from "./trial.ts";

/** What the running gateway began with. */
export interface Beginning {
  readonly site: ExaminedSite;
  readonly state: SetUpState;
  readonly leftOut: readonly Misfit<StandingChange>[];
  /** Taken back by this start. */
  readonly takenBack: readonly StandingChange[];
  /** Why what was changed cannot be read. */
  readonly fault?: string | undefined;
}

export interface SetUpDependencies {
  readonly ledger: Pick<Ledger, "append">;
  readonly clock: Clock;
}

/** @param isNeeded whether a horn or siren is on, or an alarm gets graver: a start anew would cut that off. */
export type OpenSetUp = (dependencies: SetUpDependencies, isNeeded: () => boolean) => StandingSetUp;

export interface StandingSetUp extends SetUpDesk {
  health(): PartHealth;
  /** Tells in the ledger what this start took back. */
  begun(): Promise<void>;
  /** The gateway has run for a while: a change that it began with is on trial no more. @throws GatewayError `set_up.unwritable`. */
  prove(): Promise<void>;
  /** Takes no change any more; resolves when what was under way is on disk. */
  hold(): Promise<void>;
  release(): void;
}

export function createSetUpDesk(
  { ledger, clock }: SetUpDependencies,
  { file, fileFault, profiles, startAnew }: SetUpWorkings,
  { site, state: found, leftOut, takenBack, fault }: Beginning,
): StandingSetUp {
  let state = found;
  /** Of two the second is told of the first. */
  const writers = createTurns(1);
  let isHeld = false;

  function open<T>(work: () => Promise<T>): Promise<T> {
    if (isHeld) throw refused("set_up.changed", "the gateway is about to start anew");
    return work();
  }

  function view(): SetUpView {
    return setUpView(site.written, state, { running: found.version, leftOut }, profiles);
  }

  async function lay(
    version: number,
    next: readonly StandingChange[],
    secrets: SetUpState["secrets"],
    event: { readonly type: string; readonly data: Readonly<Record<string, unknown>> },
  ): Promise<SetUpView> {
    if (fault) throw refused("set_up.unreadable", `what was changed before cannot be read (${fault})`);
    if (version !== state.version) throw refused("set_up.changed", "something was changed meanwhile");
    if (next.length > MOST_CHANGES) throw refused("set_up.too_many", `at most ${MOST_CHANGES} changes`);
    checkFit(next, secrets);
    const broken = await fileFault();
    if (broken) throw refused("set_up.file_broken", formatProblem(broken));
    const used = new Set(secretUses(next.map(({ entry }) => entry)).map(({ name }) => name));
    const kept = Object.fromEntries(Object.entries(secrets).filter(([name]) => used.has(name)));
    await ledger.append({ ...event, class: "audit" });
    const laid = onTrial(state, { changes: next, secrets: kept });
    await file.write(laid);
    state = laid;
    startAnew();
    return view();
  }

  /** Nothing that acts now may be left out by what comes. Two looks at most: the loop stands still for them. */
  function checkFit(next: readonly StandingChange[], secrets: SetUpState["secrets"]): void {
    const faultOf = (changes: readonly StandingChange[]) =>
      site.faultOf(laidOver(site.written, changes), secrets);
    const problem = faultOf(next);
    if (!problem) return;
    const acting = next.filter((one) => !leftOut.some(({ change }) => change === one));
    if (acting.length < next.length && faultOf(acting) === undefined) return;
    throw refused("set_up.invalid", `${problem.path}: expected ${problem.expected}`);
  }

  async function change(
    version: number,
    changes: readonly SetUpChange[],
    secrets: SetUpState["secrets"],
    by: BroadcastSource,
  ): Promise<SetUpView> {
    for (const one of changes)
      checkChange(one, { written: site.written, standing: state.changes, typed: secrets });
    const at = isoTime(clock.now().wallMs);
    const stamped = changes.map(({ list, id, camera, entry }) => ({
      list,
      id,
      ...(camera !== undefined && { camera }),
      entry: entry && { ...entry, id },
      by: by.name,
      at,
    }));
    const next = stamped.reduce<readonly StandingChange[]>(
      (standing, one) => withStanding(standing, one, writtenEntry(site.written, one)),
      state.changes,
    );
    const data = { changes: stamped.map(({ by: _by, at: _at, ...one }) => one), by };
    return lay(version, next, { ...state.secrets, ...secrets }, { type: "org.cunshao.set_up.changed", data });
  }

  async function restore(version: number, places: readonly SetUpPlace[], by: BroadcastSource) {
    const next = state.changes.filter((one) => !places.some((place) => isSamePlace(place, one)));
    const data = {
      places: places.map(({ list, id, camera }) => ({ list, id, ...(camera && { camera }) })),
      by,
    };
    return lay(version, next, state.secrets, { type: "org.cunshao.set_up.restored", data });
  }

  return {
    view,
    change: (...asked) => writers.take(() => open(() => change(...asked))),
    restore: (...asked) => writers.take(() => open(() => restore(...asked))),
    hold: () =>
      writers.take(async () => {
        isHeld = true;
      }),
    release() {
      isHeld = false;
    },
    health() {
      if (fault) return { name: "set-up", status: "degraded", reason: "set_up.unreadable", detail: fault };
      const isWhole = leftOut.length === 0 && !state.failed?.length;
      return isWhole
        ? { name: "set-up", status: "ok" }
        : { name: "set-up", status: "degraded", reason: "set_up.left_out" };
    },
    prove: () =>
      writers.take(async () => {
        if (state.trial === "none" || state.trial === "new") return;
        await file.write(proven(state));
        state = proven(state);
      }),
    async begun() {
      if (takenBack.length === 0) return;
      const places = takenBack.map(({ list, id, camera }) => ({ list, id, ...(camera && { camera }) }));
      const data = { places, why: "not-started" };
      await ledger.append({ type: "org.cunshao.set_up.taken_back", class: "audit", data });
    },
  };
}

export interface SetUpWorkings {
  readonly file: SetUpFile;
  /** What is wrong with the configuration file as it lies there now: a start anew would end the box. */
  readonly fileFault: () => Promise<Problem | undefined>;
  readonly profiles: ProfileCatalogue;
  /** Called once the change is on disk. */
  readonly startAnew: () => void;
}

/** The changes with one more; none where the file says the same. */
function withStanding(
  standing: readonly StandingChange[],
  change: StandingChange,
  written: unknown,
): readonly StandingChange[] {
  const isNone = change.entry === null ? written === undefined : isDeepStrictEqual(change.entry, written);
  const place = standing.findIndex((one) => isSamePlace(one, change));
  if (isNone) return standing.filter((_, index) => index !== place);
  return place < 0 ? [...standing, change] : standing.map((one, index) => (index === place ? change : one));
}

function refused(code: string, message: string): GatewayError {
  return new GatewayError(message, { code, kind: "permanent" });
}
