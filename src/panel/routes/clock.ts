import { z } from "zod";
import { isoTime } from "../../core/time.ts";
import type { Routes } from "../context.ts";

const Correction = z.object({
  boot: z.string(),
  firstSeq: z.number().int(),
  lastSeq: z.number().int(),
  offsetMs: z.number().int().describe("To be added to the recorded time of these events"),
  source: z.string().describe("What told the right time: network, battery, township, gps or camera"),
});

const ClockState = z.object({
  now: z.string(),
  clock: z.enum(["synced", "unsynced"]),
  corrections: z.array(Correction).describe("Oldest first"),
});

/** `GET /clock`: what time it is here, and how to read times that were written before that was known. */
export const clockRoutes: Routes = (app, { village, clock, clockBook }) => {
  app.route({
    method: "GET",
    url: "/clock",
    config: { needs: "look" },
    schema: {
      summary:
        "The box's time, and how wrong it was: events never change, their times are corrected by rules",
      response: { 200: ClockState },
    },
    handler: async (_request, reply) => {
      reply.header("cache-control", "no-store");
      return {
        now: isoTime(clock.now().wallMs),
        clock: village.state().clock,
        corrections: [...clockBook.corrections()],
      };
    },
  });
};
