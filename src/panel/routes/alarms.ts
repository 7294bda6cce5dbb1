import { z } from "zod";
import { LONGEST_NOTE } from "../../core/alarm.ts";
import type { AlarmView } from "../../core/village.ts";
import { alarmTable } from "../alarm-table.ts";
import type { Routes } from "../context.ts";
import { refusal } from "../problems.ts";
import { identityOf } from "../sessions.ts";
import { ReportBody } from "./reports.ts";
import { writing } from "./writing.ts";

const Id = z.object({ id: z.string().min(1).max(128) });

export const AlarmBody = z.object({
  id: z.string(),
  rule: z.string(),
  name: z.string(),
  place: z.string(),
  camera: z.string().optional(),
  severity: z.enum(["notice", "warning", "danger", "emergency"]),
  status: z.enum(["raised", "escalated", "acknowledged", "cleared"]),
  raisedAt: z.string(),
  seq: z.number(),
  acknowledgedBy: z.string().optional(),
  falseBy: z.string().optional().describe("Who called it a false alarm"),
  detector: z
    .string()
    .optional()
    .describe("Which means found it; `movement` cannot tell a person from a dog"),
  score: z.number().optional().describe("Of the detector, 0 to 1, of one look"),
  sureness: z
    .number()
    .optional()
    .describe("What all looks have said; 1 is what a rule of normal sensitivity asks for"),
  question: z.enum(["gone", "lying"]).optional().describe("Asked of whoever reads it; never a finding"),
  notes: z
    .array(z.object({ at: z.string(), by: z.string(), text: z.string() }))
    .readonly()
    .optional()
    .describe("For whoever comes next, oldest first"),
  reports: z.array(ReportBody).readonly().optional().describe("From the spot, oldest first"),
  snapshot: z.string().optional(),
  drawing: z.string().optional().describe("The snapshot with box, path and zone drawn in"),
  clip: z.string().optional(),
  noClip: z.string().optional(),
  delivered: z.array(z.object({ upstream: z.string(), at: z.string() })).readonly(),
});

const MOST_AT_ONCE = 100;
/** A village raises far fewer in a year. */
const MOST_EXPORTED = 20_000;
const Time = z.iso
  .datetime({ offset: true })
  .transform((time) => new Date(time).toISOString())
  .describe("As it was recorded");
const Past = z.object({
  before: z.coerce.number().int().min(1).describe("Seq of the oldest that is known already"),
  from: Time,
  until: Time,
  limit: z.coerce.number().int().min(1).max(MOST_AT_ONCE),
});

const Note = z.object({ text: writing(LONGEST_NOTE) });

/** `GET /alarms`, `/alarms/<id>`, `/alarms/export.csv`, `POST /alarms/<id>/acknowledge`, `/clear` and `/notes`. */
export const alarmRoutes: Routes = (app, { village, audit }) => {
  app.route({
    method: "GET",
    url: "/alarms",
    config: { needs: "look" },
    schema: {
      summary:
        "Open alarms and the newest cleared ones, newest first; or, with a query, of all that ever were",
      querystring: Past.partial(),
      response: { 200: z.array(AlarmBody).readonly() },
    },
    handler: async (request) => {
      const { before, from, until, limit } = request.query;
      if ([before, from, until, limit].every((each) => each === undefined)) return village.state().alarms;
      return village.pastAlarms({ beforeSeq: before, from, until, limit: limit ?? MOST_AT_ONCE });
    },
  });

  app.route({
    method: "GET",
    url: "/alarms/:id",
    config: { needs: "look" },
    schema: { summary: "One alarm, however old", params: Id, response: { 200: AlarmBody } },
    handler: (request) => find(request.params.id),
  });

  app.route({
    method: "GET",
    url: "/alarms/export.csv",
    config: { needs: "export" },
    schema: {
      summary: "Alarms as a table for a spreadsheet, oldest first",
      querystring: z.object({ from: Time, until: Time }),
    },
    handler: async (request, reply) => {
      const { from, until } = request.query;
      if (until <= from) throw refusal("recordings.bad_range", "It ends before it begins");
      const found = await village.pastAlarms({ from, until, limit: MOST_EXPORTED });
      await audit.record(request, {
        type: "org.cunshao.alarms.exported",
        data: { from, until, alarms: found.length },
      });
      const { name, timezone } = village.state().site;
      const days = `${from.slice(0, 10)}-${until.slice(0, 10)}`;
      reply.headers({
        "cache-control": "private, no-store",
        "content-disposition": `attachment; filename="alarms-${days}.csv"; filename*=UTF-8''${encodeURIComponent(`${name}报警-${days}.csv`)}`,
      });
      return reply.type("text/csv; charset=utf-8").send(alarmTable([...found].reverse(), timezone));
    },
  });

  app.route({
    method: "POST",
    url: "/alarms/:id/acknowledge",
    config: { needs: "handle" },
    schema: { summary: "Somebody has taken care", params: Id, response: { 200: AlarmBody } },
    handler: async (request) => {
      await village.acknowledge(request.params.id, identityOf(request).by);
      return find(request.params.id);
    },
  });

  app.route({
    method: "POST",
    url: "/alarms/:id/clear",
    config: { needs: "handle" },
    schema: { summary: "It is over", params: Id, response: { 200: AlarmBody } },
    handler: async (request) => {
      await village.clear(request.params.id, identityOf(request).by);
      return find(request.params.id);
    },
  });

  app.route({
    method: "POST",
    url: "/alarms/:id/notes",
    config: { needs: "handle" },
    schema: {
      summary: "Something for whoever comes next",
      params: Id,
      body: Note,
      response: { 200: AlarmBody },
    },
    handler: async (request) => {
      await village.note(request.params.id, request.body.text, identityOf(request).by);
      return find(request.params.id);
    },
  });

  /** Also one that so many came after that the state shows it no more. */
  async function find(id: string): Promise<AlarmView> {
    const alarm = await village.alarm(id);
    if (!alarm) throw refusal("alarm.unknown", "There is no such alarm");
    return alarm;
  }
};
