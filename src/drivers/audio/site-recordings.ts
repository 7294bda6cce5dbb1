import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { access, constants, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { SoundMaker } from "../../core/clip-shelf.ts";
import type { Sound } from "../../core/devices.ts";
import { errorCode, errorMessage, GatewayError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { Part } from "../../core/part.ts";
import { phraseKey } from "../../core/phrases.ts";
import { type ListedPhrase, readPhrases } from "./made-phrases.ts";
import { wavDurationMs } from "./wav-file.ts";

/** Part of each name: what was made in another way is made anew. */
const RECIPE = 1;
/** Not `recordings`, which are the cameras'. */
const PART = "voice recordings";
/** What names a warning of the program; words of a village are Chinese. */
const PHRASE_ID = /^[a-z0-9][a-z0-9-]*$/;

/** What is wrong with one of the configured recordings, and what holds instead: the words are said as without it. */
export interface RecordingFault {
  /** As the configuration writes it. */
  readonly words: string;
  readonly file: string;
  readonly code: string;
  readonly message: string;
}

export interface SiteRecordings extends Part {
  /** The recording in place of these words, once it is made fit. */
  readonly find: (text: string) => Promise<Sound | undefined>;
  /** Checks every recording and makes it fit; what is wrong, in the order of the configuration. Never rejects. */
  load(): Promise<readonly RecordingFault[]>;
}

export interface SiteRecordingOptions {
  /** Id of a warning of the program, or words as they are ordered, to a sound file on this box. */
  readonly recordings: Readonly<Record<string, string>>;
  /** The warnings that come with the program. */
  readonly soundsFolder: string;
  /** Where the files made of the recordings are kept. */
  readonly folder: string;
  /** A longer one is refused: no speaker would be on for so long. */
  readonly maxSeconds: number;
  readonly maxBytes: number;
}

/**
 * Recordings that a technician puts in place of words, e.g. of all warnings in the dialect. The files stay as they are; what is
 * made of them (one channel, one loudness, no silence before) is kept by their content. One that cannot be used keeps no
 * warning back: it is a fault of this part, and the words are said without it.
 */
export function createSiteRecordings(
  { maker, log }: { readonly maker: SoundMaker; readonly log: Logger },
  options: SiteRecordingOptions,
): SiteRecordings {
  const { recordings, soundsFolder, folder, maxSeconds, maxBytes } = options;
  const entries = Object.entries(recordings);
  let ready: ReadonlyMap<string, Sound> = new Map();
  let faults: readonly RecordingFault[] = [];
  let working: Promise<unknown> = Promise.resolve();
  let isStopped = false;

  async function load(): Promise<readonly RecordingFault[]> {
    const found: RecordingFault[] = [];
    const made = new Map<string, Sound>();
    const taken = new Set<string>();
    const phrases = await listed();
    for (const [words, file] of entries) {
      if (isStopped) return found;
      try {
        const key = phraseKey(textOf(words, phrases));
        if (taken.has(key))
          throw refusal("speech.recorded_twice", "another recording stands for these words");
        taken.add(key);
        made.set(key, await makeFit(file));
        // Each as soon as it is there: the first must not wait for the last.
        ready = new Map([...ready, ...made]);
      } catch (error) {
        const fault = { words, file, code: errorCode(error), message: errorMessage(error) };
        log.error(fault, "a recording cannot stand for its words");
        found.push(fault);
      }
    }
    ready = made;
    faults = found;
    await forgetOthers([...made.values()].map(({ path }) => path));
    return found;
  }

  async function listed(): Promise<readonly ListedPhrase[]> {
    if (!entries.some(([words]) => PHRASE_ID.test(words))) return [];
    return readPhrases(soundsFolder).catch((error: unknown) => {
      log.error({ code: errorCode(error), error: errorMessage(error) }, "the made phrases cannot be read");
      return [];
    });
  }

  async function makeFit(file: string): Promise<Sound> {
    await demandFile(file, maxBytes);
    const path = join(folder, `${await sumOf(file)}-${RECIPE}-${maxSeconds}.wav`);
    const knownMs = await wavDurationMs(path);
    if (knownMs !== undefined) return { path, durationMs: knownMs };
    await mkdir(folder, { recursive: true });
    const draft = `${path}.part`;
    try {
      const { durationMs } = await maker.make(file, draft, maxSeconds);
      await keep(draft, path);
      return { path, durationMs };
    } finally {
      await rm(draft, { force: true });
    }
  }

  async function forgetOthers(kept: readonly string[]): Promise<void> {
    try {
      const paths = (await readdir(folder)).map((name) => join(folder, name));
      for (const path of paths) if (!kept.includes(path)) await rm(path, { force: true });
    } catch (error) {
      if (errorCode(error) === "ENOENT") return;
      log.warn({ code: errorCode(error) }, "recordings no longer used could not be removed");
    }
  }

  return {
    name: PART,
    load,
    async find(text) {
      const sound = ready.get(phraseKey(text));
      // Looked at anew each time: the card may have lost it.
      const durationMs = sound && (await wavDurationMs(sound.path));
      return sound && durationMs ? { ...sound, durationMs } : undefined;
    },
    async start() {
      isStopped = false;
      // Not waited for: until a recording is made fit its words are said without it.
      if (entries.length > 0) working = load();
    },
    async stop() {
      isStopped = true;
      await working;
    },
    health() {
      const [first] = faults;
      if (!first) return { name: PART, status: "ok" };
      const detail = faults.map(({ words, file, message }) => `${words}: ${file}: ${message}`).join("; ");
      return { name: PART, status: "degraded", reason: first.code, detail };
    },
  };
}

/** @throws GatewayError `speech.no_such_phrase`, `speech.nothing` (permanent). */
function textOf(words: string, phrases: readonly ListedPhrase[]): string {
  if (!PHRASE_ID.test(words)) {
    if (phraseKey(words) !== "") return words;
    throw refusal("speech.nothing", "there is nothing to be said in these words");
  }
  const phrase = phrases.find(({ id }) => id === words);
  if (phrase) return phrase.text;
  const known = phrases.map(({ id, text }) => `${id} (${text})`).join(", ") || "there is none";
  throw refusal("speech.no_such_phrase", `no warning of the program has this name; there are: ${known}`);
}

/** @throws GatewayError `speech.recording_missing`, `speech.recording_unreadable`, `clips.too_large` (permanent). */
async function demandFile(file: string, maxBytes: number): Promise<void> {
  try {
    const found = await stat(file);
    if (!found.isFile()) throw refusal("speech.recording_unreadable", "this is not a file");
    if (found.size > maxBytes) throw refusal("clips.too_large", `it is larger than ${maxBytes} bytes`);
    await access(file, constants.R_OK);
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    const code = errorCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") {
      throw refusal("speech.recording_missing", "there is no such file: copy it there, or correct the path");
    }
    throw refusal("speech.recording_unreadable", `it cannot be read by this user (${code})`);
  }
}

async function sumOf(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(file)) hash.update(piece as Buffer);
  return hash.digest("hex");
}

/** Without the sync a power cut may leave the name without the sound. */
async function keep(draft: string, path: string): Promise<void> {
  const file = await open(draft, "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
}

function refusal(code: string, message: string): GatewayError {
  return new GatewayError(message, { code, kind: "permanent" });
}
