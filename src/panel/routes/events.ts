import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { EventClass, LedgerEvent } from "../../core/event.ts";
import { lifetimeOf, type PanelContext, type Routes } from "../context.ts";
import { sendEventStream, streamMessage } from "../event-stream.ts";
import { refusal } from "../problems.ts";
import { demandPermission } from "../route-needs.ts";
import { identityOf } from "../sessions.ts";
import { createWake } from "../wake.ts";

const PAGE = 100;
/** Short enough for the proxies that cut silent connections after half a minute. */
const BEAT_MS = 15_000;

const EventClassName = z.enum(["alarm", "state", "audit"]);
const Seq = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

const Pull = z.object({
  after: Seq.default(0).describe("Seq after which to begin"),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  class: EventClassName.optional(),
  wait: z.coerce
    .number()
    .min(0)
    .max(60)
    .default(0)
    .describe("Seconds to wait for an event when there is none"),
});

const Stream = z.object({
  after: Seq.optional().describe("As in /events; Last-Event-ID wins"),
  class: EventClassName.optional(),
});

const StreamHeaders = z.object({ "last-event-id": z.string().max(200).optional() });

const Deliveries = z.object({ from: Seq.min(1), to: Seq.min(1) });

const Delivery = z.object({
  upstream: z.string(),
  class: EventClassName.describe("Every event of this class in the range, and of no other"),
  firstSeq: z.number(),
  lastSeq: z.number(),
  at: z.string(),
});

const CloudEvent = z.object({
  specversion: z.literal("1.0"),
  id: z.string().describe("<ledger>-<seq>"),
  source: z.string(),
  type: z.string(),
  subject: z.string().optional(),
  time: z.string(),
  data: z.record(z.string(), z.unknown()),
  ledger: z.string(),
  seq: z.number().int(),
  class: EventClassName,
});

/** The ledger for pullers: `GET /events` with long-polling, `GET /events/stream`, `GET /deliveries`. */
export const eventRoutes: Routes = (app, context) => {
  const { ledger, outbox, clock, stopping } = context;

  app.route({
    method: "GET",
    url: "/events",
    config: { needs: "look", isPull: true },
    schema: {
      summary:
        "Events after a seq, oldest first, as a CloudEvents batch; of the class audit with the permission events",
      querystring: Pull,
      response: { 200: z.array(CloudEvent) },
    },
    handler: async (request, reply) => {
      const { wait, ...asked } = request.query;
      const { after, limit } = asked;
      // Who spoke and who logged in from where is not everybody's to know.
      const maySeeAll = identityOf(request).permissions.has("events");
      if (asked.class === "audit") demandPermission(request, "events");
      const query = maySeeAll ? asked : { ...asked, except: "audit" as const };
      reply.header("cunshao-ledger", ledger.id).header("cunshao-head", ledger.head);
      if (after > ledger.head) throw refusal("cursor.future", `The ledger ends at ${ledger.head}`);

      const ended = lifetimeOf(reply, stopping);
      const wake = createWake(clock);
      const stop = ledger.onAppend(() => wake.ring());
      try {
        const deadlineMs = clock.now().monotonicMs + wait * 1000;
        for (;;) {
          // Taken before reading: what is appended meanwhile must not be skipped.
          const head = ledger.head;
          const events = await ledger.read(query);
          const leftMs = deadlineMs - clock.now().monotonicMs;
          if (events.length === 0 && leftMs > 0 && (await wake.wait(leftMs, ended)) === "rung") continue;
          const last = events.at(-1)?.seq ?? after;
          const next = events.length === limit ? last : Math.max(last, head);
          reply
            .header("cunshao-next", next)
            .header("cunshao-head", ledger.head)
            .header("cache-control", "no-store")
            .type("application/cloudevents-batch+json; charset=utf-8");
          return sendSqueezed(request, reply, events);
        }
      } finally {
        stop();
      }
    },
  });

  app.route({
    method: "GET",
    url: "/events/stream",
    config: { needs: "events", isPull: true },
    schema: {
      summary: "The same as server-sent events; each id is the event's",
      querystring: Stream,
      headers: StreamHeaders,
    },
    handler: (request, reply) => {
      const { class: eventClass, after = 0 } = request.query;
      const lastId = request.headers["last-event-id"];
      const from = lastId === undefined ? after : positionOf(lastId, ledger.id);
      if (from > ledger.head) throw refusal("cursor.future", `The ledger ends at ${ledger.head}`);
      reply.header("cunshao-ledger", ledger.id);
      return sendEventStream(context, reply, (ended) =>
        follow(context, { after: from, class: eventClass }, ended),
      );
    },
  });

  app.route({
    method: "GET",
    url: "/deliveries",
    config: { needs: "look", isPull: true },
    schema: {
      summary: "Which upstream acknowledged which events, and when",
      querystring: Deliveries,
      response: { 200: z.array(Delivery) },
    },
    handler: (request) => outbox.deliveries(request.query.from, request.query.to),
  });
};

/** Events repeat each other's words: over a thin line gzip is a tenth. */
async function sendSqueezed(
  { headers }: FastifyRequest,
  reply: FastifyReply,
  events: readonly LedgerEvent[],
): Promise<FastifyReply> {
  const accepted = headers["accept-encoding"] ?? "";
  const takesGzip = /(^|,)\s*gzip\s*(;\s*q=(?!0(\.0*)?\s*(,|$))|,|$)/i.test(accepted);
  reply.header("vary", "accept-encoding");
  if (!takesGzip || events.length === 0) return reply.send(events);
  const squeezed = await promisify(gzip)(JSON.stringify(events));
  return reply.header("content-encoding", "gzip").send(squeezed);
}

async function* follow(
  { ledger, clock }: PanelContext,
  from: { after: number; class?: EventClass | undefined },
  ended: AbortSignal,
): AsyncGenerator<string> {
  const wake = createWake(clock);
  const stop = ledger.onAppend(() => wake.ring());
  let { after } = from;
  try {
    while (!ended.aborted) {
      const events = await ledger.read({ after, limit: PAGE, class: from.class });
      for (const event of events) yield messageOf(event);
      after = events.at(-1)?.seq ?? after;
      if (events.length === PAGE) continue;
      if ((await wake.wait(BEAT_MS, ended)) === "late") yield ": beat\n\n";
    }
  } finally {
    stop();
  }
}

function messageOf(event: LedgerEvent): string {
  return streamMessage({ id: event.id, data: JSON.stringify(event) });
}

/** A seq, or an event id; an id of another ledger means that everything here is new to the reader. */
function positionOf(lastEventId: string, ledgerId: string): number {
  const [, ledger, seq] = /^(?:(.+)-)?(\d{1,15})$/.exec(lastEventId) ?? [];
  if (seq === undefined) throw refusal("request.invalid", "Last-Event-ID is neither a seq nor an event id");
  return ledger === undefined || ledger === ledgerId ? Number(seq) : 0;
}
