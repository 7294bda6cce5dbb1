import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { GatewayError } from "../../core/errors.ts";
import type { Playback } from "../../core/footage.ts";
import { type Clock, isoTime } from "../../core/time.ts";
import { lifetimeOf, type PanelContext, type Routes } from "../context.ts";
import { identityOf } from "../sessions.ts";
import { createViewings } from "../viewings.ts";
import { CameraId } from "./cameras.ts";

const HOUR_MS = 3_600_000;
/** One reason covers a day, also that of 25 hours. */
const LONGEST_VIEWING_MS = 25 * HOUR_MS;
/** What one answer plays; the page asks for what comes after. */
const LONGEST_ANSWER_MS = 2 * HOUR_MS;
/** Each reads the disk that recordings are written to. */
const MOST_AT_ONCE = 8;
/** A paused player takes nothing: it gives its place to others, and goes on later with a new request. */
const LONGEST_STILL_MS = 60_000;

export const Time = z.iso.datetime({ offset: true }).max(40);
export const Reason = z.string().trim().min(2).max(200);

/** What somebody wants to see, take or keep, and why. */
export const ReasonedSpan = z.object({
  camera: z.string().min(1).max(128),
  from: Time,
  to: Time,
  reason: Reason,
});

const Span = z.object({ from: z.string(), to: z.string() });
const ViewingBody = Span.extend({ id: z.string(), camera: z.string(), expiresAt: z.string() });

/** Milliseconds of a span's ends. */
export function spanMs({ from, to }: { from: string; to: string }): { fromMs: number; toMs: number } {
  return { fromMs: Date.parse(from), toMs: Date.parse(to) };
}

/** What is recorded, playing it, and keeping it whatever its age. */
export const recordingRoutes: Routes = (app, context) => {
  const { footage, audit, clock, random } = context;
  const { replay } = footage;
  const viewings = createViewings(clock, random);
  let playing = 0;

  app.route({
    method: "GET",
    url: "/cameras/:id/recordings",
    config: { needs: "replay" },
    schema: {
      summary: "Times that are recorded, at most a week at once",
      params: CameraId,
      querystring: z.object({ from: Time, to: Time }),
      response: { 200: z.array(Span).readonly() },
    },
    handler: async (request) => {
      const { fromMs, toMs } = spanMs(request.query);
      const spans = await replay.spans(request.params.id, fromMs, toMs);
      return spans.map((span) => ({ from: isoTime(span.fromMs), to: isoTime(span.toMs) }));
    },
  });

  app.route({
    method: "POST",
    url: "/viewings",
    config: { needs: "replay" },
    schema: {
      summary:
        "Says which recordings are going to be seen and why; good for an hour and at most a day of them",
      body: ReasonedSpan,
      response: { 201: ViewingBody },
    },
    handler: async (request, reply) => {
      const { camera, reason } = request.body;
      const { fromMs, toMs } = spanMs(request.body);
      await replay.check(camera, fromMs, toMs, LONGEST_VIEWING_MS);
      const span = { from: isoTime(fromMs), to: isoTime(toMs) };
      await audit.record(request, {
        type: "org.cunshao.recording.viewed",
        subject: camera,
        data: { ...span },
        reason,
      });
      const { id, expiresAtMs } = viewings.open(identityOf(request), { camera, fromMs, toMs });
      return reply.code(201).send({ id, camera, ...span, expiresAt: isoTime(expiresAtMs) });
    },
  });

  app.route({
    method: "GET",
    url: "/cameras/:id/recordings.mp4",
    config: { needs: "replay" },
    schema: {
      summary:
        "Recorded video from the key frame at or before `from` to the next gap, at most two hours; `viewing` is from " +
        "POST /viewings. Cunshao-From and Cunshao-To tell its true times. It is made as it is sent: no ranges.",
      params: CameraId,
      querystring: z.object({ viewing: z.string().min(1).max(64), from: Time, to: Time.optional() }),
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      const { viewing, from, to } = request.query;
      const fromMs = Date.parse(from);
      const viewed = viewings.demand(identityOf(request), viewing, id, fromMs);
      const wantedMs = to === undefined ? viewed.toMs : Math.min(viewed.toMs, Date.parse(to));
      const endMs = Math.min(wantedMs, fromMs + LONGEST_ANSWER_MS);
      if (playing >= MOST_AT_ONCE) throw busy();
      playing += 1;
      try {
        const playback = await replay.play(id, fromMs, endMs);
        return send(request, reply, playback, context, () => {
          playing -= 1;
        });
      } catch (error) {
        playing -= 1;
        throw error;
      }
    },
  });

  for (const [method, isLocked] of [
    ["POST", true],
    ["DELETE", false],
  ] as const) {
    app.route({
      method,
      url: "/recordings/locks",
      config: { needs: "set-up" },
      schema: {
        summary: isLocked ? "Keeps recordings whatever their age" : "Lets recordings grow old again",
        body: ReasonedSpan,
        response: { 200: z.object({ segments: z.number() }) },
      },
      handler: async (request) => {
        const { camera, from, to, reason } = request.body;
        const { fromMs, toMs } = spanMs(request.body);
        await replay.check(camera, fromMs, toMs, 7 * 24 * HOUR_MS);
        const type = isLocked ? "recording.locked" : "recording.unlocked";
        await audit.record(request, {
          type: `org.cunshao.${type}`,
          subject: camera,
          data: { from, to },
          reason,
        });
        return { segments: await replay.lock(camera, fromMs, toMs, isLocked) };
      },
    });
  }
};

/** Ends with the connection, the log-in or the panel; whoever reads slowly is waited for. */
function send(
  request: FastifyRequest,
  reply: FastifyReply,
  playback: Playback,
  { clock, log, stopping }: PanelContext,
  onEnd: () => void,
): FastifyReply {
  // Whatever is sent to a HEAD is read to its end and thrown away.
  const isHead = request.method === "HEAD";
  const chunks = isHead ? [] : whileTaken(playback.chunks, clock, () => reply.raw.destroy());
  const stream = Readable.from(chunks, { objectMode: false, highWaterMark: 64 * 1024 });
  stream.once("close", () => {
    onEnd();
    playback
      .close()
      .catch((error: unknown) => log.warn({ error: String(error) }, "a playback was not closed"));
  });
  reply.headers({
    "cache-control": "no-store",
    "accept-ranges": "none",
    "cunshao-from": isoTime(playback.fromMs),
    "cunshao-to": isoTime(playback.toMs),
    "cunshao-clock": playback.clock,
  });
  const ended = lifetimeOf(reply, stopping);
  const end = (): void => void stream.destroy();
  ended.addEventListener("abort", end, { once: true });
  // It may have ended while the recordings were being opened.
  if (ended.aborted) end();
  return reply.type(playback.mediaType.split(";")[0] ?? "video/mp4").send(stream);
}

/** Calls `onStill` when nothing was asked for in a minute after a chunk. */
async function* whileTaken(
  chunks: AsyncIterable<Uint8Array>,
  clock: Clock,
  onStill: () => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    const timer = clock.after(LONGEST_STILL_MS, onStill);
    try {
      yield chunk;
    } finally {
      timer.cancel();
    }
  }
}

function busy(): GatewayError {
  return new GatewayError("too many recordings are being played", {
    code: "recordings.busy",
    kind: "transient",
  });
}
