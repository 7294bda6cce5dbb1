import type { Clock } from "../core/time.ts";

/** Browsers of a whole village committee, each with all pictures; more wait. */
export const MOST_STREAMS = 100;
/** More than all streams together may hold back: one that nobody reads cannot keep the others waiting. */
const SESSION_WINDOW_BYTES = 8 * 1024 * 1024;
/** Answers that are on their way count, too: a page of events has some megabytes. */
export const SESSION_MEMORY_MEGABYTES = 128;

export interface ChannelTiming {
  /** So often each end asks whether the other is still there. */
  readonly pingMs: number;
  /** After this silence the line is dead, whatever TCP thinks. */
  readonly pongMs: number;
}

export const CHANNEL_TIMING: ChannelTiming = { pingMs: 15_000, pongMs: 10_000 };

/** What both kinds of HTTP/2 sessions have for this. */
interface Widened {
  readonly destroyed: boolean;
  setLocalWindowSize(bytes: number): void;
  once(event: "connect", listener: () => void): unknown;
}

export function widenOnceOpen(session: Widened): void {
  session.once("connect", () => {
    // Node says that it is open also of one that was destroyed meanwhile, which then takes nothing any more.
    if (!session.destroyed) session.setLocalWindowSize(SESSION_WINDOW_BYTES);
  });
}

/** What both kinds of HTTP/2 sessions have to be watched. */
interface Pinged {
  readonly destroyed: boolean;
  ping(callback: (error: Error | null) => void): boolean;
  once(event: "close", listener: () => void): unknown;
}

/** @param onDead when the other end is gone unheard: NAT forgets connections without a word. */
export function watchOverLine(
  clock: Clock,
  session: Pinged,
  { pingMs, pongMs }: ChannelTiming,
  onDead: () => void,
): void {
  let timer = clock.after(pingMs, ask);
  function ask(): void {
    const late = clock.after(pongMs, onDead);
    timer = late;
    const isSent =
      !session.destroyed &&
      session.ping((error) => {
        late.cancel();
        if (error === null && !session.destroyed) timer = clock.after(pingMs, ask);
      });
    if (!isSent) onDead();
  }
  session.once("close", () => timer.cancel());
}
