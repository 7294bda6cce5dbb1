import { z } from "zod";
import { CAMERA_FAULTS } from "../../core/camera-health.ts";
import type { Routes } from "../context.ts";
import { identityOf } from "../identity.ts";
import { createSnapshots } from "../snapshots.ts";
import { LineBody, MaskBody, MaskingBody, RemovedBody } from "./shape-bodies.ts";
import { ZoneBody } from "./zone-bodies.ts";

export const CameraId = z.object({ id: z.string().min(1).max(128) });

const CameraBody = z.object({
  id: z.string(),
  name: z.string(),
  state: z.enum(["connecting", "running", "stalled", "lost", "refused", "unsupported"]),
  reason: z.string(),
  since: z.string(),
  zones: z.array(ZoneBody).readonly(),
  lines: z.array(LineBody).readonly().optional(),
  masks: z.array(MaskBody).readonly().optional(),
  removed: z
    .array(RemovedBody)
    .readonly()
    .optional()
    .describe("Lines and masks of the configuration that were taken out on the page"),
  masking: MaskingBody.optional().describe(
    "Whether its masks are where they are to be; no picture is taken until they are",
  ),
  occupied: z.array(z.string()).readonly(),
  faults: z
    .array(z.object({ fault: z.enum(CAMERA_FAULTS), since: z.string() }))
    .readonly()
    .describe("What makes it blind; at most one, the gravest"),
  recording: z
    .object({
      state: z.enum(["off", "idle", "waiting", "recording", "blind", "paused"]),
      reason: z.string(),
    })
    .optional(),
});

/** `GET /cameras`, each camera's present picture, and that it is the right one. */
export const cameraRoutes: Routes = (app, { village, cameraHealth, clock }) => {
  const snapshot = createSnapshots(village, clock);

  app.route({
    method: "GET",
    url: "/cameras",
    config: { needs: "look" },
    schema: { summary: "All cameras and how they are", response: { 200: z.array(CameraBody).readonly() } },
    handler: async () => village.state().cameras,
  });

  app.route({
    method: "GET",
    url: "/cameras/:id/snapshot.jpg",
    config: { needs: "look" },
    schema: { summary: "The present picture as JPEG", params: CameraId },
    handler: async (request, reply) => {
      const picture = await snapshot(request.params.id);
      return reply.header("cache-control", "no-store").type("image/jpeg").send(picture);
    },
  });

  app.route({
    method: "POST",
    url: "/cameras/:id/reference",
    config: { needs: "set-up" },
    schema: {
      summary: "It looks where it should: what it shows now becomes its reference picture",
      params: CameraId,
      response: { 204: z.null() },
    },
    handler: async (request, reply) => {
      await cameraHealth.setReference(request.params.id, identityOf(request).by);
      return reply.code(204).send(null);
    },
  });
};
