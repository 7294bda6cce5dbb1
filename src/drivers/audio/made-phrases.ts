import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { errorCode, errorMessage } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import { phraseKey } from "../../core/phrases.ts";
import type { RecordedWords } from "./speech.ts";
import { wavDurationMs } from "./wav-file.ts";

/** Beside the files in hw/sounds; hw/sounds/make.ts writes it. */
export const PHRASE_INDEX = "phrases.json";

/** One of the warnings that come with the program. */
export interface ListedPhrase {
  /** By which a configuration names it: its file's name without the ending. */
  readonly id: string;
  readonly text: string;
  readonly path: string;
}

/** What is listed in a folder of made phrases. Rejects where the list is missing or damaged. */
export async function readPhrases(folder: string): Promise<readonly ListedPhrase[]> {
  const listed = JSON.parse(await readFile(join(folder, PHRASE_INDEX), "utf8")) as {
    readonly phrases: readonly { readonly text: string; readonly file: string }[];
  };
  return listed.phrases.map(({ text, file }) => ({
    id: basename(file, ".wav"),
    text,
    path: join(folder, file),
  }));
}

/**
 * The warnings that come with the program as sound, so that the words which save lives wait for no speech engine, not at
 * the first start and not where it is missing. A damaged folder is logged once and leaves everything to the engine.
 */
export function createMadePhrases(folder: string, log: Logger): RecordedWords {
  let index: Promise<ReadonlyMap<string, string>> | undefined;

  async function load(): Promise<ReadonlyMap<string, string>> {
    try {
      return new Map((await readPhrases(folder)).map(({ text, path }) => [phraseKey(text), path]));
    } catch (error) {
      log.error({ code: errorCode(error), error: errorMessage(error) }, "the made phrases cannot be used");
      return new Map();
    }
  }

  return async (text) => {
    index ??= load();
    const path = (await index).get(phraseKey(text));
    const durationMs = path && (await wavDurationMs(path));
    return path && durationMs ? { path, durationMs } : undefined;
  };
}
