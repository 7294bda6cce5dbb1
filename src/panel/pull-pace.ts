import type { FastifyRequest } from "fastify";
import type { Clock } from "../core/time.ts";
import { ThrottledError } from "./problems.ts";

/** A whole township's catching up stays below it: a page holds 1000 events, and files come one after the other. */
const PER_SECOND = 20;
const BURST = 200;
const MOST_REMEMBERED = 1000;

interface Pace {
  left: number;
  atMs: number;
}

/**
 * Keeps programs that pull from taking the box's time from the village: each token has requests of its own to spend, and gets
 * new ones steadily. People with a log-in are not counted.
 * @returns a check. @throws GatewayError `pull.throttled` (transient) with the seconds to wait.
 */
export function createPullPace(clock: Clock): (request: FastifyRequest) => void {
  const paces = new Map<string, Pace>();
  return ({ identity, routeOptions }) => {
    if (!routeOptions.config.isPull || !identity || identity.session) return;
    const key = identity.token?.id ?? `configured ${identity.name}`;
    const { monotonicMs } = clock.now();
    const before = paces.get(key) ?? { left: BURST, atMs: monotonicMs };
    const left = Math.min(BURST, before.left + ((monotonicMs - before.atMs) / 1000) * PER_SECOND);
    const isOver = left < 1;
    paces.delete(key);
    paces.set(key, { left: isOver ? left : left - 1, atMs: monotonicMs });
    const [oldest] = paces.keys();
    if (paces.size > MOST_REMEMBERED && oldest !== undefined) paces.delete(oldest);
    if (isOver) throw new ThrottledError("pull.throttled", Math.ceil((1 - left) / PER_SECOND));
  };
}
