import type { Beat } from "./signs.ts";
import { createStaleness } from "./staleness.ts";

/** How often the guard looks. */
export const LOOK_MS = 200;
/**
 * A gateway with an output on that says nothing for so long hangs. With the time between two beats, a look, the killing
 * and a serial port to open, outputs are safe within 5 s.
 */
const HANGS_AFTER_MS = 2500;
/** While nothing is on nobody is harmed by patience; systemd's watchdog waits for 20 s. */
const HANGS_IDLE_AFTER_MS = 15_000;
/** What the gateway's own limit is given before the guard's. */
const OVERRUN_GRACE_MS = 2000;

/** Why the guard has to act. `overrun`: an output is on for longer than it may be. */
export type Loss = "ended" | "hung" | "overrun";

export interface Seen {
  readonly beat: Beat;
  readonly isAlive: boolean;
  /** Longest time on by output, in ms. */
  readonly maxOnMs: Readonly<Record<string, number>>;
  /** Outputs of an earlier run are not known to be off. */
  readonly isOwed: boolean;
}

/** Judges the gateway look by look; undefined while nothing has to be done. */
export function createJudge(): (seen: Seen, nowMs: number) => Loss | undefined {
  const staleness = createStaleness(2 * LOOK_MS);
  let since = new Map<string, number>();

  /** Counted by the guard's own clock, from when it first saw the order. */
  function overruns({ beat: { run, on }, maxOnMs }: Seen, nowMs: number): boolean {
    const seenNow = Object.entries(on).map(
      ([output, order]) => [output, `${run.pid} ${output} ${order}`] as const,
    );
    since = new Map(seenNow.map(([, key]) => [key, since.get(key) ?? nowMs]));
    return seenNow.some(([output, key]) => {
      const limitMs = maxOnMs[output];
      return limitMs !== undefined && nowMs - (since.get(key) ?? nowMs) > limitMs + OVERRUN_GRACE_MS;
    });
  }

  return (seen, nowMs) => {
    const { beat, isAlive, isOwed } = seen;
    const staleMs = staleness(`${beat.run.pid} ${beat.run.startTicks} ${beat.beat}`, nowMs);
    const isOver = overruns(seen, nowMs);
    if (beat.state === "stopped") return undefined;
    if (!isAlive) return "ended";
    const mayBeOn =
      Object.keys(beat.on).length > 0 || beat.unsure.length > 0 || (isOwed && beat.state === "starting");
    if (staleMs >= (mayBeOn ? HANGS_AFTER_MS : HANGS_IDLE_AFTER_MS)) return "hung";
    return isOver ? "overrun" : undefined;
  };
}
