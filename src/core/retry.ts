/** How waits between attempts grow. */
export interface RetryPolicy {
  /** First wait, > 0. */
  readonly firstMs: number;
  /** No wait is longer than this. */
  readonly capMs: number;
  /** Growth from wait to wait, >= 1. Default 2. */
  readonly factor?: number;
  /** Share of each wait that is random, 0 to 1. Default 0.5: spreads a county's boxes after a power cut. */
  readonly jitter?: number;
}

/**
 * An endless schedule of waits: `for (const waitMs of retryDelays(...))` never ends by itself.
 * @param random 0 (inclusive) to 1 (exclusive); inject it.
 */
export function* retryDelays(policy: RetryPolicy, random: () => number): Generator<number, never> {
  const { firstMs, capMs, factor = 2, jitter = 0.5 } = policy;
  let baseMs = Math.min(firstMs, capMs);
  for (;;) {
    yield Math.round(baseMs * (1 - jitter * random()));
    baseMs = Math.min(capMs, baseMs * factor);
  }
}
