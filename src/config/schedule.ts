import { z } from "zod";
import type { Schedule } from "../core/site.ts";
import { text } from "./fields.ts";

const clockTime = text(
  /^([01]\d|2[0-3]):[0-5]\d$|^24:00$/,
  'a time of day like "07:30", up to "24:00"',
).transform((time) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3)));

const weekdayNames = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

export const schedule = z
  .strictObject({
    days: z
      .union([z.literal("all"), z.array(z.enum(weekdayNames)).min(1)], {
        error: `all, or a list of ${weekdayNames.join(", ")}`,
      })
      .default("all"),
    from: clockTime.default(0),
    to: clockTime.default(1440),
  })
  .transform(
    ({ days, from, to }): Schedule => ({
      days: weekdayNames.flatMap((day, index) => (days === "all" || days.includes(day) ? [index + 1] : [])),
      fromMinute: from,
      toMinute: to,
    }),
  );
