import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type { BroadcastContent, BroadcastOrder, BroadcastSource } from "../../core/broadcast.ts";
import { faultOfText } from "../../core/spoken-text.ts";
import { isoTime } from "../../core/time.ts";
import type { Routes } from "../context.ts";
import { type Identity, identityOf } from "../identity.ts";
import { refusal } from "../problems.ts";
import { createRefusedOrders } from "../refused-orders.ts";

const RECENT = 200;

export const DeviceId = z.string().min(1).max(128);
export const BroadcastId = z.string().regex(/^[A-Za-z0-9._:-]{1,64}$/);
export const SpeakerIds = z
  .array(DeviceId)
  .min(1)
  .max(64)
  .refine((ids) => new Set(ids).size === ids.length, "a speaker is named twice");

export const Words = z
  .string()
  .trim()
  .max(200)
  .refine((text) => !/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u.test(text), "control characters");

const Time = z.iso.datetime({ offset: true });

const Order = z.object({
  id: BroadcastId.optional().describe(
    "Makes the request idempotent: the same id is never spoken twice, not after a restart either",
  ),
  speakers: SpeakerIds.describe("Speakers and groups of speakers; `all` is every speaker"),
  text: z.string().trim().optional().describe("At most 1000 characters; no control characters, no markup"),
  clip: DeviceId.optional().describe("Id of a recording of `/clips`, instead of `text`"),
  repeat: z.number().int().min(1).max(5).default(1),
  volume: z.number().min(0).max(100).default(80),
  alarm: DeviceId.optional(),
  emergency: z
    .boolean()
    .default(false)
    .describe(
      "Before everybody else, also in quiet hours; needs `confirmed` and `reason`, and of machines `person`",
    ),
  confirmed: z.boolean().default(false),
  reason: Words.optional(),
  person: Words.optional().describe("Whom a machine gives an emergency for"),
  notBefore: Time.optional().describe(
    "Waits until then, at most 7 days, and until the clock is known to be right",
  ),
  expires: Time.optional().describe("Is not begun after this"),
  whenPreempted: z
    .enum(["resume", "drop"])
    .optional()
    .describe(
      "After something more important: goes on with the repetition that was cut off, or is over (default)",
    ),
});

const Accepted = z.object({
  id: z.string(),
  speakers: z.array(z.string()).readonly(),
  text: z.string().optional(),
  clip: z.string().optional(),
  repeat: z.number(),
  volume: z.number(),
  priority: z.string(),
});

const Content = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("text"), text: z.string() }),
  z.object({ kind: z.literal("clip"), clip: z.string(), name: z.string(), sha256: z.string() }),
  z.object({ kind: z.literal("live"), session: z.string() }),
]);

const Told = z.object({
  id: z.string(),
  content: Content,
  priority: z.string(),
  source: z.object({ kind: z.string(), name: z.string() }),
});

const Broadcasts = z.object({
  current: z.array(
    Told.extend({
      speakers: z.array(z.object({ speaker: z.string(), phase: z.string(), since: z.string() })),
    }),
  ),
  queue: z
    .array(
      Told.extend({
        speakers: z.array(z.string()),
        waitsFor: z
          .enum(["turn", "time", "clock", "second_key"])
          .describe("Others speak; its time; a clock that is right; a second observation that agrees"),
        notBefore: z.string().optional(),
      }),
    )
    .describe("Most important first"),
  killSwitch: z.boolean().optional().describe("Closed: nothing sounds; absent where there is none"),
  finished: z.array(z.looseObject({ seq: z.number(), at: z.string() })).describe("Newest first"),
});

type Current = z.input<typeof Broadcasts>["current"][number];

/** `POST /broadcasts` speaks, `GET` lists, `DELETE /broadcasts/<id>` silences. */
export const broadcastRoutes: Routes = (app, { village, clips, ledger, random, audit, clock }) => {
  const refused = createRefusedOrders({ audit, clock });

  async function turnAway(request: FastifyRequest, code: string, message: string): Promise<never> {
    await refused.note(request, code);
    throw refusal(code, message);
  }

  async function contentOf(
    request: FastifyRequest,
    { text = "", clip: id }: Pick<z.output<typeof Order>, "text" | "clip">,
  ): Promise<BroadcastContent> {
    if (id === undefined) {
      const fault = faultOfText(text);
      if (fault) await turnAway(request, fault, "These words cannot be said");
      return { kind: "text", text };
    }
    if (text !== "") await turnAway(request, "request.invalid", "Either a text or a recording");
    return (await clips.contentOf(id)) ?? turnAway(request, "clips.unknown", "There is no such recording");
  }

  app.route({
    method: "POST",
    url: "/broadcasts",
    config: { needs: "speak" },
    schema: {
      summary: "Speak a text or play a recording through horns",
      body: Order,
      response: { 202: Accepted },
    },
    attachValidation: true,
    handler: async (request, reply) => {
      const { validationError } = request;
      if (validationError) {
        await refused.note(request, "request.invalid");
        throw validationError;
      }
      const { id = `panel-${Buffer.from(random(12)).toString("hex")}`, ...wanted } = request.body;
      const { speakers, horns } = village.state();
      const known = new Set([
        ...speakers.map(({ speaker }) => speaker),
        ...(horns?.groups ?? []).map((group) => group.id),
      ]);
      if (wanted.speakers.some((speaker) => !known.has(speaker))) {
        await turnAway(request, "broadcast.unknown_speaker", "There is no such speaker");
      }
      const content = await contentOf(request, wanted);
      if (wanted.emergency && !wanted.confirmed) {
        await turnAway(request, "broadcast.not_confirmed", "An emergency has to be confirmed");
      }
      const order = orderOf(id, wanted, content, identityOf(request), request.ip);
      await village.say(order);
      const { repeat, volume, priority } = order;
      const { speakers: where, text, clip } = wanted;
      return reply.code(202).send({ id, speakers: where, text, clip, repeat, volume, priority });
    },
  });

  app.route({
    method: "GET",
    url: "/broadcasts",
    config: { needs: "look" },
    schema: {
      summary: "What sounds now, what waits, and how the last ones ended",
      response: { 200: Broadcasts },
    },
    handler: async () => {
      const { speakers, horns } = village.state();
      const current = new Map<string, Current>();
      for (const { speaker, phase, order, since } of speakers) {
        if (!order) continue;
        const entry: Current = current.get(order.id) ?? { ...told(order), speakers: [] };
        entry.speakers.push({ speaker, phase, since: isoTime(since.wallMs) });
        current.set(order.id, entry);
      }
      const ends = ["org.cunshao.broadcast.finished", "org.cunshao.broadcast.refused"];
      const finished = (await ledger.latest(RECENT))
        .filter((event) => ends.includes(event.type))
        .map((event) => ({ ...event.data, seq: event.seq, at: event.time }));
      return {
        current: [...current.values()],
        queue: (horns?.queue ?? []).map(({ order, speakers: where, waitsFor }) => ({
          ...told(order),
          speakers: [...where],
          waitsFor,
          ...(order.notBeforeMs !== undefined && { notBefore: isoTime(order.notBeforeMs) }),
        })),
        ...(horns?.killSwitch && { killSwitch: horns.killSwitch.closed }),
        finished,
      };
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

function told({ id, content, priority, source }: BroadcastOrder) {
  return { id, content, priority, source: { ...source } };
}

/** An order in the name of who asks. */
export function orderOf(
  id: string,
  wanted: Omit<z.output<typeof Order>, "id" | "text" | "clip">,
  content: BroadcastContent,
  identity: Identity,
  address: string,
): BroadcastOrder {
  const { speakers, repeat, volume, alarm, emergency, reason, notBefore, expires, whenPreempted } = wanted;
  const isByHand = identity.session !== undefined;
  const person = isByHand ? identity.name : (identity.person ?? wanted.person);
  const source = sourceOf(identity);
  const usual = source.kind === "township" ? "township" : "local";
  return {
    id,
    source,
    priority: emergency ? "emergency" : usual,
    speakers,
    content,
    repeat,
    volume,
    address,
    ...(isByHand && { isByHand }),
    ...(person !== undefined && { person }),
    ...(alarm !== undefined && { alarm }),
    ...(reason !== undefined && { reason }),
    ...(notBefore !== undefined && { notBeforeMs: Date.parse(notBefore) }),
    ...(expires !== undefined && { expiresMs: Date.parse(expires) }),
    ...(whenPreempted && { whenPreempted }),
  };
}

/** Who logs in from the township speaks as the township, as its programs do. */
export function sourceOf({ by, role, name }: Identity): BroadcastSource {
  return role === "township" ? { kind: "township", name } : by;
}
