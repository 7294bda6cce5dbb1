import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import fastify from "fastify";
import { z } from "zod";
import type { VirtualVillage } from "./village.ts";

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
};
const PAGE_FILES = ["index.html", "kit.css", "kit.js"];
/** The top of the gauge that is drawn in the pond. */
const HIGHEST_POND_METRES = 4.2;
/** 4 mm a minute: what the gauge's maker promises to count. */
const HEAVIEST_RAIN_MM_PER_HOUR = 240;

const order = z.discriminatedUnion("what", [
  z.strictObject({ what: z.literal("walker") }),
  z.strictObject({ what: z.literal("fibre"), mode: z.enum(["up", "reset", "blackhole"]) }),
  z.strictObject({ what: z.literal("pond"), metres: z.number().min(0.4).max(HIGHEST_POND_METRES) }),
  z.strictObject({ what: z.literal("reservoir"), metres: z.number().min(0).max(11) }),
  z.strictObject({ what: z.literal("rain"), mmPerHour: z.number().min(0).max(HEAVIEST_RAIN_MM_PER_HOUR) }),
  z.strictObject({ what: z.literal("camera"), id: z.string(), plugged: z.boolean() }),
  z.strictObject({ what: z.literal("sos"), pressed: z.boolean() }),
  z.strictObject({
    what: z.literal("horn"),
    id: z.enum(["pond", "square"]),
    fault: z.enum(["none", "silent", "other-sound"]),
  }),
  z.strictObject({ what: z.literal("power") }),
]);
type Order = z.infer<typeof order>;

export interface KitPage {
  start(): Promise<{ readonly url: string }>;
  stop(): Promise<void>;
}

/** The controls of the virtual village, as a page of their own that the village page shows beside itself. */
export function createKitPage(village: VirtualVillage, pageFolder: string, cutPower: () => void): KitPage {
  const app = fastify({ forceCloseConnections: true });

  function obey(given: Order): boolean {
    switch (given.what) {
      case "walker":
        return village.summonWalker();
      case "fibre":
        if (given.mode === "up") village.mendFibre();
        else village.cutFibre(given.mode);
        return true;
      case "pond":
        village.setPondLevel(given.metres);
        return true;
      case "reservoir":
        village.setReservoirLevel(given.metres);
        return true;
      case "rain":
        village.setRain(given.mmPerHour);
        return true;
      case "camera":
        if (given.plugged) village.plugCamera(given.id);
        else village.unplugCamera(given.id);
        return true;
      case "sos":
        if (given.pressed) village.pressSos();
        else village.releaseSos();
        return true;
      case "horn":
        village.breakHorn(given.id, given.fault);
        return true;
      case "power":
        cutPower();
        return true;
    }
  }

  for (const file of PAGE_FILES) {
    app.get(file === "index.html" ? "/" : `/${file}`, async (_request, reply) => {
      const bytes = await readFile(join(pageFolder, file));
      return reply.type(MEDIA_TYPES[extname(file)] ?? "text/plain").send(bytes);
    });
  }
  app.get("/state", async () => village.view());
  app.post("/orders", async (request, reply) => {
    const given = order.safeParse(request.body);
    if (!given.success) return reply.code(400).send({ error: given.error.message });
    return { done: obey(given.data) };
  });
  app.get<{ Params: { amplifier: string; sound: string } }>(
    "/sounds/:amplifier/:sound",
    async (request, reply) => {
      const wav = village.sound(request.params.amplifier, Number(request.params.sound));
      if (!wav) return reply.code(404).send({ error: "no such sound" });
      return reply.type("audio/wav").send(wav);
    },
  );

  return {
    async start() {
      const url = await app.listen({ host: "127.0.0.1", port: 0 });
      return { url };
    },
    async stop() {
      await app.close();
    },
  };
}
