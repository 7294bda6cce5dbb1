// npm run bench -- ledger: events that are on the disk (fsync), one after the other and as they come, beside what the disk
// does at all: 4 KiB appended and fdatasync, in a synchronous loop on the same file system in the same run.
import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openBuffer, type Buffer as VillageBuffer } from "../../src/buffer/buffer.ts";
import { silentLogger } from "../../src/core/log.ts";
import { systemClock } from "../../src/core/time.ts";

/** The three in turn, so that what else the machine does meets all of them. */
const ROUNDS = 9;
const ROUND_MS = 1000;
/** Appends under way at once: what a flood of readings, crossings and looks makes. */
const AT_ONCE = 256;

export async function measureLedger(): Promise<object> {
  const folder = await mkdtemp(join(tmpdir(), "cunshao-ledger-"));
  const buffer = await openBuffer({
    dataFolder: folder,
    siteId: "bench",
    bootId: "bench",
    clock: systemClock,
    random: Math.random,
    log: silentLogger,
    clockQuality: () => "synced",
  });
  const rates: { floor: number; single: number; batched: number }[] = [];
  try {
    await appendFor(buffer, 1, 300);
    for (let round = 0; round < ROUNDS; round++) {
      const floor = floorFor(join(folder, "floor"), ROUND_MS);
      const single = await appendFor(buffer, 1, ROUND_MS);
      const batched = await appendFor(buffer, AT_ONCE, ROUND_MS);
      rates.push({ floor, single, batched });
      process.stderr.write(`${JSON.stringify(rates.at(-1))}\n`);
    }
  } finally {
    await buffer.close();
    await rm(folder, { recursive: true, force: true });
  }
  return {
    durableEventsPerSecond: {
      single: Math.round(medianOf(rates.map(({ single }) => single))),
      batched: Math.round(medianOf(rates.map(({ batched }) => batched))),
    },
    floorCommitsPerSecond: Math.round(medianOf(rates.map(({ floor }) => floor))),
    // Of each round, whose three ran beside each other.
    ratio: Number(medianOf(rates.map(({ single, floor }) => single / floor)).toFixed(2)),
  };
}

function medianOf(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function floorFor(path: string, forMs: number): number {
  const page = Buffer.alloc(4096, 0x5a);
  const file = openSync(path, "a");
  const beganMs = performance.now();
  let commits = 0;
  while (performance.now() - beganMs < forMs) {
    writeSync(file, page);
    fdatasyncSync(file);
    commits++;
  }
  const seconds = (performance.now() - beganMs) / 1000;
  closeSync(file);
  return commits / seconds;
}

async function appendFor({ ledger }: VillageBuffer, atOnce: number, forMs: number): Promise<number> {
  const beganMs = performance.now();
  let events = 0;
  const one = async (): Promise<void> => {
    while (performance.now() - beganMs < forMs) {
      await ledger.append({
        type: "org.cunshao.camera.changed",
        class: "state",
        subject: "pond-east",
        data: { camera: "pond-east", state: "running", reason: "", since: "2026-07-01T06:00:00.000Z" },
      });
      events++;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  return events / ((performance.now() - beganMs) / 1000);
}
