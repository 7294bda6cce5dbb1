import { GatewayError } from "./errors.ts";

/** A point in time as the box knows it. Order and durations come from `monotonicMs`, dates from `wallMs`. */
export interface Moment {
  /** Milliseconds since the Unix epoch by the box's clock, which may be wrong until it is synced. */
  readonly wallMs: number;
  /** Milliseconds since an arbitrary start of this process; never jumps. */
  readonly monotonicMs: number;
}

export interface Timer {
  cancel(): void;
}

/** All time in the gateway comes through here, so that tests can own it. Timers run on monotonic time. */
export interface Clock {
  now(): Moment;
  /** Calls `run` once after `delayMs` (0 to 2^31-1); with 0 once everything that has come in meanwhile had its turn. */
  after(delayMs: number, run: () => void): Timer;
  /** Resolves after `delayMs`; rejects with an AbortError as soon as `signal` aborts. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}

/** `clock.sleep` on top of `clock.after`, for every implementation of `Clock`. */
export function sleepOn(after: Clock["after"], delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(abortError());
      return;
    }
    const onAbort = (): void => {
      timer.cancel();
      reject(abortError());
    };
    const timer = after(delayMs, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

function abortError(): Error {
  return new DOMException("The wait was aborted", "AbortError");
}

function startTimer(delayMs: number, run: () => void): Timer {
  if (delayMs === 0) {
    const next = setImmediate(run);
    return { cancel: () => clearImmediate(next) };
  }
  const handle = setTimeout(run, delayMs);
  return { cancel: () => clearTimeout(handle) };
}

export const systemClock: Clock = {
  now: () => ({ wallMs: Date.now(), monotonicMs: performance.now() }),
  after: startTimer,
  sleep: (delayMs, signal) => sleepOn(startTimer, delayMs, signal),
};

/**
 * Waits for `work`, at most `timeoutMs`.
 * @throws GatewayError `time.out` (transient) with `what` in its message; `work` itself goes on.
 */
export async function within<T>(clock: Clock, timeoutMs: number, what: string, work: Promise<T>): Promise<T> {
  let timer: Timer | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = clock.after(timeoutMs, () =>
      reject(
        new GatewayError(`${what} took longer than ${timeoutMs} ms`, { code: "time.out", kind: "transient" }),
      ),
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    timer?.cancel();
  }
}

/** `2026-07-01T14:03:22.123Z` for a wall time. */
export function isoTime(wallMs: number): string {
  return new Date(wallMs).toISOString();
}
