export interface UntilOptions {
  /** How long to wait at most; 10 s unless told. */
  readonly timeoutMs?: number;
  /** What is awaited, for the message of a failure. */
  readonly what?: string;
  /** How long to wait between two looks, where one costs something; 10 ms unless told. */
  readonly pollMs?: number;
}

const POLL_MS = 10;

/**
 * Polls `condition` until it gives something truthy, and returns that.
 * What it throws counts as "not yet" and stands in the failure's cause.
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  options: UntilOptions = {},
): Promise<NonNullable<Exclude<T, false>>> {
  const timeoutMs = options.timeoutMs ?? 10_000;
  const deadline = performance.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value as NonNullable<Exclude<T, false>>;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() >= deadline) {
      throw new Error(`Waited ${timeoutMs} ms in vain for ${options.what ?? "a condition"}`, { cause });
    }
    await new Promise((resolve) => setTimeout(resolve, options.pollMs ?? POLL_MS));
  }
}
