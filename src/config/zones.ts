import { z } from "zod";
import { USUAL_MARGIN, waterlineFault } from "../core/dangerous-part.ts";
import { type OutlineFault, outlineFault } from "../core/outline.ts";
import type { WaterlineFault } from "../core/shore.ts";
import { decimal, id, name } from "./fields.ts";

/** Corners count from 1, as a person does. */
const OUTLINE_WORDS: Readonly<
  Record<Exclude<OutlineFault["kind"], "outside">, (fault: OutlineFault) => string>
> = {
  corners: () => "at least three corners",
  crosses: ({ at: [first = 0, second = 0] }) =>
    `an outline that does not cross itself (the sides that begin at corners ${first + 1} and ${second + 1} meet)`,
  empty: () => "an outline that encloses something: at least a two-thousandth of the picture",
};

/** Lines count from 1, too. */
const WATERLINE_WORDS: Readonly<Record<WaterlineFault["kind"], (lines: string) => string>> = {
  levels: () => "at least two lines, of different levels",
  "same-level": (lines) => `a level for each line (lines ${lines} have the same)`,
  short: () => "a line that leads somewhere: at least two points, a twentieth of the picture apart",
  outside: () => "points inside the picture",
  crosses: () => "a line that does not cross itself or turn back",
  turns: (lines) =>
    `lines that go along the bank in one direction (lines ${lines}); a bank around a corner needs a zone for each side`,
  apart: () => "lines along the same stretch of the bank",
  "no-rise": () => "lines that differ: they say how far the water comes up the bank",
  order: (lines) => `the line of the higher level farther up the bank everywhere (lines ${lines} cross)`,
  "nothing-left": () =>
    "an outline of the zone that reaches down to the water: of this one nothing is left at this level",
  pieces: () =>
    "an outline of the zone that reaches down to the water: at this level this one falls into pieces",
};

const fraction = decimal(0, 1);

export const polygon = z
  .array(z.tuple([fraction, fraction], "a corner as [x, y]"), "a list of corners")
  .max(64, "at most 64 corners")
  .superRefine((corners, context) => {
    const fault = outlineFault(corners);
    // Of what lies outside, its own number tells.
    if (fault && fault.kind !== "outside")
      context.addIssue({ code: "custom", message: OUTLINE_WORDS[fault.kind](fault) });
  });

export const mask = z.strictObject({ id, name, polygon });

/** Where the water's edge is at measured levels; between them the zone follows the sensor. */
const waterline = z.strictObject({
  sensor: id,
  margin: decimal(0, 1).default(USUAL_MARGIN),
  lines: z
    .array(
      z.strictObject({
        /** In the sensor's unit. */
        level: decimal(-100_000, 100_000),
        line: z
          .array(z.tuple([fraction, fraction], "a point as [x, y]"), "a list of points")
          .min(2, "at least two points")
          .max(16, "at most 16 points"),
      }),
      "a list of lines, each {level, line}",
    )
    .min(2, WATERLINE_WORDS.levels(""))
    .max(8, "at most 8 lines"),
});

export const zone = z
  .strictObject({ id, name, polygon, waterline: waterline.optional() })
  .superRefine((drawn, context) => {
    // Of what is no outline, its own message tells.
    if (!drawn.waterline || outlineFault(drawn.polygon)) return;
    const fault = waterlineFault(drawn.polygon, drawn.waterline);
    if (!fault) return;
    const { kind, at } = fault;
    const lines = at.map((index) => index + 1).join(" and ");
    context.addIssue({
      code: "custom",
      message: WATERLINE_WORDS[kind](lines),
      path: ["waterline", "lines", ...(at.length === 1 ? at : [])],
    });
  });
