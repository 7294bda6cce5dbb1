import { type Clock, systemClock } from "../../src/core/time.ts";

/** Of a box whose clock is wrong by so much, and goes on from there. */
export function clockOffBy(offMs: number): Clock {
  return {
    ...systemClock,
    now() {
      const { wallMs, monotonicMs } = systemClock.now();
      return { wallMs: wallMs + offMs, monotonicMs };
    },
  };
}
