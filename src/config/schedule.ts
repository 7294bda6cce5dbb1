import { z } from "zod";
import type { Schedule } from "../core/site.ts";
import { text } from "./fields.ts";

export const clockTime = text(
  /^([01]\d|2[0-3]):[0-5]\d$|^24:00$/,
  'a time of day like "07:30", up to "24:00"',
).transform((time) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3)));

export const weekdayNames = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

const fields = {
  days: z
    .union([z.literal("all"), z.array(z.enum(weekdayNames)).min(1)], {
      error: `all, or a list of ${weekdayNames.join(", ")}`,
    })
    .default("all"),
  from: clockTime.default(0),
  to: clockTime.default(1440),
};

function weekdaysOf(days: z.output<typeof fields.days>): readonly number[] {
  return weekdayNames.flatMap((day, index) => (days === "all" || days.includes(day) ? [index + 1] : []));
}

function windowOf({ days, from, to }: z.output<z.ZodObject<typeof fields>>): Schedule {
  return {
    days: weekdaysOf(days),
    fromMinute: from,
    toMinute: to,
  };
}

export const schedule = z.strictObject(fields).transform(windowOf);

const dateExpected = 'a day of the year like "07-01"';
/** The longest that a month gets. */
const MONTH_DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const date = text(/^\d\d-\d\d$/, dateExpected)
  .refine((written) => {
    const day = Number(written.slice(3));
    return day >= 1 && day <= (MONTH_DAYS[Number(written.slice(0, 2)) - 1] ?? 0);
  }, dateExpected)
  .transform((written) => Number(written.slice(0, 2)) * 100 + Number(written.slice(3)));

export const season = z.strictObject({ from: date, to: date });

/** ISO weekdays, 1 (Monday) to 7. */
export const days = fields.days.transform((given) => weekdaysOf(given));

const seasonal = z
  .strictObject({ ...fields, season: season.optional() })
  .refine(({ from, to }) => from < 1440 || to > 0, {
    message: "an end after the beginning: from 24:00 to 00:00 is never",
    path: ["to"],
  })
  .transform(({ season: when, ...rest }): Schedule => ({ ...windowOf(rest), ...(when && { season: when }) }));

/** When a rule acts, or somebody is on duty: in a window, or in any of several, each with its season. */
export const windows = z
  .union([seasonal, z.array(seasonal).min(1, "at least one window").max(16, "at most 16 windows")], {
    error: "{days, from, to, season: {from, to}}, or a list of these",
  })
  .transform((given): Schedule => {
    const [first, ...also] = Array.isArray(given) ? given : [given];
    // A list has at least one.
    return { ...(first ?? windowOf({ days: "all", from: 0, to: 1440 })), ...(also.length > 0 && { also }) };
  });

/** Hours of the day. */
export const hours = z
  .strictObject({ from: clockTime, to: clockTime })
  .transform(({ from, to }) => ({ fromMinute: from, toMinute: to }));
