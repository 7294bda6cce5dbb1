import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { errorCode } from "../../src/core/errors.ts";
import { systemClock } from "../../src/core/time.ts";
import type { Land } from "./namespaces.ts";
import type { TownshipSide } from "./township-side.ts";
import type { ChaosVillage } from "./village.ts";

// What goes wrong, each for a while: begin, wait, end. After the end everything is as it was before.

export interface World {
  readonly land: Land;
  readonly village: ChaosVillage;
  readonly township: TownshipSide;
  /** 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
}

/** Breaks something, waits, and puts it right. */
type Break = (world: World) => Promise<void>;

const HOUR_SECONDS = 3600;
const YEAR_SECONDS = 365 * 24 * HOUR_SECONDS;

function hold({ random }: World, mostMs = 4000): Promise<void> {
  return systemClock.sleep(200 + random() * mostMs);
}

const cut =
  (how: "drop" | "reject" | "blackhole"): Break =>
  async (world) => {
    world.land.cut(how);
    await hold(world);
    world.land.cut("none");
  };

const door =
  (mode: Parameters<TownshipSide["setDoor"]>[0]): Break =>
  async (world) => {
    world.township.setDoor(mode);
    await hold(world);
    world.township.setDoor("open");
  };

const killed =
  (part: Parameters<TownshipSide["kill"]>[0]): Break =>
  async (world) => {
    await world.township.kill(part);
    await hold(world);
    await world.township.start(part);
  };

const clockOff =
  (seconds: number): Break =>
  async (world) => {
    world.village.setClockOff(seconds);
    await hold(world);
    world.village.setClockOff(0);
  };

export const BREAKS = {
  async gatewayKilled(world) {
    await world.village.kill();
    world.village.start();
  },
  async gatewayKilledTwice(world) {
    await world.village.kill();
    world.village.start();
    // Somewhere in its start, or soon after it.
    await hold(world, 2500);
    await world.village.kill();
    world.village.start();
  },
  receiverKilled: killed("town"),
  brokerKilled: killed("broker"),
  pullerKilled: killed("puller"),
  fibreDrops: cut("drop"),
  fibreRejects: cut("reject"),
  noRoute: cut("blackhole"),
  async noName(world) {
    world.land.setNameKnown(false);
    // A connection that stands needs no name.
    world.township.setDoor("open");
    await hold(world);
    world.land.setNameKnown(true);
  },
  halfOpen: door("mute"),
  slow: door("slow"),
  wrongCertificate: door("other"),
  noTls: door("garbage"),
  async cutAndKilled(world) {
    world.land.cut("drop");
    await hold(world, 1500);
    await world.village.kill();
    world.village.start();
    await hold(world);
    world.land.cut("none");
  },
  async everybodyKilled(world) {
    const parts = ["town", "broker", "puller"] as const;
    await Promise.all([world.village.kill(), ...parts.map((part) => world.township.kill(part))]);
    world.village.start();
    for (const part of ["broker", "town", "puller"] as const) await world.township.start(part);
  },
  async diskFull(world) {
    const ballast = fill(join(world.land.disk, "ballast"));
    await hold(world);
    rmSync(ballast);
  },
  async diskFullAndKilled(world) {
    const ballast = fill(join(world.land.disk, "ballast"));
    await hold(world, 1500);
    await world.village.kill();
    world.village.start();
    await hold(world);
    rmSync(ballast);
  },
  async diskReadOnly(world) {
    // What is open for writing cannot be made so: as after a card that failed, it starts on it.
    await world.village.kill();
    world.land.setDiskWritable(false);
    world.village.start();
    await hold(world);
    await world.village.kill();
    world.land.setDiskWritable(true);
    world.village.start();
  },
  clockAnHourOn: clockOff(HOUR_SECONDS),
  clockAnHourBack: clockOff(-HOUR_SECONDS),
  clockYearsOn: clockOff(3 * YEAR_SECONDS),
  clockYearsBack: clockOff(-3 * YEAR_SECONDS),
  async clockWrongAtStart(world) {
    await world.village.kill();
    world.village.setClockOff(-20 * YEAR_SECONDS);
    world.village.start();
    await hold(world, 6000);
    world.village.setClockOff(0);
  },
} satisfies Readonly<Record<string, Break>>;

export type BreakName = keyof typeof BREAKS;
export const BREAK_NAMES = Object.keys(BREAKS) as BreakName[];

/** Takes all the room that is left. */
function fill(path: string): string {
  const file = openSync(path, "w");
  const block = Buffer.alloc(1 << 16);
  try {
    for (;;) writeSync(file, block);
  } catch (error) {
    if (errorCode(error) !== "ENOSPC") throw error;
  } finally {
    closeSync(file);
  }
  return path;
}
