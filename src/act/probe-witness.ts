import type { SoundingProbe } from "../core/devices.ts";
import { errorCode } from "../core/errors.ts";
import type { Proof, WitnessKind } from "../core/hearing.ts";
import type { Logger } from "../core/log.ts";
import type { Clock, Timer } from "../core/time.ts";
import type { Take, Witness } from "./witness.ts";

const ASK_EVERY_MS = 400;
/** An amplifier's current follows its sound, and an answer its question. */
const LAG_MS = 300;
/** Between two words there is a pause: so much of the answers must say that it plays. */
const LEAST_SHARE = 0.25;
const MOST_ANSWERS = 1500;

interface Answer {
  readonly askedMs: number;
  readonly toldMs: number;
  readonly sounding: boolean;
}

/** Asks a device again and again while the speaker is at work, and counts what it said while something was sent. */
export function createProbeWitness(
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
  kind: WitnessKind,
  probe: SoundingProbe,
): Witness {
  return {
    kind,
    listen() {
      const answers: Answer[] = [];
      let failure: string | undefined;
      let timer: Timer | undefined;
      let isClosed = false;

      async function ask(): Promise<void> {
        const askedMs = clock.now().monotonicMs;
        try {
          const sounding = await probe.isSounding();
          if (sounding !== "unknown") answers.push({ askedMs, toldMs: clock.now().monotonicMs, sounding });
        } catch (error) {
          if (!failure)
            log.warn({ code: errorCode(error), witness: kind }, "a witness of sound does not answer");
          failure = errorCode(error);
        }
        if (isClosed || answers.length >= MOST_ANSWERS) return;
        timer = clock.after(ASK_EVERY_MS, () => void ask());
      }
      void ask();

      return {
        get isSpent() {
          return isClosed || answers.length >= MOST_ANSWERS;
        },
        async judge(takes) {
          const during = answers.filter((answer) => takes.some((take) => isDuring(take, answer)));
          if (during.length === 0)
            return { heard: "unknown", by: kind, reason: failure ?? "hearing.too_short" };
          return verdict(kind, during.filter(({ sounding }) => sounding).length / during.length);
        },
        async close() {
          isClosed = true;
          timer?.cancel();
        },
      };
    },
  };
}

function verdict(by: WitnessKind, share: number): Proof {
  if (share >= LEAST_SHARE) return { heard: "heard", by };
  if (share > 0) return { heard: "unknown", by, reason: "hearing.unclear" };
  return { heard: "not-heard", by, reason: "hearing.no_sound" };
}

/** A slow answer may tell of what is after the end. */
function isDuring({ startMs, endMs }: Take, { askedMs, toldMs }: Answer): boolean {
  return askedMs >= startMs + LAG_MS && toldMs <= endMs;
}
