import { WebSocket } from "ws";
import type { Clock } from "../../core/time.ts";

/**
 * Until the other side has opened, its place in a queue of connections included. The time-out of `ws` begins with a connection, and needs
 * one that keeps time by itself, which a stream in a channel does not.
 */
const HANDSHAKE_MS = 10_000;
/** What waits for a slow reader; then the other side is not read any further, and knows how to do with less. */
const MOST_WAITING_BYTES = 512 * 1024;
const GOING_AWAY = 1001;
const LOG_IN_ENDED = 4001;
/** Codes that a program may not send (RFC 6455 7.4.1). */
const UNSENDABLE = new Set([1004, 1005, 1006, 1015]);

export interface RelayOptions {
  readonly clock: Clock;
  /** Ends both. */
  readonly ended: AbortSignal;
  readonly endReason: () => string;
  readonly onClosed: () => void;
}

/** Joins two sockets, message by message, with the pace of the slower one; each end tells the other why it closed. */
export function relaySockets(
  near: WebSocket,
  far: WebSocket,
  { clock, ended, endReason, onClosed }: RelayOptions,
): void {
  let isOver = false;
  const late = clock.after(HANDSHAKE_MS, () => over(4000, "desk.box_timeout"));

  function over(code: number, reason: string): void {
    if (isOver) return;
    isOver = true;
    late.cancel();
    ended.removeEventListener("abort", end);
    onClosed();
    const sendable = UNSENDABLE.has(code) || code < 1000 ? GOING_AWAY : code;
    for (const socket of [near, far]) {
      // One that never opened has nothing to resume, and would throw.
      if (socket.isPaused) socket.resume();
      if (socket.readyState === WebSocket.CONNECTING) socket.terminate();
      else socket.close(sendable, reason.slice(0, 100));
    }
  }
  function end(): void {
    const reason = endReason();
    over(reason === "session.required" ? LOG_IN_ENDED : GOING_AWAY, reason);
  }

  function join(from: WebSocket, to: WebSocket): void {
    from.on("message", (data: Buffer, isBinary: boolean) => {
      if (to.readyState !== WebSocket.OPEN) return;
      to.send(data, { binary: isBinary }, () => {
        if (from.isPaused && to.bufferedAmount < MOST_WAITING_BYTES / 2) from.resume();
      });
      if (to.bufferedAmount > MOST_WAITING_BYTES) from.pause();
    });
    from.on("close", (code: number, reason: Buffer) => over(code, reason.toString()));
  }

  join(near, far);
  join(far, near);
  far.on("open", () => {
    late.cancel();
    near.resume();
  });
  far.on("error", () => over(4000, "desk.box_away"));
  far.on("unexpected-response", (_request, response) => {
    response.destroy();
    over(4000, response.statusCode === 403 ? "access.denied" : "desk.box_away");
    far.terminate();
  });
  ended.addEventListener("abort", end, { once: true });
  if (ended.aborted) end();
}
