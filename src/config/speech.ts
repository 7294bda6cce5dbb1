import { z } from "zod";
import { text, whole, words } from "./fields.ts";
import { size } from "./recording.ts";

const readExpected = "characters that sound so, or pinyin with tones like you1 xian4";

/** How names of places and characters with several readings are said: `洣水: 米水`, `攸县: you1 xian4`. */
const pronunciations = z
  .record(
    words(20, "a word"),
    z
      .string(readExpected)
      .regex(/^(?:[\p{sc=Han}〇]{1,40}|[a-zü]{1,6}[1-5](?: [a-zü]{1,6}[1-5]){0,39})$/u, readExpected),
  )
  .refine((map) => Object.keys(map).length <= 500, "at most 500 words");

export const speech = z.strictObject({ pronunciations: pronunciations.default({}) });

/**
 * Sound files on the box in place of words, e.g. of warnings in the dialect: by the id of a warning that comes with the program
 * (`water-leave-quickly`) or by the words themselves. Whether they can be played is seen by `check`.
 */
export const recordings = z
  .record(words(200, "words, or the id of a warning"), text(/^\/.+$/, "the path of a sound file, from /"))
  .refine((map) => Object.keys(map).length <= 100, "at most 100 recordings");

/** Recordings that people bring in for the horns. */
export const clips = z.strictObject({
  maxSeconds: whole(1, 1800).default(600),
  maxUploadBytes: size.default(100e6),
  maxBytes: size.default(500e6),
});
