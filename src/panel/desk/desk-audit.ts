import { z } from "zod";
import type { Ledger, LedgerEvent } from "../../core/event.ts";
import type { DeskRoutes } from "./desk-context.ts";

/** Entries that are looked through at once, and in how many steps at most for one answer: others ask meanwhile. */
const STEP = 500;
const MOST_STEPS = 40;

const KINDS = {
  looked: ["evidence.viewed", "desk.opened", "recording.viewed", "export.ordered", "export.fetched"],
  done: ["desk.spoke", "desk.act", "desk.act_refused", "desk.act_withdrawn", "desk.refusal_read"],
} as const;

const Query = z.object({
  before: z.coerce.number().int().min(1).optional().describe("Of an answer: for what is older"),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  kind: z
    .enum(["looked", "done"])
    .optional()
    .describe("looked: at cameras, clips and recordings; done: spoken, and with alarms; all without"),
});

const Audit = z.object({
  events: z
    .array(z.object({ id: z.string(), seq: z.number(), type: z.string(), time: z.string() }))
    .readonly(),
  before: z.number().nullable().describe("With which to ask for what is older; null where nothing is"),
});

type AuditQuery = z.infer<typeof Query>;

/** `GET /desk/audit`: who at the desk looked at what, did what, and why, for administrators. Newest first. */
export const auditRoutes: DeskRoutes = (app, { ledger }) => {
  app.route({
    method: "GET",
    url: "/desk/audit",
    config: { needs: "accounts" },
    schema: {
      summary: "Who at the desk looked at what, did what, and why; newest first",
      querystring: Query,
      response: { 200: Audit },
    },
    handler: async (request, reply) => {
      reply.header("cache-control", "no-store");
      return newestOf(ledger, request.query);
    },
  });
};

async function newestOf(
  ledger: Ledger,
  { before, limit, kind }: AuditQuery,
): Promise<{ readonly events: readonly LedgerEvent[]; readonly before: number | null }> {
  const meant = kind && new Set(KINDS[kind].map((type) => `org.cunshao.${type}`));
  const found: LedgerEvent[] = [];
  let end = Math.min(before ?? Number.POSITIVE_INFINITY, ledger.head + 1);
  for (let step = 0; step < MOST_STEPS && end > 1 && found.length <= limit; step++) {
    const after = Math.max(0, end - 1 - STEP);
    const events = await ledger.read({ after, limit: STEP, class: "audit" });
    found.push(...events.filter(({ seq, type }) => seq < end && (!meant || meant.has(type))).reverse());
    end = after + 1;
  }
  const last = found[limit - 1];
  if (found.length > limit && last) return { events: found.slice(0, limit), before: last.seq };
  return { events: found, before: end > 1 ? end : null };
}
