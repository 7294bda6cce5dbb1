import type { BroadcastSource } from "../core/broadcast.ts";
import { errorCode, GatewayError } from "../core/errors.ts";
import type { EventDraft, Ledger } from "../core/event.ts";
import type { Logger } from "../core/log.ts";
import type { Part } from "../core/part.ts";
import {
  LONGEST_PAUSE_SECONDS,
  type Pause,
  type PauseDesk,
  type PauseOrder,
  type PauseTarget,
  type PauseView,
  SHORTEST_PAUSE_SECONDS,
} from "../core/pause.ts";
import { createSignal, type Signal } from "../core/signals.ts";
import type { Camera, Rule } from "../core/site.ts";
import { type Clock, isoTime, type Timer } from "../core/time.ts";
import { isEmergency, isSameTarget, judgePause, rulesOf, type StandingPause, settle } from "./pauses.ts";

/** How soon it is seen that the wall clock was corrected. */
const LOOK_EVERY_MS = 5_000;

export interface PauseDeskDependencies {
  readonly clock: Clock;
  readonly isClockSynced: () => boolean;
  readonly ledger: Pick<Ledger, "append">;
  /** For what has happened already: writes it as soon as the disk takes it. */
  readonly record: (draft: EventDraft) => void;
  readonly newId: () => string;
  /** Sees to the open alarms of these rules in the name of who paused them. */
  readonly closeAlarms: (rules: readonly string[], by: BroadcastSource) => Promise<void>;
  readonly log: Logger;
}

export interface StandingPauses extends PauseDesk, Part {
  /** Whether something keeps this rule from acting now. */
  isPaused(rule: string): boolean;
  /** The rule would have acted; counted for the oldest pause of it. */
  withhold(rule: string): void;
  /** Rules that act again. */
  readonly armed: Signal<readonly string[]>;
  readonly changes: Signal<void>;
}

/** Holds the pauses, ends each in time, and writes their life into the ledger. @param carried of an earlier run. */
export function createPauseDesk(
  dependencies: PauseDeskDependencies,
  site: {
    readonly rules: readonly Rule[];
    readonly cameras: readonly Pick<Camera, "id" | "name" | "zones">[];
  },
  carried: readonly Pause[],
): StandingPauses {
  const { clock, isClockSynced, ledger, record, newId, closeAlarms, log } = dependencies;
  const armed = createSignal<readonly string[]>();
  const changes = createSignal<void>();
  const { monotonicMs: knownMs } = clock.now();
  let standing: readonly StandingPause[] = carried.map((pause) => ({ pause, begunMs: null, knownMs }));
  let timer: Timer | undefined;
  let running = false;
  let last: Promise<unknown> = Promise.resolve();

  const judge = (one: StandingPause) => judgePause(one, clock.now(), isClockSynced());
  const idsOf = ({ pause }: StandingPause): string[] => rulesOf(pause.target, site.rules).map(({ id }) => id);
  const pausing = (rule: string): StandingPause | undefined =>
    standing.find((one) => judge(one).state === "paused" && idsOf(one).includes(rule));

  function look(): void {
    timer?.cancel();
    timer = undefined;
    const before = standing;
    standing = standing.map((one) => settle(one, clock.now(), isClockSynced()));
    for (const one of standing) {
      const judgement = judge(one);
      if (judgement.state === "over") drop(one, { why: judgement.why });
    }
    if (standing.some((one, index) => one !== before[index])) changes.emit();
    if (!running || standing.length === 0) return;
    const nextMs = Math.min(LOOK_EVERY_MS, ...standing.map((one) => leftMs(one)));
    timer = clock.after(Math.max(1, Math.ceil(nextMs)), look);
  }

  function leftMs(one: StandingPause): number {
    const judgement = judge(one);
    return judgement.state === "over" ? 0 : judgement.leftMs;
  }

  function drop(one: StandingPause, how: Readonly<Record<string, unknown>>): void {
    standing = standing.filter((other) => other !== one);
    const { id, target, withheld } = one.pause;
    record({
      type: "org.cunshao.pause.ended",
      class: "state",
      subject: id,
      data: { ...namesOf(target), ...how, withheld },
    });
    const again = idsOf(one).filter((rule) => !pausing(rule));
    if (again.length > 0) armed.emit(again);
    changes.emit();
  }

  function view(one: StandingPause): PauseView {
    const { id, target, fromMs, by, reason, withheld } = one.pause;
    const judgement = judge(one);
    return {
      id,
      ...namesOf(target),
      name: nameOf(target),
      rules: idsOf(one),
      state: judgement.state === "waiting" ? "waiting" : "paused",
      from: isoTime(fromMs),
      // What is left counts, not what the clock showed when it began: that may have been wrong.
      until: isoTime(
        judgement.state === "paused" ? clock.now().wallMs + judgement.leftMs : fromMs + one.pause.durationMs,
      ),
      by,
      reason,
      withheld,
    };
  }

  function nameOf(target: PauseTarget): string {
    if (target.kind === "rule") return site.rules.find(({ id }) => id === target.rule)?.name ?? target.rule;
    const camera = site.cameras.find(({ id }) => id === target.camera);
    const zone = camera?.zones.find(({ id }) => id === target.zone);
    return `${camera?.name ?? target.camera} ${zone?.name ?? target.zone}`;
  }

  function check(target: PauseTarget, mayPauseEmergencies: boolean): readonly Rule[] {
    if (target.kind === "zone") {
      const camera = site.cameras.find(({ id }) => id === target.camera);
      if (!camera) throw refused("camera.unknown", `there is no camera ${target.camera}`);
      if (!camera.zones.some(({ id }) => id === target.zone)) {
        throw refused("zone.unknown", `camera ${target.camera} has no zone ${target.zone}`);
      }
    }
    const rules = rulesOf(target, site.rules);
    if (rules.length > 0) {
      if (!mayPauseEmergencies && rules.some(isEmergency)) {
        throw refused("pause.emergency", "Only a technician or an administrator may pause calls for help");
      }
      return rules;
    }
    if (target.kind === "rule") throw refused("rule.unknown", `there is no rule ${target.rule}`);
    throw refused("pause.nothing", "No rule but emergencies watches this zone");
  }

  function durationMs(end: PauseOrder["end"]): number {
    // Until a time of a clock that may be wrong would be until nobody knows when.
    if ("untilMs" in end && !isClockSynced()) {
      throw refused("pause.no_clock", "The clock is not known to be right: pause for a length of time");
    }
    const ms = "seconds" in end ? end.seconds * 1000 : end.untilMs - clock.now().wallMs;
    if (!(ms > 0)) throw refused("pause.past", "The pause would end before it begins");
    if (ms < SHORTEST_PAUSE_SECONDS * 1000) throw refused("pause.too_short", "At least a minute");
    if (ms > LONGEST_PAUSE_SECONDS * 1000) throw refused("pause.too_long", "At most 24 hours");
    return ms;
  }

  async function begin(
    { target, end, reason }: PauseOrder,
    by: BroadcastSource,
    mayPauseEmergencies: boolean,
  ): Promise<PauseView> {
    const rules = check(target, mayPauseEmergencies);
    const length = durationMs(end);
    const { wallMs, monotonicMs } = clock.now();
    const pause: Pause = {
      id: newId(),
      target,
      fromMs: wallMs,
      durationMs: length,
      clock: isClockSynced() ? "synced" : "unsynced",
      by,
      reason,
      withheld: 0,
    };
    const ids = rules.map(({ id }) => id);
    await ledger.append({
      type: "org.cunshao.pause.started",
      class: "state",
      subject: pause.id,
      data: {
        ...namesOf(target),
        rules: ids,
        from: isoTime(wallMs),
        until: isoTime(wallMs + length),
        seconds: length / 1000,
        clock: pause.clock,
        by,
        reason,
      },
    });
    const replaced = standing.filter((one) => isSameTarget(one.pause.target, target));
    const begun: StandingPause = { pause, begunMs: monotonicMs, knownMs: monotonicMs };
    // The new one stands before the old ones go: between them nothing is armed.
    standing = [...standing, begun];
    for (const one of replaced) drop(one, { why: "replaced", by });
    changes.emit();
    look();
    await closeAlarms(ids, by).catch((error: unknown) => {
      log.error({ code: errorCode(error), pause: pause.id }, "alarms of a paused rule were not closed");
    });
    return view(begun);
  }

  return {
    name: "pauses",
    armed,
    changes,
    async start() {
      running = true;
      look();
    },
    async stop() {
      running = false;
      timer?.cancel();
      timer = undefined;
    },
    list: () => standing.filter((one) => judge(one).state !== "over").map(view),
    isPaused: (rule) => pausing(rule) !== undefined,
    withhold(rule) {
      const one = pausing(rule);
      if (!one) return;
      const pause = { ...one.pause, withheld: one.pause.withheld + 1 };
      standing = standing.map((other) => (other === one ? { ...one, pause } : other));
      record({ type: "org.cunshao.pause.withheld", class: "state", subject: pause.id, data: { rule } });
      changes.emit();
    },
    begin(order, by, mayPauseEmergencies) {
      // One after the other: of two for one target the later replaces the earlier.
      const done = last.then(() => begin(order, by, mayPauseEmergencies));
      last = done.catch(() => undefined);
      return done;
    },
    async end(id, by) {
      const one = standing.find(({ pause }) => pause.id === id);
      if (!one || judge(one).state === "over") throw refused("pause.unknown", `there is no pause ${id}`);
      drop(one, { why: "person", by });
      look();
    },
  };
}

function namesOf(target: PauseTarget): { rule: string } | { camera: string; zone: string } {
  if (target.kind === "rule") return { rule: target.rule };
  return { camera: target.camera, zone: target.zone };
}

function refused(code: string, message: string): GatewayError {
  return new GatewayError(message, { code, kind: "permanent" });
}
