import { z } from "zod";
import { type LineFault, lineFault, MOST_POINTS } from "../core/line-fault.ts";
import { decimal, id, name } from "./fields.ts";

const WORDS: Readonly<Record<Exclude<LineFault, "outside">, string>> = {
  points: "at least two points",
  crosses: "a line that does not cross itself or turn back",
  short: "a line that leads somewhere",
};
const fraction = decimal(0, 1);

const points = z
  .array(z.tuple([fraction, fraction], "a point as [x, y]"), "a list of points")
  .max(MOST_POINTS, `at most ${MOST_POINTS} points`)
  .superRefine((line, context) => {
    const fault = lineFault(line);
    // Of what lies outside, its own number tells.
    if (fault && fault !== "outside") context.addIssue({ code: "custom", message: WORDS[fault] });
  });

/** A line across a road; `in` says which side of it, walking from its first point to its last, is the village. */
export const line = z
  .strictObject({
    id,
    name,
    points,
    in: z.enum(["left", "right"], "left or right"),
  })
  .transform(({ in: inside, ...rest }) => ({ ...rest, inside }));
