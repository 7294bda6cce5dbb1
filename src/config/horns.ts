import { z } from "zod";
import { PRIORITIES } from "../core/broadcast.ts";
import { type HornLimits, USUAL_LIMITS } from "../core/horn-limits.ts";
import type { Programme } from "../core/programme.ts";
import { MOST_CHARACTERS } from "../core/spoken-text.ts";
import { id, name, whole, words } from "./fields.ts";
import { repeat, speakerIds, volume } from "./rules.ts";
import { clockTime, days, season } from "./schedule.ts";

/** Horns that are named together. */
export const speakerGroup = z.strictObject({ id, name, speakers: speakerIds });

/** An emergency passes quiet hours whatever stands here; it names who and why. */
const held = PRIORITIES.filter((priority) => priority !== "emergency");
const usuallyHeld = ["township", "local", "schedule", "drill"] as const;

const quietHours = z
  .strictObject({
    from: clockTime,
    to: clockTime,
    holds: z
      .array(z.enum(held, `one of ${held.join(", ")}`))
      .min(1, "at least one class")
      .default([...usuallyHeld]),
    on: speakerIds.optional(),
  })
  .transform(({ from, to, holds, on }) => ({
    fromMinute: from,
    toMinute: to,
    classes: holds,
    ...(on && { speakers: on }),
  }));

const volumeCap = z
  .strictObject({
    from: clockTime,
    to: clockTime,
    /** 0: silent then, as in quiet hours. */
    volume: whole(0, 100),
    holds: z
      .array(z.enum(PRIORITIES, `one of ${PRIORITIES.join(", ")}`))
      .min(1, "at least one class")
      .default([...usuallyHeld]),
    on: speakerIds.optional(),
  })
  .transform(({ from, to, holds, on, volume: most }) => ({
    fromMinute: from,
    toMinute: to,
    classes: holds,
    ...(on && { speakers: on }),
    volume: most,
  }));

/** What the horns never do, whoever orders it. */
export const broadcasts = z
  .strictObject({
    quietHours: z.array(quietHours).max(16, "at most 16 windows").optional(),
    loudest: z.array(volumeCap).max(16, "at most 16 windows").default([]),
    longestSeconds: whole(5, 3600).default(USUAL_LIMITS.longestSeconds),
    mostRepeats: repeat.default(USUAL_LIMITS.mostRepeats),
    mostPerMinute: whole(1, 600).default(USUAL_LIMITS.mostPerMinute),
    sameWordsSeconds: whole(0, 600).default(USUAL_LIMITS.sameWordsSeconds),
    twoKeySeconds: whole(1, 3600).default(USUAL_LIMITS.twoKeySeconds),
    killSwitch: id.optional(),
  })
  .transform(
    ({ quietHours: quiet = USUAL_LIMITS.quietHours, killSwitch, ...rest }): HornLimits => ({
      ...rest,
      quietHours: quiet,
      ...(killSwitch !== undefined && { killSwitch }),
    }),
  );

const startTime = clockTime.refine((minute) => minute < 1440, 'a time of day like "07:30"');

const programmeFields = {
  id,
  name,
  days,
  times: z.array(startTime, "a list of times").min(1, "at least one time").max(24, "at most 24 times"),
  season: season.optional(),
  on: speakerIds,
  repeat: repeat.default(1),
  volume: volume.default(60),
  whenPreempted: z.enum(["resume", "drop"], "resume or drop").default("resume"),
  latestMinutes: whole(1, 120).default(10),
};

/** What the horns say by the calendar. */
export const programme = z
  .strictObject({
    ...programmeFields,
    say: words(MOST_CHARACTERS, "words to say").optional(),
    clip: words(128, "the id of a clip").optional(),
  })
  .refine(({ say, clip }) => (say === undefined) !== (clip === undefined), "either say or clip")
  .transform(({ say, clip, times, on, ...rest }): Programme => {
    const content =
      say === undefined ? { kind: "clip" as const, clip: clip ?? "" } : { kind: "text" as const, text: say };
    return { ...rest, minutes: [...new Set(times)].sort((a, b) => a - b), speakers: on, content };
  });
