import { rm } from "node:fs/promises";
import type { SoundMaker } from "../../core/clip-shelf.ts";
import type { VoiceProgram } from "../../core/devices.ts";
import { errorMessage, GatewayError } from "../../core/errors.ts";
import { type ChildDependencies, startChild } from "../ffmpeg/child-process.ts";
import { isPinyin, type Pronunciations } from "./pinyin.ts";
import type { SpeechEngine } from "./speech-engine.ts";

/** A voice that needs longer for a few words is of no use to a village. */
const TIMEOUT_MS = 60_000;
const LONGEST_S = 600;
/** A village has fewer warnings; more is somebody who gives orders without end. */
const MOST_WAITING = 50;

/**
 * A voice of the site's own, by a program that somebody installed. It runs once for each text that was never said before, in a
 * process of its own: what crashes there (a damaged model ends some of them at once) is a failure and no more. What it
 * writes is made as loud as everything else.
 */
export function createProgramEngine(
  dependencies: ChildDependencies & { readonly maker: SoundMaker },
  program: VoiceProgram,
  pronunciations: Pronunciations,
): SpeechEngine {
  const { command } = program;
  let lane: Promise<unknown> = Promise.resolve();
  let waiting = 0;

  /** One after the other: each may hold a model of a hundred megabytes. */
  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (waiting >= MOST_WAITING) throw failure("speech.program_slow", "too many words wait for it");
    waiting += 1;
    const turn = lane.then(work).finally(() => (waiting -= 1));
    lane = turn.catch(() => undefined);
    return turn;
  }

  async function run(text: string, file: string): Promise<void> {
    let said = "";
    const child = startChild(dependencies, {
      command: command[0] ?? "",
      arguments: command.slice(1).map((word) => word.replaceAll("{file}", file).replaceAll("{text}", text)),
      title: "voice program",
      quit: "end-of-input",
      explain: () => "speech.program_failed",
      onMessage: (piece) => (said = (said + piece).slice(-300)),
    });
    child.stdout.resume();
    child.stdin.end(command.some((word) => word.includes("{text}")) ? "" : `${text}\n`);
    let isLate = false;
    const late = dependencies.clock.after(TIMEOUT_MS, () => {
      isLate = true;
      void child.kill();
    });
    const { code, signal, reason } = await child.ended;
    late.cancel();
    if (isLate) throw failure("speech.program_slow", `it took longer than ${TIMEOUT_MS / 1000} s`);
    if (reason.endsWith(".missing") || reason === "media.not_started") {
      throw failure("speech.program_missing", `${command[0]} could not be started`);
    }
    if (code !== 0) {
      const how = code === null ? `signal ${signal}` : `code ${code}`;
      throw failure("speech.program_failed", `it ended with ${how}: ${said.trim() || "without a word"}`);
    }
  }

  async function speak(file: string, text: string): Promise<void> {
    const raw = `${file}.raw.wav`;
    try {
      await run(inCharacters(text, pronunciations), raw);
      await dependencies.maker.make(raw, file, LONGEST_S).catch((cause: unknown) => {
        throw failure("speech.program_no_sound", `what it wrote is no speech: ${errorMessage(cause)}`);
      });
    } finally {
      await rm(raw, { force: true });
    }
  }

  return {
    voice: JSON.stringify([command, pronunciations]),
    speakInto: (file, text) => inTurn(() => speak(file, text)),
  };
}

/** Programs read characters: what is to be said in pinyin stays as it is written. */
function inCharacters(text: string, pronunciations: Pronunciations): string {
  return Object.entries(pronunciations)
    .filter(([, said]) => !isPinyin(said))
    .sort(([a], [b]) => b.length - a.length)
    .reduce((words, [word, said]) => words.replaceAll(word, said), text);
}

function failure(code: string, message: string): GatewayError {
  return new GatewayError(`the voice program failed: ${message}`, { code, kind: "transient" });
}
