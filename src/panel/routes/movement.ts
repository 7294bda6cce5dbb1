import { z } from "zod";
import type { Point } from "../../core/geometry.ts";
import type { FoundSpan, MovementQuery } from "../../core/movement.ts";
import { cellsOf } from "../../core/movement-cells.ts";
import { isoTime } from "../../core/time.ts";
import type { Routes } from "../context.ts";
import { refusal } from "../problems.ts";
import { createSearchAudit } from "../search-audit.ts";
import { CameraId } from "./cameras.ts";
import { Reason } from "./recordings.ts";

const DAY_MS = 86_400_000;
/** The timeline is kept for 30 days; a month in one search, a page at a time. */
const LONGEST_SEARCH_MS = 31 * DAY_MS;
/** Playing begins a little before, so that one sees it come. */
const LEAD_MS = 3_000;

const Time = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

/** `x1,y1,x2,y2,…` in fractions of the picture. */
function points(least: number, most: number) {
  return z
    .string()
    .max(1_500)
    .transform((text, context): readonly Point[] => {
      const numbers = text
        .split(",")
        .map((part) => (/^\d{1,3}(\.\d{1,20})?$/.test(part) ? Number(part) : -1));
      const isGood =
        numbers.length % 2 === 0 &&
        numbers.length >= least * 2 &&
        numbers.length <= most * 2 &&
        numbers.every((number) => number >= 0 && number <= 1);
      if (!isGood) {
        const message = `${least} to ${most} points as x1,y1,x2,y2,… in fractions of the picture, 0 to 1`;
        context.addIssue({ code: "custom", message });
        return z.NEVER;
      }
      return numbers.flatMap((x, i) => (i % 2 === 0 ? [[x, numbers[i + 1] ?? 0] as const] : []));
    });
}

const Query = z.object({
  reason: Reason.describe("Why, for the audit; the same as for playing what is found"),
  from: Time.optional().describe("Default: a day before `to`; at most 31 days before it"),
  to: Time.optional().describe("Default: now"),
  zone: z.string().min(1).max(63).optional().describe("Movement in this zone"),
  line: points(2, 16).optional().describe("Movement on both sides of a place of this line: x1,y1,x2,y2,…"),
  area: points(3, 64).optional().describe("Movement in this polygon: x1,y1,x2,y2,x3,y3,…"),
  order: z.enum(["oldest", "newest"]).default("oldest"),
  limit: z.coerce.number().int().min(1).max(1_000).default(200),
  after: z.string().max(40).optional().describe("`next` of the answer before"),
});

const Position = z.array(z.number()).readonly();

const Span = z.object({
  from: z.string(),
  to: z.string(),
  jumpTo: z.string().describe("Where to begin playing"),
  clock: z.enum(["synced", "unsynced"]),
  zones: z.array(z.string()).readonly(),
  cells: z
    .string()
    .describe("Where: 16 columns, 9 rows, a bit each, row by row, low bit first; 18 bytes in hex"),
  path: z.object({ from: Position, to: Position }).optional(),
  towards: z.enum(["left", "right"]).optional().describe("The side of `line` on which it ended, if known"),
});

/**
 * `GET /cameras/<id>/movement`: when something moved there. No pictures, but where people were: each search is in the
 * audit with its reason, once for who goes on with it.
 */
export const movementRoutes: Routes = (app, context) => {
  const { village, movement, clock } = context;
  const noteSearch = createSearchAudit(context);

  app.route({
    method: "GET",
    url: "/cameras/:id/movement",
    config: { needs: "replay" },
    schema: {
      summary: "When something moved before a camera: in a zone, over a line, in an area",
      params: CameraId,
      querystring: Query,
      response: { 200: z.object({ spans: z.array(Span).readonly(), next: z.string().optional() }) },
    },
    handler: async (request) => {
      const { id } = request.params;
      const camera = village.state().cameras.find((one) => one.id === id);
      if (!camera) throw refusal("camera.unknown", "There is no such camera");
      const { zone, line, area, order, limit, after, reason } = request.query;
      const nowMs = clock.now().wallMs;
      const { to: toMs = nowMs } = request.query;
      const { from: fromMs = toMs - DAY_MS } = request.query;
      if (fromMs > toMs) throw refusal("request.invalid", "`from` is later than `to`");
      if (toMs - fromMs > LONGEST_SEARCH_MS) throw refusal("movement.too_long", "At most 31 days at once");
      if (zone !== undefined && !camera.zones.some((one) => one.id === zone)) {
        throw refusal("zone.unknown", `Camera ${id} has no zone ${zone}`);
      }
      const query: MovementQuery = {
        camera: id,
        fromMs,
        toMs,
        zone,
        line,
        cells: area && cellsOf(area),
        order,
        limit,
        after,
      };
      const found = await movement.find(query);
      // A clock that was set back left movement that seems to lie ahead: that can be found.
      if (found.spans.length === 0 && fromMs > nowMs) {
        throw refusal("movement.future", "This time has not come yet");
      }
      noteSearch(request, {
        what: "movement",
        subject: id,
        reason,
        fromMs,
        toMs,
        where: { camera: id, zone, line, area },
      });
      return { ...found, spans: found.spans.map(spanBody) };
    },
  });
};

function spanBody({ fromMs, toMs, cells, clock, zones, path, towards }: FoundSpan) {
  return {
    from: isoTime(fromMs),
    to: isoTime(toMs),
    jumpTo: isoTime(fromMs - LEAD_MS),
    clock,
    zones,
    cells: Buffer.from(cells).toString("hex"),
    path,
    towards,
  };
}
