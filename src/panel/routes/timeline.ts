import { z } from "zod";
import { isoTime } from "../../core/time.ts";
import type { Routes } from "../context.ts";
import { refusal } from "../problems.ts";
import { createSearchAudit } from "../search-audit.ts";
import { CameraId } from "./cameras.ts";
import { Reason, spanMs, Time } from "./recordings.ts";

const LONGEST_MS = 31 * 86_400_000;

const Query = z.object({
  from: Time,
  to: Time,
  parts: z.coerce
    .number()
    .int()
    .min(10)
    .max(2_000)
    .default(600)
    .describe("As many as the bar has pixels: what is shorter than one is not kept apart"),
  reason: Reason.optional().describe("Why, for the audit; without it nothing is told of movement"),
});

const Stretch = z.object({ from: z.string(), to: z.string() });

const Timeline = z.object({
  recorded: z.array(Stretch),
  moved: z.array(Stretch.extend({ share: z.number().describe("Of that time, above 0 to 1") })).optional(),
  alarms: z.array(
    z.object({
      id: z.string(),
      seq: z.number(),
      name: z.string(),
      severity: z.string(),
      raisedAt: z.string(),
    }),
  ),
});

/** `GET /cameras/<id>/timeline`: what a bar of time can draw of a camera, whether it shows a minute or a month. */
export const timelineRoutes: Routes = (app, context) => {
  const { village, movement, footage } = context;
  const noteSearch = createSearchAudit(context);

  app.route({
    method: "GET",
    url: "/cameras/:id/timeline",
    config: { needs: "replay" },
    schema: {
      summary:
        "What was recorded before a camera, when something moved and when it alarmed, coarse enough to be drawn",
      params: CameraId,
      querystring: Query,
      response: { 200: Timeline },
    },
    handler: async (request) => {
      const { id } = request.params;
      const { parts, reason } = request.query;
      const { fromMs, toMs } = spanMs(request.query);
      if (!village.state().cameras.some((one) => one.id === id)) {
        throw refusal("camera.unknown", "There is no such camera");
      }
      if (fromMs >= toMs) throw refusal("recordings.bad_range", "`to` is not after `from`");
      if (toMs - fromMs > LONGEST_MS) throw refusal("movement.too_long", "At most 31 days at once");
      const [recorded, moved, alarms] = await Promise.all([
        footage.replay.outline(id, fromMs, toMs, Math.ceil((toMs - fromMs) / parts)),
        reason === undefined ? undefined : movement.density(id, fromMs, toMs, parts),
        village.alarmsBefore(id, isoTime(fromMs), isoTime(toMs)),
      ]);
      if (reason !== undefined) {
        noteSearch(request, { what: "movement", subject: id, reason, fromMs, toMs, where: { camera: id } });
      }
      const ends = (span: { readonly fromMs: number; readonly toMs: number }) => ({
        from: isoTime(span.fromMs),
        to: isoTime(span.toMs),
      });
      return {
        recorded: recorded.map(ends),
        ...(moved && {
          moved: moved.map((one) => ({ ...ends(one), share: Math.ceil(one.share * 100) / 100 })),
        }),
        alarms: [...alarms],
      };
    },
  });
};
