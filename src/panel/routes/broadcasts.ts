import { z } from "zod";
import { type BroadcastOrder, contentData } from "../../core/broadcast.ts";
import { errorCode, errorMessage } from "../../core/errors.ts";
import { isoTime } from "../../core/time.ts";
import type { Routes } from "../context.ts";
import { refusal } from "../problems.ts";
import { identityOf } from "../sessions.ts";

const REMEMBERED = 1_000;
const RECENT = 200;

const DeviceId = z.string().min(1).max(128);

const Order = z.object({
  id: z
    .string()
    .regex(/^[A-Za-z0-9._:-]{1,64}$/)
    .optional()
    .describe("Makes the request idempotent: the same id is never spoken twice"),
  speakers: z
    .array(DeviceId)
    .min(1)
    .max(64)
    .refine((ids) => new Set(ids).size === ids.length, "a speaker is named twice"),
  text: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .refine((text) => !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(text), "control characters"),
  repeat: z.number().int().min(1).max(5).default(1),
  volume: z.number().min(0).max(100).default(80),
  alarm: DeviceId.optional(),
});

const Accepted = z.object({
  id: z.string(),
  speakers: z.array(z.string()).readonly(),
  text: z.string(),
});

const Content = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("text"), text: z.string() }),
  z.object({ kind: z.literal("clip"), clip: z.string(), name: z.string(), sha256: z.string() }),
  z.object({ kind: z.literal("live"), session: z.string() }),
]);

const Broadcasts = z.object({
  current: z.array(
    z.object({
      id: z.string(),
      content: Content,
      priority: z.string(),
      source: z.object({ kind: z.string(), name: z.string() }),
      speakers: z.array(z.object({ speaker: z.string(), phase: z.string(), since: z.string() })),
    }),
  ),
  finished: z.array(z.object({ seq: z.number(), at: z.string() })).describe("Newest first"),
});

type Current = z.input<typeof Broadcasts>["current"][number];

/** `POST /broadcasts` speaks, `GET` lists, `DELETE /broadcasts/<id>` silences. */
export const broadcastRoutes: Routes = (app, { village, ledger, random, log }) => {
  const accepted = new Map<string, { fingerprint: string; done: Promise<void> }>();

  async function order(order: BroadcastOrder, by: string): Promise<void> {
    await village.say(order);
    try {
      await ledger.append({
        type: "org.cunshao.broadcast.ordered",
        class: "audit",
        subject: order.id,
        data: {
          broadcast: order.id,
          by,
          ...contentData(order.content),
          speakers: order.speakers,
          repeat: order.repeat,
        },
      });
    } catch (error) {
      // Somebody at the water matters more than the audit: what was said stays said.
      log.error(
        { code: errorCode(error), error: errorMessage(error), broadcast: order.id },
        "No audit entry",
      );
    }
  }

  app.route({
    method: "POST",
    url: "/broadcasts",
    config: { needs: "speak" },
    schema: { summary: "Speak a text through horns", body: Order, response: { 202: Accepted } },
    handler: async (request, reply) => {
      const { by } = identityOf(request);
      const { id = `panel-${Buffer.from(random(12)).toString("hex")}`, ...wanted } = request.body;
      const known = new Set(village.state().speakers.map(({ speaker }) => speaker));
      const unknown = wanted.speakers.find((speaker) => !known.has(speaker));
      if (unknown !== undefined) throw refusal("broadcast.unknown_speaker", "There is no such speaker");

      const fingerprint = JSON.stringify([by, wanted]);
      let entry = accepted.get(id);
      if (entry && entry.fingerprint !== fingerprint) {
        throw refusal("broadcast.id_reused", "This id stands for another broadcast");
      }
      if (!entry) {
        const priority = by.kind === "township" ? "township" : "local";
        const { text, ...rest } = wanted;
        const content = { kind: "text", text } as const;
        entry = { fingerprint, done: order({ ...rest, content, id, source: by, priority }, by.name) };
        accepted.set(id, entry);
        // A refused order may be tried again under its id.
        entry.done.catch(() => accepted.delete(id));
        const oldest = accepted.keys().next().value;
        if (accepted.size > REMEMBERED && oldest !== undefined) accepted.delete(oldest);
      }
      await entry.done;
      return reply.code(202).send({ id, ...wanted });
    },
  });

  app.route({
    method: "GET",
    url: "/broadcasts",
    config: { needs: "look" },
    schema: { summary: "What sounds now, and how the last ones ended", response: { 200: Broadcasts } },
    handler: async () => {
      const current = new Map<string, Current>();
      for (const { speaker, phase, order, since } of village.state().speakers) {
        if (!order) continue;
        const { id, content, priority, source } = order;
        const entry: Current = current.get(id) ?? {
          id,
          content,
          priority,
          source: { ...source },
          speakers: [],
        };
        entry.speakers.push({ speaker, phase, since: isoTime(since.wallMs) });
        current.set(id, entry);
      }
      const finished = (await ledger.latest(RECENT))
        .filter((event) => event.type === "org.cunshao.broadcast.finished")
        .map((event) => ({ ...event.data, seq: event.seq, at: event.time }));
      return { current: [...current.values()], finished };
    },
  });

  app.route({
    method: "DELETE",
    url: "/broadcasts/:id",
    config: { needs: "speak" },
    schema: {
      summary: "End a broadcast that waits or sounds",
      params: z.object({ id: z.string().min(1).max(128) }),
      response: { 204: z.null() },
    },
    handler: async (request, reply) => {
      const silenced = await village.silence(request.params.id, identityOf(request).by);
      if (!silenced) throw refusal("broadcast.unknown", "This broadcast is not known or over");
      return reply.code(204).send(null);
    },
  });
};
