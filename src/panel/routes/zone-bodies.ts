import { z } from "zod";
import { USUAL_MARGIN } from "../../core/dangerous-part.ts";

/** Fractions of the picture. Numbers beyond it get the reason that the page has words for, not one of the format. */
export const Point = z.tuple([z.number(), z.number()]).readonly();
export const Outline = z.array(Point).max(64).readonly();

const WaterlineBody = z.object({
  sensor: z.string().min(1).max(128),
  margin: z
    .number()
    .min(0)
    .max(1)
    .describe("How far up the bank it is dangerous, in fractions of the picture"),
  lines: z
    .array(z.object({ level: z.number(), line: z.array(Point).max(16).readonly() }))
    .max(8)
    .readonly(),
});

export const ZoneBody = z.object({
  id: z.string(),
  name: z.string(),
  polygon: Outline.describe("What is dangerous now"),
  whole: Outline.optional().describe("All that may ever be; absent where that is the same"),
  waterline: WaterlineBody.optional(),
  water: z
    .object({
      state: z.enum(["waiting", "following", "lost", "uncalibrated"]),
      fault: z.enum(["waterline.sensor_lost", "waterline.sensor_invalid"]).optional(),
      level: z.number().optional(),
      line: z.array(Point).readonly().optional().describe("The water's edge on the picture"),
    })
    .optional(),
  drawn: z
    .object({ by: z.string(), at: z.string() })
    .optional()
    .describe("Who drew it on the page; absent while it is as configured"),
});

export const ZoneOutlineBody = z.strictObject({
  polygon: Outline,
  waterline: z
    .strictObject({
      ...WaterlineBody.shape,
      margin: WaterlineBody.shape.margin.default(USUAL_MARGIN),
      lines: z
        .array(
          z.strictObject({
            level: z.number().min(-100_000).max(100_000).describe("In the sensor's unit"),
            line: z.array(Point).max(16).readonly(),
          }),
        )
        .max(8)
        .readonly()
        .describe("One alone is kept, and does nothing until there are two"),
    })
    .optional(),
});

export const ZoneDrawingBody = ZoneOutlineBody.extend({
  over: z
    .string()
    .max(40)
    .nullable()
    .optional()
    .describe(
      "`drawn.at` of what it was drawn over, null where that was as configured: refused (409 `zone.changed`) where " +
        "something else holds by now. Without it, it replaces whatever holds",
    ),
});
