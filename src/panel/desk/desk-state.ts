import { z } from "zod";
import { isoTime } from "../../core/time.ts";
import type { DeskState } from "../../core/township-desk.ts";
import { sendEventStream, streamMessage } from "../event-stream.ts";
import { createOncePerChange } from "../once-per-change.ts";
import { addMapRoutes } from "../routes/map.ts";
import { createWake } from "../wake.ts";
import type { DeskContext, DeskRoutes } from "./desk-context.ts";

/** The page takes twice this silence for a lost connection. */
const BEAT_MS = 5_000;

const State = z.object({
  desk: z.object({ id: z.string(), name: z.string(), timezone: z.string() }),
  version: z.string(),
  now: z.string(),
  boxes: z.array(z.object({ id: z.string(), name: z.string() })).readonly(),
  alarms: z.array(z.object({ box: z.string(), id: z.string() })).readonly(),
});

/** `GET /health`, `/desk`, `/desk/stream`, `/boxes` and `/alarms`: all villages of a township. */
export const deskRoutes: DeskRoutes = (app, context) => {
  const { township, map, clock } = context;
  const startedMs = clock.now().monotonicMs;
  const onChange = (listener: () => void) => [township.onChange(listener), map.changes.on(listener)];
  const news = createOncePerChange(clock, onChange, () =>
    streamMessage({ data: JSON.stringify(stateOf(context)) }),
  );

  app.route({
    method: "GET",
    url: "/health",
    config: { open: true },
    schema: {
      summary: "Whether the desk listens",
      security: [],
      response: { 200: z.object({ status: z.string(), version: z.string(), uptimeSeconds: z.number() }) },
    },
    handler: async (_request, reply) => {
      reply.header("cache-control", "no-store");
      const uptimeSeconds = Math.floor((clock.now().monotonicMs - startedMs) / 1000);
      return { status: "ok", version: township.state().version, uptimeSeconds };
    },
  });

  app.route({
    method: "GET",
    url: "/desk",
    config: { needs: "look" },
    schema: { summary: "All villages and alarms at one moment", response: { 200: State } },
    handler: async (_request, reply) => {
      reply.header("cache-control", "no-store");
      return stateOf(context);
    },
  });

  app.route({
    method: "GET",
    url: "/desk/stream",
    config: { needs: "look" },
    schema: { summary: "The same at each change, as server-sent events; `beat` events between" },
    handler: (_request, reply) => sendEventStream(context, reply, (ended) => changes(context, news, ended)),
  });

  app.route({
    method: "GET",
    url: "/boxes",
    config: { needs: "look" },
    schema: {
      summary: "Each village: whether it is heard, what waits there, and whether its ledger is complete",
      response: { 200: State.shape.boxes },
    },
    handler: async (_request, reply) => {
      reply.header("cache-control", "no-store");
      return township.state().boxes;
    },
  });

  app.route({
    method: "GET",
    url: "/alarms",
    config: { needs: "look" },
    schema: { summary: "The alarms of all villages, newest first", response: { 200: State.shape.alarms } },
    handler: async (_request, reply) => {
      reply.header("cache-control", "no-store");
      return township.state().alarms;
    },
  });

  addMapRoutes(app, map, "/desk/map");
};

/** With what tells whether the map is another one. */
function stateOf({ township, map }: DeskContext): DeskState {
  return { ...township.state(), mapVersion: map.version() };
}

async function* changes(
  { township, map, clock }: DeskContext,
  news: () => string,
  ended: AbortSignal,
): AsyncGenerator<string> {
  const wake = createWake(clock);
  const stops = [township.onChange(() => wake.ring()), map.changes.on(() => wake.ring())];
  wake.ring();
  try {
    for (;;) {
      const woken = await wake.wait(BEAT_MS, ended);
      if (woken === "aborted") return;
      if (woken === "rung") yield news();
      else yield streamMessage({ event: "beat", data: JSON.stringify(isoTime(clock.now().wallMs)) });
    }
  } finally {
    for (const stop of stops) stop();
  }
}
