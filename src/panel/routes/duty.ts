import { z } from "zod";
import { MOST_TURNS } from "../../core/duty.ts";
import type { Routes } from "../context.ts";
import { identityOf } from "../identity.ts";
import { SeasonBody, Weekdays } from "./weekly.ts";
import { line } from "./writing.ts";

const Window = z.strictObject({
  days: Weekdays,
  fromMinute: z.number().int().min(0).max(1439).describe("Since midnight of the village"),
  toMinute: z.number().int().min(0).max(1440).describe("`fromMinute` or less: over midnight"),
  season: SeasonBody.optional(),
});

const Turn = z.strictObject({
  name: line(60),
  phone: z
    .string()
    .trim()
    .regex(/^\+?\d[\d -]{1,18}\d$/, "a telephone number of 3 to 20 digits"),
  when: Window.extend({ also: z.array(Window).max(16).readonly().optional() }).strict(),
});

const Version = z.number().int().min(0).describe("Of what was read before; 0 while it is as configured");

const Roster = z.object({
  turns: z.array(Turn).readonly(),
  version: Version,
  written: z
    .object({ by: z.object({ kind: z.string(), name: z.string() }), at: z.string() })
    .optional()
    .describe("Who wrote it on the page; absent while it is as configured"),
});

/** `GET /duty`, `PUT /duty`, `DELETE /duty`: who is to be called when; as read, as written, as configured. */
export const dutyRoutes: Routes = (app, { duty }) => {
  app.route({
    method: "GET",
    url: "/duty",
    config: { needs: "handle" },
    schema: { summary: "The duty roster", response: { 200: Roster } },
    handler: async (_request, reply) => {
      reply.header("cache-control", "no-store");
      return duty.roster();
    },
  });

  app.route({
    method: "PUT",
    url: "/duty",
    config: { needs: "handle" },
    schema: {
      summary: "Write the duty roster; holds at once, instead of what the configuration says",
      body: z.strictObject({ turns: z.array(Turn).max(MOST_TURNS).readonly(), version: Version }),
      response: { 200: Roster },
    },
    handler: async (request) => {
      const { turns, version } = request.body;
      return duty.write(turns, version, identityOf(request).by);
    },
  });

  app.route({
    method: "DELETE",
    url: "/duty",
    config: { needs: "handle" },
    schema: { summary: "Put back the roster of the configuration", response: { 200: Roster } },
    handler: async (request) => duty.restore(identityOf(request).by),
  });
};
