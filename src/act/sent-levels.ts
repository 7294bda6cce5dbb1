import type { SoundMeter } from "../core/hearing.ts";
import { MOST_COMPARED_SECONDS, type Witness } from "./witness.ts";

/** The levels of a voice as it is sent, for a witness that compares. Of the voice itself nothing is kept. */
export function createSentLevels({ meter: meterFor }: Pick<Witness, "meter">) {
  let meter: SoundMeter | undefined;
  let seconds = 0;
  const levels: number[] = [];
  return {
    ...(meterFor && {
      add(samples: Int16Array, rateHz: number): void {
        if (seconds > MOST_COMPARED_SECONDS) return;
        meter ??= meterFor(rateHz);
        seconds += samples.length / rateHz;
        levels.push(...meter.push(samples).levels);
      },
    }),
    /** Undefined where nothing was sent this way. */
    levels: (): Float32Array | undefined => (meter ? Float32Array.from(levels) : undefined),
  };
}
