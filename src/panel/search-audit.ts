import type { FastifyRequest } from "fastify";
import { isoTime } from "../core/time.ts";
import type { PanelContext } from "./context.ts";
import { createRecently } from "./recently.ts";
import { identityOf } from "./sessions.ts";

/** Who turns the pages of one search, or moves along a timeline, is recorded once in this time. */
const ONCE_MS = 600_000;

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
  const recorded = createRecently<{ readonly fromMs: number; readonly toMs: number }>(clock, ONCE_MS);
  return (request, { what, subject, reason, fromMs, toMs, where = {} }) => {
    const { by } = identityOf(request);
    const key = JSON.stringify([by.kind, by.name, what, subject, where, reason]);
    const before = recorded.last(key);
    // `to` is often now, and so a little later each time.
    if (before && fromMs >= before.fromMs && toMs <= before.toMs + ONCE_MS) return;
    recorded.note(key, { fromMs, toMs });
    void audit.note(request, {
      type: `org.cunshao.${what}.searched`,
      subject,
      data: { from: isoTime(fromMs), to: isoTime(toMs), ...where },
      reason,
    });
  };
}
