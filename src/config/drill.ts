import { z } from "zod";
import type { DrillPlan } from "../core/drill.ts";
import { whole, words } from "./fields.ts";
import { clockTime, weekdayNames } from "./schedule.ts";

/** Quiet, and such that nobody who hears it takes it for a warning. */
const USUAL = { text: "这是喇叭试音，请不要惊慌", volume: 30 };

/**
 * The weekly test of all horns. Without a day there is none: no village is to hear what nobody there has decided on; a person can
 * hold one at any time.
 */
export const drill = z
  .strictObject({
    day: z.enum(weekdayNames, `one of ${weekdayNames.join(", ")}`).optional(),
    at: clockTime.refine((minute) => minute < 1440, "a time of day before 24:00").optional(),
    volume: whole(1, 60).default(USUAL.volume),
    text: words(100, "what is said").default(USUAL.text),
  })
  .refine(({ day, at }) => (day === undefined) === (at === undefined), "day and at, or neither")
  .transform(({ day, at, volume, text }): DrillPlan => {
    const weekly =
      day !== undefined && at !== undefined
        ? { weekday: weekdayNames.indexOf(day) + 1, minute: at }
        : undefined;
    return { text, volume, ...(weekly && { weekly }) };
  });
