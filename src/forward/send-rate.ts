const HALF_LIFE_MS = 30_000;

/** How fast events went of late, while there were any to send. */
export interface SendRate {
  /** Some events were acknowledged now that were sent at `startedMs` (both monotonic). */
  note(events: number, startedMs: number, nowMs: number): void;
  /** Undefined before anything was sent. */
  secondsFor(events: number): number | undefined;
}

export function createSendRate(): SendRate {
  let events = 0;
  let busyMs = 0;
  let lastMs = Number.NEGATIVE_INFINITY;

  return {
    note(count, startedMs, nowMs) {
      // Consignments that were on their way together share their time.
      const tookMs = Math.max(nowMs - Math.max(startedMs, lastMs), 0);
      lastMs = nowMs;
      const kept = 0.5 ** (tookMs / HALF_LIFE_MS);
      events = events * kept + count;
      busyMs = busyMs * kept + tookMs;
    },
    secondsFor(count) {
      if (count === 0) return 0;
      return events === 0 ? undefined : Math.ceil((count * Math.max(busyMs, 1)) / events / 1000);
    },
  };
}
