import { z } from "zod";
import type { Routes } from "../context.ts";
import { createSnapshots } from "../snapshots.ts";

export const CameraId = z.object({ id: z.string().min(1).max(128) });

const Zone = z.object({
  id: z.string(),
  name: z.string(),
  polygon: z.array(z.array(z.number()).readonly()).readonly(),
});

const Line = z.object({
  id: z.string(),
  name: z.string(),
  points: Zone.shape.polygon,
  inside: z.enum(["left", "right"]),
});

const CameraBody = z.object({
  id: z.string(),
  name: z.string(),
  state: z.enum(["connecting", "running", "stalled", "lost", "refused"]),
  reason: z.string(),
  since: z.string(),
  zones: z.array(Zone).readonly(),
  lines: z.array(Line).readonly().optional(),
  occupied: z.array(z.string()).readonly(),
});

/** `GET /cameras` and each camera's present picture. */
export const cameraRoutes: Routes = (app, { village, clock }) => {
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
};
