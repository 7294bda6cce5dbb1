import { z } from "zod";
import type { Routes } from "../context.ts";

const At = {
  line: z.number().int().optional().describe("Of a GPIO chip"),
  port: z.string().optional(),
  address: z.number().int().optional(),
  channel: z.number().int().optional().describe("As printed on the board"),
};

const WiringBody = z.object({
  speakers: z
    .array(
      z.object({
        speaker: z.string(),
        power: z.object({
          kind: z.enum(["none", "relay", "amplifier"]),
          model: z.string().optional(),
          ...At,
        }),
        audio: z.object({ kind: z.enum(["alsa", "rtp", "module"]), model: z.string().optional(), ...At }),
        proof: z
          .enum(["none", "microphone", "current", "device"])
          .describe("What can tell that it was heard"),
        settleMs: z.number(),
        maxOnSeconds: z.number(),
        quieter: z
          .array(
            z.object({
              fromMinute: z.number().int(),
              toMinute: z.number().int(),
              volume: z.number().describe("0: silent"),
              warnings: z.boolean().describe("Whether it is so for the warnings of rules, too"),
            }),
          )
          .readonly(),
      }),
    )
    .readonly(),
  sensors: z
    .array(z.object({ sensor: z.string(), model: z.string(), pollSeconds: z.number(), ...At }))
    .readonly(),
  upstreams: z
    .array(z.object({ upstream: z.string(), kind: z.enum(["http", "mqtt"]), url: z.string() }))
    .readonly(),
});

/** `GET /wiring`: what hangs on the box, and how. */
export const wiringRoutes: Routes = (app, { wiring }) => {
  app.route({
    method: "GET",
    url: "/wiring",
    config: { needs: "set-up" },
    schema: { summary: "What hangs on the box, and how; no secrets", response: { 200: WiringBody } },
    handler: async () => wiring,
  });
};
