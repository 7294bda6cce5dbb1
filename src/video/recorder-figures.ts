import { readFile } from "node:fs/promises";
import type { StoragePlan } from "../core/site.ts";
import { DAY_MS } from "../core/storage-outlook.ts";
import type { Clock } from "../core/time.ts";

const HOUR_MS = 3_600_000;
/** Before this a figure a day would say nothing. */
const LEAST_MS = 600_000;
const MAX_SAMPLES = 25;

interface Sample {
  readonly atMs: number;
  readonly videoBytes: number;
  readonly allBytes: number | undefined;
}

export interface WearFigures {
  readonly writtenPerDay?: { readonly videoBytes: number; readonly otherBytes?: number | undefined };
  readonly cardLifeDays?: number;
}

/** How much a day goes to the disk, over the last 24 hours at most. */
export interface Wear {
  /** To be called every few minutes. */
  sample(videoBytes: number): Promise<void>;
  figures(): WearFigures;
}

/**
 * Bytes that this process has caused to be written to disks since it began: proc_pid_io(5), `write_bytes`.
 * undefined where the kernel does not count them.
 */
export async function bytesWrittenByProcess(): Promise<number | undefined> {
  try {
    const [, bytes] = /^write_bytes: (\d+)$/m.exec(await readFile("/proc/self/io", "utf8")) ?? [];
    return bytes === undefined ? undefined : Number(bytes);
  } catch {
    // A kernel without task accounting: the figure is left out.
    return undefined;
  }
}

export function createWear(
  clock: Clock,
  { cardLifeTerabytes }: Pick<StoragePlan, "cardLifeTerabytes">,
  bytesWritten: () => Promise<number | undefined> = bytesWrittenByProcess,
): Wear {
  /** The oldest first; the last is the newest look, the others are an hour apart. */
  let samples: Sample[] = [];

  return {
    async sample(videoBytes) {
      const allBytes = await bytesWritten();
      const atMs = clock.now().monotonicMs;
      const [before, last] = samples.slice(-2);
      if (before && last && last.atMs - before.atMs < HOUR_MS) samples.pop();
      samples.push({ atMs, videoBytes, allBytes });
      samples = samples.slice(-MAX_SAMPLES);
    },
    figures() {
      const first = samples[0];
      const last = samples.at(-1);
      if (!first || !last || last.atMs - first.atMs < LEAST_MS) return {};
      const aDay = (bytes: number): number => Math.round((bytes * DAY_MS) / (last.atMs - first.atMs));
      const video = last.videoBytes - first.videoBytes;
      const all =
        last.allBytes === undefined || first.allBytes === undefined
          ? undefined
          : Math.max(last.allBytes - first.allBytes, video);
      const perDay = aDay(all ?? video);
      return {
        writtenPerDay: {
          videoBytes: aDay(video),
          ...(all !== undefined && { otherBytes: aDay(all - video) }),
        },
        ...(cardLifeTerabytes !== undefined &&
          perDay > 0 && { cardLifeDays: Math.round((cardLifeTerabytes * 1e12) / perDay) }),
      };
    },
  };
}
