import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { errorCode, errorMessage } from "../../core/errors.ts";
import type { PanelContext, Routes } from "../context.ts";
import { refusal } from "../problems.ts";
import { identityOf } from "../sessions.ts";
import { CameraId } from "./cameras.ts";

const PresetName = z
  .string()
  .trim()
  .min(1)
  .max(32)
  .refine((text) => !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(text), "control characters");
const PresetId = z.string().min(1).max(64);
const Preset = z.object({ id: z.string(), name: z.string() });
const Speed = z.number().min(-1).max(1).default(0);
const Move = z.object({
  pan: Speed.describe("-1 (left) to 1 (right)"),
  tilt: Speed.describe("-1 (down) to 1 (up)"),
  zoom: Speed.describe("-1 (out) to 1 (in)"),
  durationMs: z.number().int().min(100).max(5000).default(500),
});

/** Where a camera looks: presets, movement. */
export const cameraControlRoutes: Routes = (app, context) => {
  const { controls, village } = context;

  function checkCamera(id: string): string {
    if (!village.state().cameras.some((camera) => camera.id === id)) {
      throw refusal("camera.unknown", "There is no such camera");
    }
    return id;
  }

  app.route({
    method: "GET",
    url: "/cameras/:id/presets",
    config: { needs: "look" },
    schema: {
      summary: "Directions that the camera remembers",
      params: CameraId,
      response: { 200: z.array(Preset) },
    },
    handler: (request) => controls.of(checkCamera(request.params.id)).presets(),
  });

  app.route({
    method: "POST",
    url: "/cameras/:id/presets",
    config: { needs: "set-up" },
    schema: {
      summary: "Remember where the camera looks now",
      params: CameraId,
      body: z.object({ name: PresetName }),
      response: { 201: Preset },
    },
    handler: async (request, reply) => {
      const camera = checkCamera(request.params.id);
      const { name } = request.body;
      const id = await controls.of(camera).savePreset(name);
      await record(context, request, "org.cunshao.camera.preset_saved", camera, { preset: id, name });
      return reply.code(201).send({ id, name });
    },
  });

  app.route({
    method: "DELETE",
    url: "/cameras/:id/presets/:preset",
    config: { needs: "set-up" },
    schema: {
      summary: "Forget a direction",
      params: CameraId.extend({ preset: PresetId }),
      response: { 204: z.null() },
    },
    handler: async (request, reply) => {
      const camera = checkCamera(request.params.id);
      const { preset } = request.params;
      await controls.of(camera).removePreset(preset);
      await record(context, request, "org.cunshao.camera.preset_removed", camera, { preset });
      return reply.code(204).send(null);
    },
  });

  app.route({
    method: "POST",
    url: "/cameras/:id/goto",
    config: { needs: "move" },
    schema: {
      summary: "Look in a remembered direction",
      params: CameraId,
      body: z.object({ preset: PresetId.describe("Id or name of a preset") }),
      response: { 204: z.null() },
    },
    handler: async (request, reply) => {
      const camera = checkCamera(request.params.id);
      const { preset } = request.body;
      await controls.goTo(camera, preset);
      await record(context, request, "org.cunshao.camera.turned", camera, { preset });
      return reply.code(204).send(null);
    },
  });

  app.route({
    method: "POST",
    url: "/cameras/:id/move",
    config: { needs: "move" },
    schema: {
      summary: "Move for a moment; the camera stops by itself",
      params: CameraId,
      body: Move,
      response: { 204: z.null() },
    },
    handler: async (request, reply) => {
      const camera = checkCamera(request.params.id);
      const { durationMs, ...movement } = request.body;
      await controls.of(camera).move(movement, durationMs);
      return reply.code(204).send(null);
    },
  });

  app.route({
    method: "POST",
    url: "/cameras/:id/stop",
    config: { needs: "move" },
    schema: { summary: "Stop moving", params: CameraId, response: { 204: z.null() } },
    handler: async (request, reply) => {
      await controls.of(checkCamera(request.params.id)).stopMoving();
      return reply.code(204).send(null);
    },
  });
};

/** Who turned a camera away stands in the ledger; a camera that has turned stays turned when that fails. */
async function record(
  { ledger, log }: PanelContext,
  request: FastifyRequest,
  type: string,
  camera: string,
  data: Record<string, unknown>,
): Promise<void> {
  const { by } = identityOf(request);
  try {
    await ledger.append({ type, class: "audit", subject: camera, data: { camera, by, ...data } });
  } catch (error) {
    log.error({ code: errorCode(error), error: errorMessage(error), type }, "No audit entry");
  }
}
