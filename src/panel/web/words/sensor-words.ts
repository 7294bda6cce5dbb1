import type { Rule } from "../../../core/site.ts";
import type { SensorView, VillageState } from "../../../core/village.ts";
import type { Tone } from "./overall.ts";
import { type Phrase, phrase } from "./phrase.ts";
import { isRain, rainState } from "./rain-words.ts";

/** A value as exact as anybody needs it. */
export function figure(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toFixed(digits);
}

/** A sensor's state in words, and the level above which a rule acts, the lowest one first reached. */
export function sensorWords(
  sensor: SensorView,
  village: Pick<VillageState, "clock"> & { readonly rules: readonly Rule[] },
): { tone: Tone; phrase: Phrase; above: number | undefined } {
  const { id, value, quality, unit, at } = sensor;
  const levels = village.rules.flatMap(({ when }) =>
    when.kind === "level" && when.sensor === id ? [when.above] : [],
  );
  const above = levels.length === 0 ? undefined : Math.min(...levels);
  if (at === undefined) return { tone: "care", phrase: phrase("sensor.waiting"), above };
  if (quality !== "good" || value === null) {
    return { tone: "care", phrase: phrase(quality === "invalid" ? "sensor.invalid" : "sensor.lost"), above };
  }
  if (isRain(sensor)) return { ...rainState(sensor, village), above: undefined };
  if (above === undefined) return { tone: "calm", phrase: phrase("sensor.normal"), above };
  if (value > above) return { tone: "alarm", phrase: phrase("sensor.above", { above, unit }), above };
  return { tone: "calm", phrase: phrase("sensor.below", { above, unit }), above };
}
