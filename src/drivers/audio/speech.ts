import { createHash } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Sound, Speech } from "../../core/devices.ts";
import { errorCode, GatewayError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { Clock } from "../../core/time.ts";
import type { SpeechEngine } from "./speech-engine.ts";
import { spokenText } from "./spoken-text.ts";
import { formatWave, parseWave, trimSilence, wavDurationMs } from "./wav-file.ts";

/** About 150 kB each: what the township says once must not fill the card. */
const MAX_PHRASES = 200;
/** Part of each name: what was made in another way is made anew. */
const RECIPE = 2;

/** A recording of exactly these words, made by people or beforehand; undefined where there is none. */
export type RecordedWords = (text: string) => Promise<Sound | undefined>;

/**
 * Speech: the first recording of the words that there is, else what `engine` makes of them, kept as WAV files in `folder`
 * by text and voice, so that a known phrase costs nothing.
 */
export function createSpeech(
  dependencies: { readonly clock: Clock; readonly log: Logger; readonly engine: SpeechEngine },
  folder: string,
  recorded: readonly RecordedWords[] = [],
): Speech {
  const { clock, log, engine } = dependencies;
  const rendering = new Map<string, Promise<Sound>>();

  async function render(text: string): Promise<Sound> {
    for (const find of recorded) {
      const sound = await find(text);
      if (sound) return sound;
    }
    const name = createHash("sha256")
      .update(JSON.stringify([RECIPE, engine.voice, text]))
      .digest("hex")
      .slice(0, 32);
    const path = join(folder, `${name}.wav`);
    const knownMs = await wavDurationMs(path);
    if (knownMs !== undefined) {
      await tidy(() => markUsed(path));
      return { path, durationMs: knownMs };
    }
    const said = spokenText(text);
    await mkdir(folder, { recursive: true });
    const part = `${path}.part`;
    try {
      const durationMs = await make(part, said);
      await flush(part);
      await rename(part, path);
      await tidy(() => forgetOldest(folder, path));
      return { path, durationMs };
    } finally {
      await rm(part, { force: true });
    }
  }

  async function make(part: string, said: string): Promise<number> {
    await engine.speakInto(part, said);
    const wave = parseWave(await readFile(part));
    if (!wave) throw failure("the speech engine wrote no WAV file");
    const trimmed = trimSilence(wave);
    if (!trimmed) {
      throw new GatewayError("there is nothing to be heard of these words", {
        code: "speech.nothing",
        kind: "permanent",
      });
    }
    await writeFile(part, formatWave(trimmed));
    return Math.round((trimmed.samples.length / trimmed.sampleRate) * 1000);
  }

  async function markUsed(path: string): Promise<void> {
    const now = clock.now().wallMs / 1000;
    await utimes(path, now, now);
  }

  /** On a card that turned read-only the known phrases must still be spoken. */
  async function tidy(action: () => Promise<void>): Promise<void> {
    await action().catch((error: unknown) => {
      log.warn({ code: errorCode(error) }, "the kept phrases could not be tidied");
    });
  }

  return {
    render(text) {
      const known = rendering.get(text);
      if (known) return known;
      const work = render(text)
        .catch((error: unknown) => {
          throw error instanceof GatewayError ? error : failure("speech could not be kept on disk", error);
        })
        .finally(() => rendering.delete(text));
      rendering.set(text, work);
      return work;
    },
  };
}

function failure(message: string, cause?: unknown): GatewayError {
  return new GatewayError(message, { code: "speech.failed", kind: "transient", cause });
}

/** Without this a power cut may leave the name without the sound. */
async function flush(path: string): Promise<void> {
  const file = await open(path, "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

async function forgetOldest(folder: string, newest: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".wav"));
  if (names.length <= MAX_PHRASES) return;
  const phrases = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      return { path, usedMs: (await stat(path)).mtimeMs };
    }),
  );
  const oldestFirst = phrases.filter(({ path }) => path !== newest).sort((a, b) => a.usedMs - b.usedMs);
  // More than the one too many, so that this is rare.
  for (const { path } of oldestFirst.slice(0, names.length - MAX_PHRASES + 20))
    await rm(path, { force: true });
}
