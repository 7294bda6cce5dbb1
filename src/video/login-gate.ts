import { anySignal } from "../core/any-signal.ts";
import { isAbort } from "../core/errors.ts";
import type { Clock } from "../core/time.ts";

/** How long a stream waits for the answer to another one's log-in before it asks the camera itself, in ms. */
const ANSWER_MS = 3000;

/** One session's log-in. */
export interface LogIn {
  accepted(): void;
  /** The camera refused; no stream of it asks again sooner than in `waitMs`, unless another one stands. */
  refused(waitMs: number): void;
  /** The session is over, or there never was one. */
  over(): void;
}

/**
 * Lets the streams of one camera log in: cameras lock an account after a few wrong passwords, so that a refusal holds
 * for all of them, and of several that want to try again only one does.
 */
export interface LoginGate {
  /**
   * Waits until it is this stream's turn; calls `onRefused` when it is kept waiting by a refusal.
   * Rejects with an AbortError as soon as `signal` aborts.
   */
  enter(signal: AbortSignal, onRefused: () => void): Promise<LogIn>;
}

interface Trial {
  readonly answered: Promise<void>;
  answer(): void;
}

export function createLoginGate(clock: Clock): LoginGate {
  let closedUntilMs = Number.NEGATIVE_INFINITY;
  let isRefusing = false;
  /** Sessions that the camera let in and that have not ended: their password is right. */
  let standing = 0;
  let trial: Trial | undefined;

  function begin(): LogIn {
    const mine = standing > 0 ? undefined : newTrial();
    if (mine) trial = mine;
    let stands = false;
    const answer = (): void => {
      if (trial === mine) trial = undefined;
      mine?.answer();
    };
    return {
      accepted() {
        if (!stands) standing++;
        stands = true;
        isRefusing = false;
        closedUntilMs = Number.NEGATIVE_INFINITY;
        answer();
      },
      refused(waitMs) {
        if (standing === 0) {
          isRefusing = true;
          closedUntilMs = clock.now().monotonicMs + waitMs;
        }
        answer();
      },
      over() {
        if (stands) standing--;
        stands = false;
        answer();
      },
    };
  }

  return {
    async enter(signal, onRefused) {
      for (;;) {
        const waitMs = closedUntilMs - clock.now().monotonicMs;
        if (waitMs > 0) {
          onRefused();
          await clock.sleep(waitMs, signal);
        } else if (!trial || standing > 0) {
          return begin();
        } else if (isRefusing) {
          await firstOf(trial.answered, signal);
        } else {
          const isAnswered = await firstOf(trial.answered, signal, (patience) =>
            clock.sleep(ANSWER_MS, patience),
          );
          // A camera that does not answer has nothing to lock.
          if (!isAnswered) return begin();
        }
      }
    },
  };
}

function newTrial(): Trial {
  let answer = (): void => {};
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  return { answered, answer };
}

/** True when `answered` came before `wait` was over. Rejects when `signal` aborts. */
async function firstOf(
  answered: Promise<void>,
  signal: AbortSignal,
  wait: (signal: AbortSignal) => Promise<void> = untilAborted,
): Promise<boolean> {
  const settled = new AbortController();
  const over = anySignal(signal, settled.signal);
  const waited = wait(over.signal).then(() => false);
  try {
    return await Promise.race([answered.then(() => true), waited]);
  } finally {
    settled.abort();
    over.release();
    await waited.catch((error: unknown) => {
      if (!isAbort(error)) throw error;
    });
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((_, reject) => {
    const abort = (): void => reject(new DOMException("The wait was aborted", "AbortError"));
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  });
}
