import { writeFileSync } from "node:fs";
import { wavFile } from "../../hw/virtual/horn/rtp-audio.ts";

const RATE_HZ = 48_000;
/** One beat of the microphone: a loud beginning, then silence. */
export const BEAT_MS = 1000;
export const LOUD_MS = 300;

/** What Chromium needs to take a file for its microphone; it plays it over and over. @param loudMs of each beat. */
export function fakeMicrophone(file: string, loudMs = LOUD_MS): string[] {
  const samples = Int16Array.from({ length: (RATE_HZ * BEAT_MS) / 1000 }, (_, index) => {
    const ms = (index * 1000) / RATE_HZ;
    if (ms >= loudMs) return 0;
    // Not one steady tone: the browser would take that for noise, and out.
    return Math.round(12_000 * Math.sin((index * 2 * Math.PI * (400 + ms * 2)) / RATE_HZ));
  });
  writeFileSync(file, wavFile(samples, RATE_HZ));
  return ["--use-fake-device-for-media-stream", `--use-file-for-fake-audio-capture=${file}`];
}
