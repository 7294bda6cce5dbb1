import { z } from "zod";
import { isoTime } from "../../core/time.ts";
import type { ZoneTrialState } from "../../core/zone-trial.ts";
import type { Routes } from "../context.ts";
import { identityOf } from "../identity.ts";
import { refusal } from "../problems.ts";
import { CameraId } from "./cameras.ts";
import { Reason } from "./recordings.ts";
import { LineDrawingBody, ShapeId } from "./shape-bodies.ts";
import { ZoneOutlineBody } from "./zone-bodies.ts";

const TrialId = CameraId.extend({ trial: z.string().min(1).max(64) });
const PictureOf = TrialId.extend({ number: z.coerce.number().int().min(1).max(9999) });

const Why = Reason.describe("Why the recordings are looked at, for the audit");
const AsDrawn = "As it is to be tried; need not be saved";
const Order = z.union([
  z.strictObject({
    zone: z.string().min(1).max(128),
    drawing: ZoneOutlineBody.describe(AsDrawn),
    reason: Why,
  }),
  z.strictObject({ line: ShapeId, drawing: LineDrawingBody.describe(AsDrawn), reason: Why }),
]);

const Box = z.object({ x: z.number(), y: z.number(), width: z.number(), height: z.number() });

const Trial = z.object({
  id: z.string(),
  camera: z.string(),
  zone: z.string().optional(),
  line: z.string().optional(),
  by: z.string(),
  status: z.enum(["running", "done", "stopped", "failed"]),
  failure: z.string().optional(),
  from: z.string(),
  to: z.string(),
  recordedSeconds: z.number().describe("How much of that time is recorded"),
  stillSeconds: z.number().describe("How much of it is left out, because nothing moved"),
  lookedAtSeconds: z.number().describe("How much of the rest has been looked at"),
  rules: z
    .array(z.object({ id: z.string(), name: z.string() }))
    .readonly()
    .describe(
      "Those that watch it; with none, whoever comes into the zone or goes over the line counts at once",
    ),
  detector: z.string().optional(),
  alarmCount: z.number(),
  alarms: z
    .array(
      z.object({
        number: z.number(),
        rule: z.string().optional(),
        at: z.string(),
        boxes: z.array(Box).readonly().describe("Who broke the rule, in fractions of the picture"),
        hasPicture: z.boolean(),
      }),
    )
    .readonly()
    .describe("The first 60 of them"),
  seen: z.object({
    people: z.number().optional().describe("In the picture; absent where movement alone is watched"),
    inZone: z.number(),
    longestStaySeconds: z.number(),
    over: z
      .object({ in: z.number(), out: z.number() })
      .optional()
      .describe("How often somebody went over the line"),
  }),
});

/**
 * Dry runs of a zone or line over the last hour's recording. They raise nothing and keep nothing on disk: that recordings were
 * looked at is in the audit, before any of it is.
 */
export const zoneTrialRoutes: Routes = (app, { zoneTrials, audit }) => {
  function find(camera: string, id: string): ZoneTrialState {
    const state = zoneTrials.find(camera, id);
    if (!state) throw refusal("trial.unknown", "There is no such dry run");
    return state;
  }

  app.route({
    method: "POST",
    url: "/cameras/:id/zone-trials",
    config: { needs: "set-up" },
    schema: {
      summary:
        "Tries a drawn zone or line on the last hour's recording: what its rules would have raised, whatever their schedule, pauses " +
        "and lessons. One at a time; it stops when nobody has asked for it for a minute",
      params: CameraId,
      body: Order,
      response: { 202: Trial },
    },
    handler: async (request, reply) => {
      const { id: camera } = request.params;
      const { reason, ...subject } = request.body;
      const plan = await zoneTrials.weigh({ camera, ...subject, by: identityOf(request).by });
      const tried = "zone" in subject ? { zone: subject.zone } : { line: subject.line };
      const span = { from: isoTime(plan.fromMs), to: isoTime(plan.toMs) };
      await audit.record(request, {
        type: "org.cunshao.recording.viewed",
        subject: camera,
        data: { ...span, ...tried, purpose: "zone-trial" },
        reason,
      });
      const state = zoneTrials.begin(plan);
      const location = `/api/v1/cameras/${encodeURIComponent(camera)}/zone-trials/${state.id}`;
      return reply.code(202).header("location", location).send(viewOf(state));
    },
  });

  app.route({
    method: "GET",
    url: "/cameras/:id/zone-trials/:trial",
    config: { needs: "set-up" },
    schema: {
      summary: "How far a dry run is, and what it has found",
      params: TrialId,
      response: { 200: Trial },
    },
    handler: async (request) => viewOf(find(request.params.id, request.params.trial)),
  });

  app.route({
    method: "DELETE",
    url: "/cameras/:id/zone-trials/:trial",
    config: { needs: "set-up" },
    schema: { summary: "Stops a dry run; what it has found can still be asked for", params: TrialId },
    handler: async (request, reply) => {
      const { id, trial } = request.params;
      if (!zoneTrials.cancel(id, trial)) throw refusal("trial.unknown", "There is no such dry run");
      return reply.code(204).send();
    },
  });

  app.route({
    method: "GET",
    url: "/cameras/:id/zone-trials/:trial/pictures/:number",
    config: { needs: "replay" },
    schema: { summary: "The picture in which a rule was broken, small (JPEG)", params: PictureOf },
    handler: async (request, reply) => {
      const { id, trial, number } = request.params;
      find(id, trial);
      const picture = zoneTrials.picture(id, trial, number);
      if (!picture) throw refusal("trial.no_picture", "There is no such picture");
      return reply.header("cache-control", "private, no-store").type("image/jpeg").send(Buffer.from(picture));
    },
  });
};

function viewOf({ fromMs, toMs, alarms, ...rest }: ZoneTrialState) {
  return {
    ...rest,
    from: isoTime(fromMs),
    to: isoTime(toMs),
    alarms: alarms.map(({ atMs, ...alarm }) => ({ ...alarm, at: isoTime(atMs) })),
  };
}
