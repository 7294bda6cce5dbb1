import type { Sound } from "../core/devices.ts";
import { errorCode } from "../core/errors.ts";
import { LEVELS_PER_SECOND, type Microphone, type Proof, type SoundLevels } from "../core/hearing.ts";
import type { Clock } from "../core/time.ts";
import { type Heard, matchSound } from "./sound-match.ts";
import { MOST_COMPARED_SECONDS, type Take, type Witness } from "./witness.ts";

/** From which likeness on it was heard; docs/adr/0032-proof-of-sound.md has the distributions that this and the next stand between. */
export function heardFrom(seconds: number): number {
  // Any two short words resemble each other somewhere.
  if (seconds < 2) return 0.85;
  return seconds < 3.5 ? 0.7 : 0.6;
}
export const NOT_HEARD_BELOW = 0.5;
/** Below any microphone's own noise: it is unplugged, or muted. */
const DEAD_LEVEL = 1e-5;
const MOST_CLIPPED = 0.2;
/**
 * A place that is louder than this all the while (-30 dB of full scale in the voice band) may cover a horn of which nobody knows yet how
 * loud it is here.
 */
const LOUD_PLACE = 0.03;
/** Kept while a speaker goes on and on. */
const MOST_KEPT_SECONDS = 600;
/** Heard before and after what was sent that is still looked at. */
const LATE_MS = 3000;

/**
 * Compares what a microphone near the horn hears with what was sent. It is open only while the speaker is at work, and all that is
 * kept of it are levels, until the verdict.
 */
export function createMicrophoneWitness(
  { clock, soundLevels }: { readonly clock: Clock; readonly soundLevels: SoundLevels },
  microphone: Microphone,
): Witness {
  /** Heard level for each sent, when it was last heard: what this horn should sound like here. */
  let usualGain: number | undefined;

  return {
    kind: "microphone",
    meter: soundLevels.meter,
    listen() {
      const parts: Float32Array[] = [];
      let count = 0;
      let startMs = Number.POSITIVE_INFINITY;
      let clipped = 0;
      let ended: string | undefined;
      let isClosed = false;

      const capture = microphone.open({
        onLevels(levels, share) {
          if (levels.length === 0) return;
          parts.push(levels);
          count += levels.length;
          clipped += share * levels.length;
          // What was captured before the pipe was read arrives late and at once; nothing arrives early.
          startMs = Math.min(startMs, clock.now().monotonicMs - (count * 1000) / LEVELS_PER_SECOND);
          if (count >= MOST_KEPT_SECONDS * LEVELS_PER_SECOND) void close();
        },
        onEnd(reason) {
          ended = reason;
        },
      });

      async function close(): Promise<void> {
        if (isClosed) return;
        isClosed = true;
        await capture.close();
      }

      function judgeLevels(sent: Heard): Proof {
        if (count === 0) return unknown(ended ?? "microphone.nothing_came");
        const heard = around(sent, { startMs, levels: joined(parts) });
        if (heard.levels.length === 0) return unknown(ended ?? "hearing.too_short");
        if (heard.levels.every((level) => level < DEAD_LEVEL)) return unknown("microphone.silent");
        const match = matchSound(sent, heard);
        if (!match) return unknown(ended ?? "hearing.too_short");
        const { likeness, delayMs, gain } = match;
        const figures = { by: "microphone", likeness: Math.round(likeness * 100) / 100 } as const;
        if (likeness >= heardFrom(sent.levels.length / LEVELS_PER_SECOND - (2 * AROUND_MS) / 1000)) {
          usualGain = gain;
          return { heard: "heard", ...figures, delayMs };
        }
        if (clipped / count > MOST_CLIPPED) return { ...unknown("microphone.clipped"), ...figures };
        if (ended) return { ...unknown(ended), ...figures };
        if (likeness >= NOT_HEARD_BELOW) return { ...unknown("hearing.unclear"), ...figures };
        // So loud around that even the horn as it usually sounds would have been covered.
        const isTooLoud = usualGain === undefined ? median(heard.levels) > LOUD_PLACE : gain > 2 * usualGain;
        if (isTooLoud) return { ...unknown("hearing.too_loud"), ...figures };
        return { heard: "not-heard", reason: "hearing.no_sound", ...figures };
      }

      return {
        get isSpent() {
          return isClosed || ended !== undefined;
        },
        close,
        async judge(takes) {
          try {
            const sent = await sentLevels(takes, soundLevels);
            return sent ? judgeLevels(sent) : unknown("hearing.nothing_to_compare");
          } catch (error) {
            return unknown(errorCode(error));
          }
        },
      };
    },
  };
}

function unknown(reason: string): Proof {
  return { heard: "unknown", by: "microphone", reason };
}

/** What was sent, with the silence before, between and after; undefined where a part of it has no levels. */
async function sentLevels(takes: readonly Take[], soundLevels: SoundLevels): Promise<Heard | undefined> {
  const [first] = takes;
  const last = takes.at(-1);
  if (!first || !last) return undefined;
  const startMs = first.startMs - AROUND_MS;
  const endMs = Math.min(last.endMs, first.startMs + MOST_COMPARED_SECONDS * 1000) + AROUND_MS;
  const known = new Map<Sound, Promise<Float32Array>>();
  /** The repetitions of one broadcast are one and the same sound. */
  const levelsOf = (sound: Sound): Promise<Float32Array> => {
    const reading = known.get(sound) ?? soundLevels.levelsOf(sound, MOST_COMPARED_SECONDS);
    known.set(sound, reading);
    return reading;
  };
  const levels = new Float32Array(Math.ceil(((endMs - startMs) / 1000) * LEVELS_PER_SECOND));
  for (const { sound, levels: spoken, startMs: takeMs, endMs: takeEndMs } of takes) {
    const played = spoken ?? (sound && (await levelsOf(sound)));
    if (!played) return undefined;
    const at = Math.round(((takeMs - startMs) / 1000) * LEVELS_PER_SECOND);
    // It may have been cut off.
    const count = Math.min(
      played.length,
      levels.length - at,
      Math.ceil(((takeEndMs - takeMs) / 1000) * LEVELS_PER_SECOND),
    );
    if (count > 0) levels.set(played.subarray(0, count), at);
  }
  return { startMs, levels };
}

/** Silence compared on either side: that it begins and ends tells much. */
const AROUND_MS = 400;

/** What was heard while it was sent, and a little around that. */
function around(sent: Heard, { startMs, levels }: Heard): Heard {
  const index = (ms: number): number => Math.floor(((ms - startMs) / 1000) * LEVELS_PER_SECOND);
  const from = Math.max(0, index(sent.startMs - AROUND_MS));
  const to = Math.max(from, index(sent.startMs + LATE_MS) + sent.levels.length);
  return { startMs: startMs + (from * 1000) / LEVELS_PER_SECOND, levels: levels.subarray(from, to) };
}

function median(levels: Float32Array): number {
  return [...levels].sort((a, b) => a - b)[Math.floor(levels.length / 2)] ?? 0;
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
