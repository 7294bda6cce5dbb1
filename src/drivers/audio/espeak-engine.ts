import { GatewayError } from "../../core/errors.ts";
import { type ChildDependencies, startChild } from "../ffmpeg/child-process.ts";
import { inPinyin, type Pronunciations } from "./pinyin.ts";
import type { SpeechEngine } from "./speech-engine.ts";

/**
 * A little slower than espeak-ng's default: horns outdoors blur fast speech. Not the voice `cmn`: in 1.51 (Debian 12) it
 * spells most characters as English letters and digits, "ni three" for 你 (its issues 1044, 1236).
 */
const VOICE = ["-v", "cmn-latn-pinyin", "-s", "150", "-a", "180"];
/** Two thousand signs take about 4 s on a PC. */
const TIMEOUT_MS = 60_000;

/** Mandarin by espeak-ng, the default: small, at once, and understood over a horn. */
export function createEspeakEngine(
  dependencies: ChildDependencies,
  pronunciations: Pronunciations,
): SpeechEngine {
  return {
    voice: JSON.stringify([VOICE, pronunciations]),
    async speakInto(file, text) {
      const child = startChild(dependencies, {
        command: "espeak-ng",
        arguments: [...VOICE, "--stdin", "-w", file],
        title: "speech",
        quit: "end-of-input",
        explain: () => "speech.failed",
      });
      child.stdin.end(await inPinyin(text, pronunciations));
      const late = dependencies.clock.after(TIMEOUT_MS, () => void child.kill());
      const exit = await child.ended;
      late.cancel();
      if (exit.reason === "espeak-ng.missing") {
        throw new GatewayError("espeak-ng is not installed", {
          code: "speech.engine_missing",
          kind: "permanent",
        });
      }
      if (exit.code !== 0) {
        throw new GatewayError("the text could not be turned into speech", {
          code: "speech.failed",
          kind: "transient",
        });
      }
    },
  };
}
