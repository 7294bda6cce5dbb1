import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type {
  LineDrawing,
  LineView,
  MaskDrawing,
  MaskView,
  ShapeDesk,
  ShapeOrder,
} from "../../core/shapes.ts";
import type { PanelApp, Routes } from "../context.ts";
import { identityOf } from "../identity.ts";
import { CameraId } from "./cameras.ts";
import {
  LineBody,
  LineDrawingBody,
  MaskBody,
  MaskDrawingBody,
  Over,
  ShapeId,
  ShapeReason,
} from "./shape-bodies.ts";

const PathOf = CameraId.extend({ shape: ShapeId });
const Why = z.strictObject({ over: Over, reason: ShapeReason });

interface Shapes {
  /** As the address has it. */
  readonly path: "lines" | "masks";
  /** As the descriptions have it. */
  readonly word: string;
  readonly View: z.ZodType<LineView | MaskView>;
}

function orderOf(
  request: FastifyRequest,
  { id, shape }: z.infer<typeof PathOf>,
  { over, reason }: z.infer<typeof Why> = {},
): ShapeOrder {
  return { camera: id, id: shape, by: identityOf(request).by, over, reason };
}

/** What lines and masks have in common: they are told, taken out and put back. */
function addShapes(
  app: PanelApp,
  { path, word, View }: Shapes,
  desk: ShapeDesk<LineDrawing | MaskDrawing>,
): void {
  app.route({
    method: "GET",
    url: `/cameras/:id/${path}`,
    config: { needs: "look" },
    schema: {
      summary: `The ${path} of a camera as they are now`,
      params: CameraId,
      response: { 200: z.array(View) },
    },
    handler: async (request) => [...desk.of(request.params.id)] as (LineView | MaskView)[],
  });

  app.route({
    method: "DELETE",
    url: `/cameras/:id/${path}/:shape`,
    config: { needs: "set-up" },
    schema: {
      summary: `Take a ${word} out, at once`,
      params: PathOf,
      body: Why,
      response: { 204: z.null() },
    },
    handler: async (request, reply) => {
      await desk.remove(orderOf(request, request.params, request.body));
      return reply.code(204).send(null);
    },
  });

  app.route({
    method: "POST",
    url: `/cameras/:id/${path}/:shape/restoration`,
    config: { needs: "set-up" },
    schema: {
      summary: `Put back what the configuration says of a ${word}`,
      params: PathOf,
      body: Why,
      response: { 200: View },
    },
    handler: async (request) =>
      (await desk.restore(orderOf(request, request.params, request.body))) as LineView | MaskView,
  });
}

/** `/cameras/<id>/lines` and `/cameras/<id>/masks`: what is drawn on a camera's picture beside its zones. */
export const shapeRoutes: Routes = (app, { lines, masks }) => {
  addShapes(
    app,
    { path: "lines", word: "line", View: LineBody },
    lines as ShapeDesk<LineDrawing | MaskDrawing>,
  );
  addShapes(
    app,
    { path: "masks", word: "mask", View: MaskBody },
    masks as ShapeDesk<LineDrawing | MaskDrawing>,
  );

  app.route({
    method: "PUT",
    url: "/cameras/:id/lines/:shape",
    config: { needs: "set-up" },
    schema: {
      summary: "Draw a line, of the configuration or a new one: counts at once who goes over it",
      params: PathOf,
      body: LineDrawingBody.extend({ over: Over }),
      response: { 200: LineBody },
    },
    handler: async (request) => {
      const { over, ...drawing } = request.body;
      return lines.draw(orderOf(request, request.params, { over }), drawing);
    },
  });

  app.route({
    method: "PUT",
    url: "/cameras/:id/masks/:shape",
    config: { needs: "set-up" },
    schema: {
      summary:
        "Draw a mask, of the configuration or a new one: from now on no picture is taken in which it is not painted over. What " +
        "is recorded already stays as it is",
      params: PathOf,
      body: MaskDrawingBody.extend({ over: Over, reason: ShapeReason }),
      response: { 200: MaskBody },
    },
    handler: async (request) => {
      const { over, reason, ...drawing } = request.body;
      return masks.draw(orderOf(request, request.params, { over, reason }), drawing);
    },
  });
};
