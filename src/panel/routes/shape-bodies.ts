import { z } from "zod";
import { MOST_POINTS } from "../../core/line-fault.ts";
import { SHAPE_KINDS } from "../../core/shapes.ts";
import { Outline, Point } from "./zone-bodies.ts";

const Name = z.string().trim().min(1).max(60);
const Inside = z
  .enum(["left", "right"])
  .describe("The village's side, as seen by who walks along the line from its first point on");

/** As `config/` takes them. */
export const ShapeId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/)
  .describe("Of the configuration, or made up by who draws a new one");

export const LineDrawingBody = z.strictObject({
  name: Name,
  points: z.array(Point).max(MOST_POINTS).readonly(),
  inside: Inside,
});

export const MaskDrawingBody = z.strictObject({ name: Name, polygon: Outline });

/** What it was drawn over. */
export const Over = z
  .string()
  .max(40)
  .nullable()
  .optional()
  .describe(
    "`drawn.at` of what it was drawn over, null where that was as configured or not there: refused (409 `….changed`) where " +
      "something else holds by now. Without it, it replaces whatever holds",
  );

export const ShapeReason = z
  .string()
  .trim()
  .min(2)
  .max(200)
  .optional()
  .describe("Why; needed where something would be seen that is hidden now");

const stateOfShape = {
  drawn: z
    .object({ by: z.string(), at: z.string() })
    .optional()
    .describe("Who drew it on the page; absent while it is as configured"),
  added: z.literal(true).optional().describe("The configuration does not have it"),
};

export const LineBody = z.object({
  id: z.string(),
  name: z.string(),
  points: z.array(Point).readonly(),
  inside: Inside,
  ...stateOfShape,
});

export const MaskBody = z.object({ id: z.string(), name: z.string(), polygon: Outline, ...stateOfShape });

export const RemovedBody = z.object({
  kind: z.enum(SHAPE_KINDS),
  id: z.string(),
  name: z.string(),
  by: z.string(),
  at: z.string(),
});

export const MaskingBody = z.object({
  by: z.enum(["box", "camera"]),
  state: z.enum(["none", "painted", "waiting", "refused"]),
  reason: z.string().optional(),
});
