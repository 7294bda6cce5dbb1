/**
 * Resolves as soon as `condition` holds; looks every few milliseconds.
 * @param condition may throw or be false while the time has not come.
 * @throws after `patienceMs` with the last failure as cause; generous, because two cores run everything.
 */
export async function until(
  condition: () => unknown | Promise<unknown>,
  what = "the condition",
  patienceMs = 15_000,
): Promise<void> {
  const start = performance.now();
  let cause: unknown;
  for (;;) {
    try {
      cause = undefined;
      if (await condition()) return;
    } catch (error) {
      cause = error;
    }
    if (performance.now() - start > patienceMs) throw new Error(`${what} never came true`, { cause });
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
