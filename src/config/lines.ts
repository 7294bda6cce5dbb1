import { z } from "zod";
import { lineCrossesItself, piecesOf } from "../core/geometry.ts";
import { decimal, id, name } from "./fields.ts";

/** A twentieth of the picture's width or height: shorter ones are drawn by mistake. */
const LEAST_LENGTH = 0.05;
const fraction = decimal(0, 1);

const points = z
  .array(z.tuple([fraction, fraction], "a point as [x, y]"), "a list of points")
  .min(2, "at least two points")
  .max(16, "at most 16 points")
  .refine((line) => !lineCrossesItself(line), "a line that does not cross itself or turn back")
  .refine(
    (line) =>
      line.length < 2 ||
      piecesOf(line).reduce((sum, [[ax, ay], [bx, by]]) => sum + Math.hypot(bx - ax, by - ay), 0) >=
        LEAST_LENGTH,
    "a line that leads somewhere",
  );

/** A line across a road; `in` says which side of it, walking from its first point to its last, is the village. */
export const line = z
  .strictObject({
    id,
    name,
    points,
    in: z.enum(["left", "right"], "left or right"),
  })
  .transform(({ in: inside, ...rest }) => ({ ...rest, inside }));
