import { z } from "zod";

/** ISO weekdays. */
export const Weekdays = z
  .array(z.number().int().min(1).max(7))
  .min(1)
  .max(7)
  .refine((days) => new Set(days).size === days.length, "a day is named twice")
  .readonly()
  .describe("1 (Monday) to 7");

/** The longest that a month gets. */
const MONTH_DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const Day = z
  .number()
  .int()
  .refine((date) => {
    const day = date % 100;
    return day >= 1 && day <= (MONTH_DAYS[Math.floor(date / 100) - 1] ?? 0);
  }, "no day of the year");

export const SeasonBody = z
  .strictObject({ from: Day, to: Day })
  .describe("Month times 100 plus day, both included; 701 is the first of July");
