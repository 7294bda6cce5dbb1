import { LEVELS_PER_SECOND, type SoundMeter } from "../../core/hearing.ts";

/** What horns and telephones carry of a voice; hum of generators and mains lies below, most of wind too. */
const BAND_HZ = { from: 300, to: 3400 };
/** Butterworth of the fourth order as two sections. */
const SECTIONS_Q = [0.5412, 1.3066];
const FULL_SCALE = 32_768;
/** A sample this near to the end of the scale was cut off there. */
const CLIPPED_AT = 32_600;

/**
 * Levels as root mean square of the voice band, 0 to 1. Of the samples themselves nothing is kept: no word can be told from 50 levels a
 * second.
 * @param rateHz 8000 to 48,000.
 */
export function createLevelMeter(rateHz: number): SoundMeter {
  const filters = SECTIONS_Q.flatMap((q) => [
    createSection("highpass", BAND_HZ.from, q, rateHz),
    createSection("lowpass", BAND_HZ.to, q, rateHz),
  ]);
  let position = 0;
  let window = 1;
  let sum = 0;
  let count = 0;

  return {
    push(samples) {
      const levels: number[] = [];
      let clipped = 0;
      for (const sample of samples) {
        if (Math.abs(sample) >= CLIPPED_AT) clipped++;
        const level = filters.reduce((value, filter) => filter(value), sample / FULL_SCALE);
        sum += level * level;
        count++;
        position++;
        // Counted from the beginning: at 11,025 Hz 20 ms are 220 samples and 221 in turns.
        if (position < (window * rateHz) / LEVELS_PER_SECOND) continue;
        levels.push(Math.sqrt(sum / count));
        window++;
        sum = 0;
        count = 0;
      }
      return {
        levels: Float32Array.from(levels),
        clipped: samples.length > 0 ? clipped / samples.length : 0,
      };
    },
  };
}

/** A second-order section after R. Bristow-Johnson's Audio EQ Cookbook. */
function createSection(
  kind: "highpass" | "lowpass",
  cutHz: number,
  q: number,
  rateHz: number,
): (value: number) => number {
  const w = (2 * Math.PI * cutHz) / rateHz;
  const alpha = Math.sin(w) / (2 * q);
  const cos = Math.cos(w);
  const a0 = 1 + alpha;
  const middle = kind === "lowpass" ? 1 - cos : -(1 + cos);
  const [b0, b1] = [Math.abs(middle) / 2 / a0, middle / a0];
  const [a1, a2] = [(-2 * cos) / a0, (1 - alpha) / a0];
  let [x1, x2, y1, y2] = [0, 0, 0, 0];
  return (x) => {
    const y = b0 * (x + x2) + b1 * x1 - a1 * y1 - a2 * y2;
    [x2, x1, y2, y1] = [x1, x, y1, y];
    return y;
  };
}
