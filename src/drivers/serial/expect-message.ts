import { GatewayError } from "../../core/errors.ts";
import type { Signal } from "../../core/signals.ts";
import type { Clock } from "../../core/time.ts";

export interface Expected<T> {
  readonly outcome: Promise<T>;
  readonly cancel: () => void;
}

/**
 * Waits for the first message that `settle` takes: it returns how to settle, or undefined to go on waiting.
 * @param late how to settle after `timeoutMs`.
 */
export function expectMessage<Message, T>(
  { clock, messages }: { readonly clock: Clock; readonly messages: Signal<Message> },
  timeoutMs: number,
  late: () => T,
  settle: (message: Message) => T | GatewayError | undefined,
): Expected<T> {
  let cancel = (): void => {};
  const outcome = new Promise<T>((resolve, reject) => {
    const timer = clock.after(timeoutMs, () => {
      cancel();
      resolve(late());
    });
    const stop = messages.on((message) => {
      const result = settle(message);
      if (result === undefined) return;
      cancel();
      if (result instanceof GatewayError) reject(result);
      else resolve(result);
    });
    cancel = () => {
      timer.cancel();
      stop();
    };
  });
  outcome.catch(() => {});
  return { outcome, cancel };
}

/** The abort of `signal` as a promise, to be released when nobody waits for it any more. */
export function whenAborted(signal: AbortSignal): {
  readonly aborted: Promise<"aborted">;
  release(): void;
} {
  let onAbort = (): void => {};
  const aborted = new Promise<"aborted">((resolve) => {
    onAbort = () => resolve("aborted");
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
  return { aborted, release: () => signal.removeEventListener("abort", onAbort) };
}
