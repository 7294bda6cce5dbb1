import { z } from "zod";
import type { Routes } from "../context.ts";
import { identityOf } from "../identity.ts";
import { CameraId } from "./cameras.ts";
import { ZoneBody, ZoneDrawingBody } from "./zone-bodies.ts";

const ZoneId = CameraId.extend({ zone: z.string().min(1).max(128) });

/** `GET /cameras/<id>/zones`, `PUT /cameras/<id>/zones/<zone>`, `DELETE …/drawing`: zones as they are, drawn, put back. */
export const zoneRoutes: Routes = (app, { zones }) => {
  app.route({
    method: "GET",
    url: "/cameras/:id/zones",
    config: { needs: "look" },
    schema: {
      summary: "The zones of a camera as they are now",
      params: CameraId,
      response: { 200: z.array(ZoneBody).readonly() },
    },
    handler: async (request) => zones.zonesOf(request.params.id),
  });

  app.route({
    method: "PUT",
    url: "/cameras/:id/zones/:zone",
    config: { needs: "set-up" },
    schema: {
      summary: "Draw a zone: holds at once, instead of what the configuration says",
      params: ZoneId,
      body: ZoneDrawingBody,
      response: { 200: ZoneBody },
    },
    handler: async (request) => {
      const { id, zone } = request.params;
      const { over, ...drawing } = request.body;
      return zones.draw(id, zone, drawing, identityOf(request).by, over);
    },
  });

  app.route({
    method: "DELETE",
    url: "/cameras/:id/zones/:zone/drawing",
    config: { needs: "set-up" },
    schema: {
      summary: "Put back what the configuration says of a zone",
      params: ZoneId,
      response: { 200: ZoneBody },
    },
    handler: async (request) => {
      const { id, zone } = request.params;
      return zones.restore(id, zone, identityOf(request).by);
    },
  });
};
