import type { Clock } from "../core/time.ts";

/** All who are told of one change ask within this time. */
const SHARED_MS = 100;

/** Makes something once for all who ask for it after a change: thirty open pages cost one text, not thirty. */
export function createOncePerChange<T>(
  clock: Clock,
  onChange: (listener: () => void) => unknown,
  make: () => T,
): () => T {
  let made: { readonly value: T; readonly atMs: number } | undefined;
  onChange(() => {
    made = undefined;
  });
  return () => {
    const nowMs = clock.now().monotonicMs;
    if (!made || nowMs - made.atMs > SHARED_MS) made = { value: make(), atMs: nowMs };
    return made.value;
  };
}
