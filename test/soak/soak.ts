import { readFile } from "node:fs/promises";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { type GatewayRig, startRig } from "../support/gateway-rig.ts";
import { until } from "../support/until.ts";
import { childrenOf, isAlive, type Process, pssMiB } from "./processes.ts";
import { type Sample, slopePerHour } from "./slope.ts";
import { type Viewer, type ViewerFigures, watchLive } from "./viewer.ts";
import { createSoakVillage, FRAMES_PER_SECOND, GOOD, type SoakVillage } from "./village.ts";

const REBOOT_EVERY_SECONDS = 60;
const FIRST_REBOOT_SECONDS = 10;
const REBOOT_SECONDS = 5;
/** Caches fill and the compiler does its work; not longer than a fifth of the run. */
const WARM_UP_SECONDS = 300;
/** Over less than this the collector's own waves are larger than any leak. */
const SLOPE_NEEDS_SECONDS = 900;
const SAMPLE_SECONDS = 5;
const MOST_MIB_PER_HOUR = 10;
/** Above this a person at the page would notice. */
const LONGEST_GAP_MS = 2000;
/** An analysed stream has two processes, another one; and one of each may be on its way out. */
const MOST_CHILDREN_PER_CAMERA = 4;

interface Course {
  readonly memory: {
    /** Proportional set of the gateway's process after the warm-up, by least squares. */
    readonly slopeMiBPerHour: number;
    readonly samples: number;
    readonly firstMiB: number;
    readonly lastMiB: number;
    readonly highestMiB: number;
  };
  /** Seen in two looks in a row. */
  readonly zombies: number;
  readonly mostChildren: number;
  readonly reboots: number;
  /** Of these the camera was seen again before the next. */
  readonly recovered: number;
  /** Changes of state that good cameras had while the others misbehaved. */
  readonly goodStateChanges: number;
  /** How the cameras were at the end. */
  readonly states: Readonly<Record<string, string>>;
}

interface Leavings {
  /** Processes of a killed gateway that the next one did not end. */
  readonly orphansLeft: number;
  /** Processes that a gateway left behind that was asked to stop. */
  readonly childrenLeft: number;
}

export interface SoakResult extends Course, Leavings {
  readonly minutes: number;
  /** Frames of the good cameras that did not arrive, over all. */
  readonly lost: number;
  readonly good: Readonly<Record<string, ViewerFigures>>;
  /** How long this process, which plays the cameras too, got no turn on a busy machine: no gap is told from it. */
  readonly ownStallMs: number;
  /** What did not hold; empty when all did. */
  readonly failures: readonly string[];
}

/** Runs a whole built gateway beside cameras that misbehave. @param say gets a line of progress a minute. */
export async function soak(minutes: number, say: (line: string) => void): Promise<SoakResult> {
  const village = await createSoakVillage();
  const rig = await startRig({ cameras: village.cameras });
  const viewers = new Map<string, Viewer>();
  try {
    rig.startGateway();
    const run = async (): Promise<boolean> => {
      const states = await camerasOf(rig);
      return GOOD.every((id) => states.get(id)?.state === "running");
    };
    await until(run, { timeoutMs: 60_000, what: "the good cameras" });
    for (const id of GOOD) viewers.set(id, await watchLive(rig, id, FRAMES_PER_SECOND));
    const stalls = monitorEventLoopDelay({ resolution: 20 });
    stalls.enable();
    const course = await watchGateway(rig, village, minutes * 60, say);
    stalls.disable();
    const ownStallMs = Math.round(stalls.max / 1e6);
    const good = Object.fromEntries([...viewers].map(([id, viewer]) => [id, viewer.figures()]));
    for (const viewer of viewers.values()) viewer.close();
    const leavings = await endTwice(rig);
    const lost = Object.values(good).reduce((sum, figures) => sum + figures.lost, 0);
    const result = { minutes, ...course, ...leavings, lost, good, ownStallMs };
    return { ...result, failures: failuresOf(result) };
  } catch (error) {
    const lines = await readFile(rig.logFile, "utf8").catch(() => "(no log)");
    throw new Error(`${String(error)}\n${lines.split("\n").slice(-30).join("\n")}`, { cause: error });
  } finally {
    for (const viewer of viewers.values()) viewer.close();
    await rig.stop();
    await village.stop();
  }
}

async function watchGateway(
  rig: GatewayRig,
  village: SoakVillage,
  seconds: number,
  say: (line: string) => void,
): Promise<Course> {
  const pid = rig.pid ?? 0;
  const samples: Sample[] = [];
  const zombies = new Set<number>();
  let suspects = new Set<number>();
  let [mostChildren, reboots, recovered, goodStateChanges] = [0, 0, 0, 0];
  let known = await camerasOf(rig);
  let isAway = false;
  const warmUpSeconds = Math.min(WARM_UP_SECONDS, seconds / 5);
  const startedMs = performance.now();

  for (let second = 0; second < seconds; second++) {
    const phase = (second - FIRST_REBOOT_SECONDS) % REBOOT_EVERY_SECONDS;
    // The last one needs time to come up again.
    if (phase === 0 && seconds - second > REBOOT_EVERY_SECONDS * 0.7) {
      village.reboot();
      reboots++;
      isAway = true;
    } else if (phase === REBOOT_SECONDS) village.back();

    const children = childrenOf(pid);
    mostChildren = Math.max(mostChildren, children.length);
    const dead = new Set(children.filter(({ isZombie }) => isZombie).map((child) => child.pid));
    for (const zombie of dead) if (suspects.has(zombie)) zombies.add(zombie);
    suspects = dead;

    if (second % SAMPLE_SECONDS === 0) {
      const atSeconds = (performance.now() - startedMs) / 1000;
      if (second >= warmUpSeconds) samples.push({ atSeconds, value: pssMiB(pid) });
      const now = await camerasOf(rig);
      for (const id of GOOD) if (now.get(id)?.since !== known.get(id)?.since) goodStateChanges++;
      if (isAway && phase > REBOOT_SECONDS && now.get("reboots")?.state === "running") {
        isAway = false;
        recovered++;
      }
      known = now;
    }
    if (second % 60 === 59) say(`${Math.round((second + 1) / 60)} min, ${pssMiB(pid).toFixed(1)} MiB`);
    await sleep(Math.max(0, startedMs + (second + 1) * 1000 - performance.now()));
  }

  const values = samples.map(({ value }) => round(value));
  return {
    memory: {
      slopeMiBPerHour: round(slopePerHour(samples)),
      samples: samples.length,
      firstMiB: values[0] ?? 0,
      lastMiB: values.at(-1) ?? 0,
      highestMiB: Math.max(...values),
    },
    zombies: zombies.size,
    mostChildren,
    reboots,
    recovered,
    goodStateChanges,
    states: Object.fromEntries(
      [...known].map(([id, { state, reason }]) => [id, `${state} ${reason}`.trim()] as const),
    ),
  };
}

/** Kills the gateway, starts another that has to tidy up, and asks that one to stop. */
async function endTwice(rig: GatewayRig): Promise<Leavings> {
  const orphans = childrenOf(rig.pid ?? 0);
  await rig.endGateway("SIGKILL");
  rig.startGateway();
  const isUp = async (): Promise<boolean> => {
    const states = await camerasOf(rig);
    return GOOD.every((id) => states.get(id)?.state === "running");
  };
  await until(isUp, { timeoutMs: 60_000, what: "the gateway after it was killed" });
  const orphansLeft = orphans.filter(isAlive).length;
  const children = childrenOf(rig.pid ?? 0);
  await rig.endGateway("SIGTERM");
  return { orphansLeft, childrenLeft: await countLeft(children) };
}

/** A process that was told to end may take a moment to be gone. */
async function countLeft(processes: readonly Process[]): Promise<number> {
  for (let look = 0; look < 20 && processes.some(isAlive); look++) await sleep(100);
  return processes.filter(isAlive).length;
}

function failuresOf(result: Omit<SoakResult, "failures">): string[] {
  const { memory, good, states } = result;
  const checks: readonly (readonly [boolean, string])[] = [
    [
      result.minutes * 60 >= SLOPE_NEEDS_SECONDS && memory.slopeMiBPerHour > MOST_MIB_PER_HOUR,
      `memory grew by ${memory.slopeMiBPerHour} MiB an hour`,
    ],
    [result.zombies > 0, `${result.zombies} zombies`],
    [result.orphansLeft > 0, `${result.orphansLeft} orphans of a killed gateway`],
    [result.childrenLeft > 0, `${result.childrenLeft} processes after the stop`],
    [
      result.mostChildren > MOST_CHILDREN_PER_CAMERA * Object.keys(states).length,
      `${result.mostChildren} child processes at once`,
    ],
    [result.goodStateChanges > 0, "a good camera changed its state"],
    [result.recovered < result.reboots, `seen again after ${result.recovered} of ${result.reboots} reboots`],
    [states["silent"] === "running" || states["garbage"] === "running", "a camera that is none runs"],
    ...Object.entries(good).flatMap(([id, { frames, lost, longestGapMs, interruptions }]) => [
      [frames < result.minutes * 60 * FRAMES_PER_SECOND * 0.9, `${id}: only ${frames} frames`] as const,
      [lost > 0, `${id}: ${lost} frames lost`] as const,
      [longestGapMs - result.ownStallMs > LONGEST_GAP_MS, `${id}: no frame for ${longestGapMs} ms`] as const,
      [interruptions > 0, `${id}: interrupted ${interruptions} times`] as const,
    ]),
  ];
  return checks.flatMap(([failed, words]) => (failed ? [words] : []));
}

interface CameraAnswer {
  readonly id: string;
  readonly state: string;
  readonly reason: string;
  readonly since: string;
}

async function camerasOf(rig: GatewayRig): Promise<ReadonlyMap<string, CameraAnswer>> {
  const answer = await rig.get("/api/v1/cameras");
  const cameras = (await answer.json()) as readonly CameraAnswer[];
  return new Map(cameras.map((camera) => [camera.id, camera]));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
