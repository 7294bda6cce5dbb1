import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { z } from "zod";
import { SOURCE_KINDS } from "../../core/broadcast.ts";
import { errorCode } from "../../core/errors.ts";
import {
  LARGEST_MAP_FILE_BYTES,
  LONGEST_MAP_SIDE,
  MAP_GROUNDS,
  MAP_KINDS,
  type MapDesk,
  MOST_MAP_PIXELS,
  MOST_PLACES,
} from "../../core/village-map.ts";
import type { PanelApp, Routes } from "../context.ts";
import { answerFile } from "../file-answer.ts";
import { fileIn, takeFiles } from "../file-bodies.ts";
import { identityOf } from "../identity.ts";
import { refusal } from "../problems.ts";

const Share = z.number().min(0).max(1);
const By = z.object({ kind: z.enum(SOURCE_KINDS), name: z.string() });
const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const Place = z.strictObject({
  kind: z.enum(MAP_KINDS),
  id: z.string().min(1).max(64),
  x: Share.describe("From the left, in widths of the ground"),
  y: Share.describe("From the top, in heights of the ground"),
  headingDegrees: z
    .number()
    .min(0)
    .lt(360)
    .optional()
    .describe("Of a camera: where it looks, clockwise from the top"),
  reach: z
    .number()
    .gt(0)
    .max(1)
    .optional()
    .describe("Of a speaker: how far it is heard, in widths of the ground"),
});

const Picture = z.object({
  sha256: Sha256.describe("`GET …/pictures/<sha256>`"),
  width: z.number(),
  height: z.number(),
  sizeBytes: z.number(),
  by: By,
  at: z.string(),
});

const View = z.object({
  ground: z
    .enum(MAP_GROUNDS)
    .optional()
    .describe(
      "What x and y are fractions of: the picture, or, of tiles, the square of Web Mercator (EPSG:3857), where x is " +
        "(longitude + 180) / 360. Absent: nothing can be placed yet",
    ),
  picture: Picture.optional(),
  former: Picture.optional().describe("The picture before this one; it can be put back"),
  tiles: z
    .object({
      fromZoom: z.number(),
      toZoom: z.number(),
      left: z.number(),
      top: z.number(),
      right: z.number(),
      bottom: z.number(),
    })
    .optional()
    .describe("Which tiles there are"),
  places: z.array(Place).readonly(),
  placed: z.object({ by: By, at: z.string() }).optional(),
});

const PictureId = z.object({ sha256: Sha256 });
const index = z.coerce.number().int().min(0);
const TileId = z.object({ zoom: index.max(22), x: index, y: index });

/** `GET <root>`, `PUT <root>/places`, pictures and tiles: a map, and what stands on it. */
export function addMapRoutes(app: PanelApp, map: MapDesk, root: string): void {
  app.route({
    method: "GET",
    url: root,
    config: { needs: "look" },
    schema: { summary: "The map, and what stands where on it", response: { 200: View } },
    handler: async (_request, reply) => {
      reply.header("cache-control", "no-store");
      return map.view();
    },
  });

  app.route({
    method: "PUT",
    url: `${root}/places`,
    config: { needs: "set-up" },
    schema: {
      summary: "Place things on the map: these, and no others; what is not among them waits to be placed",
      body: z.strictObject({
        places: z.array(Place).max(MOST_PLACES).readonly(),
        over: z
          .string()
          .max(40)
          .nullable()
          .describe(
            "`placed.at` of what was seen before, null where there was none: refused (409 `map.changed`) otherwise",
          ),
      }),
      response: { 200: View },
    },
    handler: async (request) => {
      const { places, over } = request.body;
      return map.place(places, over, identityOf(request).by);
    },
  });

  takeFiles(app, (uploads) => {
    uploads.route({
      method: "POST",
      url: `${root}/pictures`,
      config: { needs: "set-up" },
      schema: {
        summary:
          `Bring a picture of the map in: the body is a JPEG or PNG of at most ${LARGEST_MAP_FILE_BYTES / 1e6} MB and ` +
          `${MOST_MAP_PIXELS / 1e6} megapixels, kept as a JPEG of at most ${LONGEST_MAP_SIDE} pixels a side. Places stay as they are`,
        response: { 200: View },
      },
      handler: async (request) => map.bring(fileIn(request), identityOf(request).by),
    });
  });

  app.route({
    method: "POST",
    url: `${root}/pictures/:sha256/restoration`,
    config: { needs: "set-up" },
    schema: { summary: "Put the former picture back", params: PictureId, response: { 200: View } },
    handler: async (request) => map.putBack(request.params.sha256, identityOf(request).by),
  });

  app.route({
    method: "GET",
    url: `${root}/pictures/:sha256`,
    config: { needs: "look" },
    schema: { summary: "A picture of the map, a JPEG", params: PictureId },
    handler: async (request, reply) => {
      const { sha256 } = request.params;
      const { path, sizeBytes } = map.fileOf(sha256);
      if ((await sizeOf(path)) !== sizeBytes)
        throw refusal("map.no_picture", "the picture's file is not there");
      reply.header("cache-control", "private, no-cache");
      return answerFile(request, reply, {
        etag: sha256,
        mediaType: "image/jpeg",
        sizeBytes,
        read: (start, end) => createReadStream(path, { start, end }),
      });
    },
  });

  app.route({
    method: "GET",
    url: `${root}/tiles/:zoom/:x/:y`,
    config: { needs: "look" },
    schema: { summary: "A tile of the map, a PNG; 404 where there is none", params: TileId },
    handler: async (request, reply) => {
      const { zoom, x, y } = request.params;
      const path = map.tileOf(zoom, x, y);
      const sizeBytes = await sizeOf(path);
      if (sizeBytes === undefined) throw refusal("map.no_tile", "there is no such tile");
      reply.header("cache-control", "private, no-cache");
      return answerFile(request, reply, {
        etag: `${zoom}-${x}-${y}-${sizeBytes}`,
        mediaType: "image/png",
        sizeBytes,
        read: (start, end) => createReadStream(path, { start, end }),
      });
    },
  });
}

/** Undefined where there is no such file. */
async function sizeOf(path: string): Promise<number | undefined> {
  try {
    const found = await stat(path);
    return found.isFile() ? found.size : undefined;
  } catch (error) {
    if (errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR") return undefined;
    throw error;
  }
}

/** The map of a village. */
export const mapRoutes: Routes = (app, { map }) => addMapRoutes(app, map, "/map");
