import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { z } from "zod";
import { faultOfText } from "../../core/spoken-text.ts";
import type { Routes } from "../context.ts";
import { refusal } from "../problems.ts";

/** `POST /speech`: words as the box says them, for whoever wants to hear them before a village does. Nothing sounds but there. */
export const speechRoutes: Routes = (app, { speech }) => {
  // Each text is work for a small box that a horn may need in the same second.
  let isMaking = false;

  app.route({
    method: "POST",
    url: "/speech",
    config: { needs: "speak" },
    schema: {
      summary: "Words in the box's voice, a WAV file; no horn sounds",
      body: z.strictObject({
        text: z.string().trim().describe("At most 1000 characters; no control characters, no markup"),
      }),
    },
    handler: async (request, reply) => {
      const { text } = request.body;
      const fault = faultOfText(text);
      if (fault) throw refusal(fault, "These words cannot be said");
      if (isMaking) throw refusal("speech.busy", "Other words are being made ready to be heard");
      isMaking = true;
      try {
        const { path } = await speech.render(text);
        const { size } = await stat(path);
        reply.header("cache-control", "no-store").header("content-length", size).type("audio/wav");
        return reply.send(createReadStream(path));
      } finally {
        isMaking = false;
      }
    },
  });
};
