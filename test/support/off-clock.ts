import { type Clock, systemClock } from "../../src/core/time.ts";

/** On which hours pass at once; its timers run as ever. */
export interface LeapingClock extends Clock {
  leap(ms: number): void;
}

/** Of a box whose clock is wrong by so much, and goes on from there. */
export function clockOffBy(offMs: number): LeapingClock {
  let aheadMs = offMs;
  return {
    ...systemClock,
    now() {
      const { wallMs, monotonicMs } = systemClock.now();
      return { wallMs: wallMs + aheadMs, monotonicMs };
    },
    leap(ms) {
      aheadMs += ms;
    },
  };
}
