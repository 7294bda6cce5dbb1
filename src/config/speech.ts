import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { z } from "zod";
import type { VoiceProgram } from "../core/devices.ts";
import { errorCode } from "../core/errors.ts";
import { decimal, text, whole, words } from "./fields.ts";
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

const programExpected = "a program from / and its arguments, one of them with {file}, none with a zero byte";

/** What words are made of that nobody recorded: espeak-ng, or a program that a technician brought. */
const engine = z
  .union(
    [
      z.literal("espeak-ng"),
      z.strictObject({
        program: z
          .array(z.string(programExpected).max(1000, programExpected), programExpected)
          .min(1, programExpected)
          .max(40, programExpected)
          .refine(
            ([path = "", ...words]) =>
              path.startsWith("/") &&
              words.filter((word) => word.includes("{file}")).length === 1 &&
              ![path, ...words].some((word) => word.includes("\0")),
            programExpected,
          ),
        /** Then espeak-ng speaks this time. */
        patienceSeconds: decimal(0.2, 30).default(3),
      }),
    ],
    { error: "espeak-ng, or {program: [<path>, <argument>, …], patienceSeconds}" },
  )
  .transform((setting): VoiceProgram | undefined =>
    setting === "espeak-ng"
      ? undefined
      : { command: setting.program, patienceMs: setting.patienceSeconds * 1000 },
  );

export const speech = z
  .strictObject({ pronunciations: pronunciations.default({}), engine: engine.prefault("espeak-ng") })
  .transform(({ engine: program, ...rest }) => ({ ...rest, ...(program && { program }) }));

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

/**
 * What is wrong with the site's own voice as far as its files show, with what to do; undefined when all are there. Whether it
 * speaks takes seconds to see: the doctor does that.
 */
export async function voiceProgramFault({ command }: VoiceProgram): Promise<string | undefined> {
  const [path = "", ...words] = command;
  const fault = await access(path, constants.X_OK).catch(errorCode);
  if (fault === "ENOENT" || fault === "ENOTDIR") {
    return `${path}: 没有这个语音程序; there is no such program: install it, or correct speech.engine [speech.program_missing]`;
  }
  if (fault !== undefined) {
    return `${path}: 语音程序不能运行; it may not be run by this user (${fault}) [speech.program_missing]`;
  }
  // Models and dictionaries stand there as `/path` or `--model=/path`, some with a comma between several.
  const files = words
    .filter((word) => !word.includes("{file}") && !word.includes("{text}"))
    .flatMap((word) => /(?:^|=)(\/.+)$/.exec(word)?.[1]?.split(",") ?? []);
  for (const file of files) {
    const missing = await access(file, constants.R_OK).catch(errorCode);
    if (missing !== undefined) {
      return `${file}: 语音程序要用的文件不在或读不出来; the voice program's file cannot be read (${missing}) [speech.program_missing]`;
    }
  }
  return undefined;
}
