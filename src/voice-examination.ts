// What `cunshao check` and `doctor` find out about what a village's horns say: composed of rooms, as gateway-devices.ts is.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Configuration } from "./config/configuration.ts";
import type { VoiceProgram } from "./core/devices.ts";
import { errorCode, errorMessage } from "./core/errors.ts";
import type { Logger } from "./core/log.ts";
import { phraseKey } from "./core/phrases.ts";
import { saysOf } from "./core/rule-words.ts";
import { recordingLimits } from "./core/speaker-limits.ts";
import type { Clock } from "./core/time.ts";
import { readPhrases } from "./drivers/audio/made-phrases.ts";
import { createProgramEngine } from "./drivers/audio/program-engine.ts";
import { createSiteRecordings } from "./drivers/audio/site-recordings.ts";
import { createSoundMaker } from "./drivers/audio/sound-maker.ts";
import { wavDurationMs } from "./drivers/audio/wav-file.ts";
import { createChildRegister } from "./drivers/ffmpeg/child-register.ts";
import { PROBLEMS } from "./panel/problem-titles.ts";

export interface VoiceExamination {
  readonly clock: Clock;
  readonly log: Logger;
  /** The warnings that come with the program. */
  readonly soundsFolder: string;
}

export interface RecordingFindings {
  /** One line each, in Chinese and English: what is wrong with a recording of the configuration, and what to do. */
  readonly faults: readonly string[];
  /** What is right and may not be meant. */
  readonly notes: readonly string[];
}

/** This machine cannot tell; the recording may be in order. */
const NOT_EXAMINED = new Set(["clips.failed", "clips.full"]);

/** Makes every recording of the configuration fit, as the gateway will, and throws away what was made. */
export async function examineRecordings(
  { clock, log, soundsFolder }: VoiceExamination,
  configuration: Configuration,
): Promise<RecordingFindings> {
  const { recordings } = configuration;
  if (Object.keys(recordings).length === 0) return { faults: [], notes: [] };
  const limits = recordingLimits(configuration);
  const folder = await mkdtemp(join(tmpdir(), "cunshao-recordings-"));
  try {
    const maker = createSoundMaker({ clock, log, register: createChildRegister(join(folder, "children")) });
    const own = createSiteRecordings(
      { maker, log },
      { recordings, soundsFolder, folder, maxSeconds: limits.seconds, maxBytes: limits.bytes },
    );
    const found = (await own.load()).map(({ words, file, code, message }) => {
      const title = PROBLEMS[code]?.[1];
      return { code, line: `recordings.${words}: ${file}: ${title ? `${title}; ` : ""}${message} [${code}]` };
    });
    return {
      faults: found.filter(({ code }) => !NOT_EXAMINED.has(code)).map(({ line }) => line),
      notes: [
        ...found.filter(({ code }) => NOT_EXAMINED.has(code)).map(({ line }) => line),
        ...(await unspoken(configuration, soundsFolder)),
      ],
    };
  } catch (error) {
    return { faults: [], notes: [`recordings: ${errorMessage(error)} [${errorCode(error)}]`] };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Recordings for words that nothing here says by itself: one sign more or less, and they would never be heard. */
async function unspoken(configuration: Configuration, soundsFolder: string): Promise<string[]> {
  const { recordings, rules, programmes, drill } = configuration;
  const phrases = await readPhrases(soundsFolder).catch(() => []);
  const said = new Set(
    [
      ...rules.flatMap(saysOf).map(({ text }) => text),
      ...programmes.flatMap(({ content }) => (content.kind === "text" ? [content.text] : [])),
      drill.text,
      ...phrases.map(({ text }) => text),
    ].map(phraseKey),
  );
  const ids = new Set(phrases.map(({ id }) => id));
  return Object.keys(recordings)
    .filter((words) => !ids.has(words) && !said.has(phraseKey(words)))
    .map(
      (words) =>
        `recordings.${words}: 规则、节目和自带的提醒里都没有这句话; no rule, programme or warning says these words: ` +
        "the recording is heard only when somebody orders exactly them",
    );
}

/** What came of having the site's own voice say something. */
export interface VoiceTrial {
  /** Of the speech that it made. */
  readonly spokenMs: number;
  readonly tookMs: number;
}

const TRIAL_WORDS = "水边危险，请速离开。东塘水位三点二米，请大家不要到塘边去。";

/** Has the voice program speak once, as the gateway will. @throws GatewayError `speech.program_*` (transient). */
export async function tryVoiceProgram(
  { clock, log }: Pick<VoiceExamination, "clock" | "log">,
  program: VoiceProgram,
): Promise<VoiceTrial> {
  const folder = await mkdtemp(join(tmpdir(), "cunshao-voice-"));
  try {
    const children = { clock, log, register: createChildRegister(join(folder, "children")) };
    const engine = createProgramEngine({ ...children, maker: createSoundMaker(children) }, program, {});
    const file = join(folder, "said.wav");
    const startedMs = clock.now().monotonicMs;
    await engine.speakInto(file, TRIAL_WORDS);
    const tookMs = clock.now().monotonicMs - startedMs;
    return { spokenMs: (await wavDurationMs(file)) ?? 0, tookMs };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
