import { z } from "zod";
import { isoTime } from "../../core/time.ts";
import type { PanelContext, Routes } from "../context.ts";
import { sendEventStream, streamMessage } from "../event-stream.ts";
import { createOncePerChange } from "../once-per-change.ts";
import { createWake } from "../wake.ts";

/** The page takes twice this silence for a lost connection. */
const BEAT_MS = 5_000;

const State = z.object({
  site: z.object({ id: z.string(), name: z.string(), timezone: z.string() }),
  version: z.string(),
  now: z.string(),
});

/** `GET /state` and `GET /state/stream`: the whole village, for the page. */
export const stateRoutes: Routes = (app, context) => {
  const { village, clock } = context;
  const news = createOncePerChange(clock, village.onChange, () =>
    streamMessage({ data: JSON.stringify(village.state()) }),
  );
  app.route({
    method: "GET",
    url: "/state",
    config: { needs: "look" },
    schema: { summary: "The whole village at one moment", response: { 200: State } },
    handler: async (_request, reply) => {
      reply.header("cache-control", "no-store");
      return context.village.state();
    },
  });

  app.route({
    method: "GET",
    url: "/state/stream",
    config: { needs: "look" },
    schema: {
      summary: "The whole village at each change, as server-sent events; `beat` events between",
    },
    handler: (_request, reply) => sendEventStream(context, reply, (ended) => changes(context, news, ended)),
  });
};

async function* changes(
  { village, clock }: PanelContext,
  news: () => string,
  ended: AbortSignal,
): AsyncGenerator<string> {
  const wake = createWake(clock);
  const stop = village.onChange(() => wake.ring());
  wake.ring();
  try {
    for (;;) {
      const woken = await wake.wait(BEAT_MS, ended);
      if (woken === "aborted") return;
      if (woken === "rung") yield news();
      else yield streamMessage({ event: "beat", data: JSON.stringify(isoTime(clock.now().wallMs)) });
    }
  } finally {
    stop();
  }
}
