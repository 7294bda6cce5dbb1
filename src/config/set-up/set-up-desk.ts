import { isDeepStrictEqual } from "node:util";
import type { BroadcastSource } from "../../core/broadcast.ts";
import { GatewayError } from "../../core/errors.ts";
import type { Ledger } from "../../core/event.ts";
import { isTooDeep } from "../../core/nesting.ts";
import type { PartHealth } from "../../core/part.ts";
import type { ProfileCatalogue } from "../../core/profiles.ts";
import type { SetUpChange, SetUpDesk, SetUpPlace, SetUpView, StandingChange } from "../../core/set-up.ts";
import { type Clock, isoTime } from "../../core/time.ts";
import { createTurns } from "../../core/turns.ts";
import { type ExaminedSite, secretUses } from "../load.ts";
import { isSamePlace, layOver, type Misfit, writtenEntry } from "./laid-over.ts";
import { MOST_CHANGES, type SetUpFile, type SetUpState } from "./set-up-file.ts";
import { setUpView } from "./set-up-view.ts";
import { onTrial, proven } from "./trial.ts";

/** A rule with sixteen steps takes some 5,000. */
const LONGEST_ENTRY = 20_000;

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

/** @param isSounding whether anything is to be heard just now: a start anew would cut it off. */
export type OpenSetUp = (dependencies: SetUpDependencies, isSounding: () => boolean) => StandingSetUp;

export interface StandingSetUp extends SetUpDesk {
  health(): PartHealth;
  /** Tells in the ledger what this start took back. */
  begun(): Promise<void>;
  /** The gateway has run for a while: a change that it began with is on trial no more. @throws GatewayError `set_up.unwritable`. */
  prove(): Promise<void>;
}

export function createSetUpDesk(
  { ledger, clock }: SetUpDependencies,
  { file, profiles, startAnew }: SetUpWorkings,
  { site, state: found, leftOut, takenBack, fault }: Beginning,
): StandingSetUp {
  let state = found;
  /** Of two the second is told of the first. */
  const writers = createTurns(1);

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
    const used = new Set(secretUses(next.map(({ entry }) => entry)).map(({ name }) => name));
    const kept = Object.fromEntries(Object.entries(secrets).filter(([name]) => used.has(name)));
    await ledger.append({ ...event, class: "audit" });
    const laid = onTrial(state, { changes: next, secrets: kept });
    await file.write(laid);
    state = laid;
    startAnew();
    return view();
  }

  /** Nothing that acts now may be left out by what comes. */
  function checkFit(next: readonly StandingChange[], secrets: SetUpState["secrets"]): void {
    const before = leftOut.map(({ change }) => change);
    const faults = layOver(site.written, next, (value) => site.faultOf(value, secrets)).leftOut;
    const mine = faults.find(({ change }) => !before.includes(change));
    if (!mine) return;
    const { path, expected } = mine.problem;
    throw refused("set_up.invalid", `${path}: expected ${expected}`);
  }

  async function change(
    version: number,
    changes: readonly SetUpChange[],
    secrets: SetUpState["secrets"],
    by: BroadcastSource,
  ): Promise<SetUpView> {
    for (const one of changes) checkChange(one, site.written, state.changes);
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
    change: (...asked) => writers.take(() => change(...asked)),
    restore: (...asked) => writers.take(() => restore(...asked)),
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
  readonly profiles: ProfileCatalogue;
  /** Called once the change is on disk. */
  readonly startAnew: () => void;
}

/** What the page never does, whatever the schema allows. */
function checkChange(change: SetUpChange, written: unknown, standing: readonly StandingChange[]): void {
  const { list, id, camera, entry } = change;
  if ((list === "zones") !== (camera !== undefined)) {
    throw refused("set_up.invalid", "a zone, and nothing else, is of a camera");
  }
  if (isTooDeep(entry) || JSON.stringify(entry).length > LONGEST_ENTRY) {
    throw refused("set_up.invalid", `${id}: expected an entry of at most ${LONGEST_ENTRY} characters`);
  }
  const isThere = writtenEntry(written, change) || standing.some((one) => isSamePlace(one, change));
  const isNowhere = camera !== undefined && !writtenEntry(written, { list: "cameras", id: camera });
  if (isNowhere || (entry === null && !isThere)) throw refused("set_up.nothing", `there is no ${list} ${id}`);
  // Zones and rules of the file are changed where they are drawn and read, and do not go.
  if ((list === "zones" || list === "rules") && writtenEntry(written, change)) {
    throw refused("set_up.of_the_file", `${id} stands in the configuration file`);
  }
  // What passes every pause and every quiet hour is made by whoever writes the file.
  if (list === "rules" && isEmergency(entry)) {
    throw refused("set_up.emergency", `${id}: an emergency is made in the configuration file`);
  }
}

function isEmergency(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(
    ([key, one]) =>
      (key === "emergency" && one === true) ||
      (key === "severity" && one === "emergency") ||
      isEmergency(one),
  );
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
