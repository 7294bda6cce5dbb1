import type { FastifyRequest } from "fastify";
import { isoTime } from "../core/time.ts";
import type { PanelContext } from "./context.ts";
import { identityOf } from "./sessions.ts";

/** Who turns the pages of one search, or moves along a timeline, is recorded once in this time. */
const ONCE_MS = 600_000;
const MOST_REMEMBERED = 1_000;

export interface Search {
  /** What was searched: `movement` of the camera `subject`, or `crossings` of the line `subject`, of every line without. */
  readonly what: "movement" | "crossings";
  readonly subject?: string | undefined;
  /** Why, in the words of who asks. */
  readonly reason: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** A zone, a line, an area. */
  readonly where?: Readonly<Record<string, unknown>>;
}

/**
 * Writes into the ledger who searched where people were, and why. Told and not demanded: a ledger that takes nothing is
 * logged, and the search goes on.
 */
export function createSearchAudit({
  audit,
  clock,
}: Pick<PanelContext, "audit" | "clock">): (request: FastifyRequest, search: Search) => void {
  const recorded = new Map<
    string,
    { readonly atMs: number; readonly fromMs: number; readonly toMs: number }
  >();
  return (request, { what, subject, reason, fromMs, toMs, where = {} }) => {
    const { by } = identityOf(request);
    const key = JSON.stringify([by.kind, by.name, what, subject, where, reason]);
    const atMs = clock.now().monotonicMs;
    const before = recorded.get(key);
    const isRecent = before !== undefined && atMs - before.atMs < ONCE_MS;
    // `to` is often now, and so a little later each time.
    if (isRecent && fromMs >= before.fromMs && toMs <= before.toMs + ONCE_MS) return;
    recorded.delete(key);
    recorded.set(key, { atMs, fromMs, toMs });
    const [oldest] = recorded.keys();
    if (recorded.size > MOST_REMEMBERED && oldest !== undefined) recorded.delete(oldest);
    void audit.note(request, {
      type: `org.cunshao.${what}.searched`,
      subject,
      data: { from: isoTime(fromMs), to: isoTime(toMs), ...where },
      reason,
    });
  };
}
