import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRandom } from "../../hw/virtual/scene/random.ts";
import { systemClock } from "../../src/core/time.ts";
import { cunshao } from "../support/cunshao-command.ts";
import { until } from "../support/until.ts";
import { BREAK_NAMES, BREAKS, type BreakName, type World } from "./breaks.ts";
import { fileOf, judge, type Verdict } from "./judge.ts";
import { createLand } from "./namespaces.ts";
import { createTownshipSide, HTTPS_PORT, introducePuller, MQTT_PORT } from "./township-side.ts";
import { type ChaosVillage, createChaosVillage } from "./village.ts";

const DISK_MEGABYTES = 128;
/** The box counts requests by token, and the puller has the same one: who asks more often leaves it none. */
const LISTEN_EVERY_MS = 250;
/** The longest wait of an upstream that refused is ten minutes; after one refusal it is one. */
const ARRIVED_WITHIN_MS = 300_000;

export interface ChaosWanted {
  readonly rounds: number;
  readonly seed: number;
  readonly breaks?: readonly BreakName[] | undefined;
}

export interface ChaosResult {
  readonly rounds: number;
  readonly seed: number;
  /** That the box told of. */
  readonly alarms: number;
  /** That the box told of, each a picture or a clip of an alarm. */
  readonly evidenceFiles: number;
  readonly lost: number;
  readonly duplicates: number;
  /** How long it took after each break until all three had everything, in ms at most. */
  readonly byBreak: Readonly<Record<string, { readonly rounds: number; readonly mostMs: number }>>;
  readonly utterances: number;
  readonly failures: readonly string[];
}

/** Breaks one thing after the other while alarms come; after each, every copy must have every alarm and all its evidence once. */
export async function runChaos(
  { rounds, seed, breaks = BREAK_NAMES }: ChaosWanted,
  report: (line: string) => void,
): Promise<ChaosResult> {
  const folder = await mkdtemp(join(tmpdir(), "cunshao-chaos-"));
  const random = createRandom(seed);
  const cleanups: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  const byBreak: Record<string, { rounds: number; mostMs: number }> = {};
  const failures: string[] = [];
  try {
    const land = createLand(folder, DISK_MEGABYTES);
    cleanups.unshift(async () => land.leave());
    const township = await createTownshipSide(join(folder, "township"));
    cleanups.unshift(() => township.stop());
    const village = await createChaosVillage({
      ...{ folder, disk: land.disk, httpsPort: HTTPS_PORT, mqttPort: MQTT_PORT },
      ...{ authority: township.authority, random },
    });
    cleanups.unshift(() => village.stop());
    const world: World = { land, township, village, random };
    await township.start("broker");
    await township.start("town");
    village.start();
    await until(() => village.answers(), { timeoutMs: 120_000, what: "the gateway" });
    await introducePuller(join(folder, "township"));
    await township.start("puller");

    let verdict: Verdict = { lost: 0, duplicates: 0, examples: [] };
    let done = 0;
    for (const name of schedule(rounds, breaks, random)) {
      const calm = village.raiseAlarms();
      await systemClock.sleep(300 + random() * 1200);
      await BREAKS[name](world);
      // While it starts nobody is heard: they go on until it runs, and a little longer.
      await until(() => village.answers(), { timeoutMs: 120_000, what: "the gateway" });
      await systemClock.sleep(500 + random() * 1500);
      calm();
      const startedMs = performance.now();
      const found = await settled(world);
      verdict = found.verdict;
      const tookMs = Math.round(performance.now() - startedMs);
      const figures = byBreak[name] ?? { rounds: 0, mostMs: 0 };
      byBreak[name] = { rounds: figures.rounds + 1, mostMs: Math.max(figures.mostMs, tookMs) };
      done += 1;
      const { alarms, evidenceFiles } = countsOf(village);
      report(
        `round ${done}, ${name}: ${alarms} alarms, ${evidenceFiles} files, ${verdict.lost} lost, ${verdict.duplicates} twice, ${tookMs} ms`,
      );
      if (found.problem === undefined) continue;
      failures.push(
        `round ${done}, ${name}: ${found.problem}`,
        ...verdict.examples,
        village.logTail(),
        township.logTail(),
      );
      break;
    }
    return {
      ...{ rounds: done, seed, ...countsOf(village) },
      ...{ lost: verdict.lost, duplicates: verdict.duplicates },
      ...{ byBreak, utterances: village.utterances(), failures },
    };
  } finally {
    for (const clean of cleanups) await clean();
  }
}

function countsOf({ told }: ChaosVillage): Pick<ChaosResult, "alarms" | "evidenceFiles"> {
  const events = [...told.values()];
  return {
    alarms: events.filter(({ type }) => type === "org.cunshao.alarm.raised").length,
    evidenceFiles: events.filter((event) => fileOf(event) !== undefined).length,
  };
}

/** Waits until every copy has what the box told of, and checks the box's own chain and the puller's. */
async function settled({
  village,
  township,
}: World): Promise<{ readonly verdict: Verdict; readonly problem?: string }> {
  const verdictNow = (): Verdict => judge(village.told.values(), township.copies());
  try {
    await until(() => village.answers(), { timeoutMs: 120_000, what: "the gateway" });
    const isThere = async (): Promise<boolean> => {
      // A clip that is still being made is told of later.
      await village.listen();
      if (verdictNow().lost === 0) return true;
      await systemClock.sleep(LISTEN_EVERY_MS);
      return false;
    };
    await until(isThere, { timeoutMs: ARRIVED_WITHIN_MS, what: "every alarm and file at the township" });
  } catch (error) {
    return { verdict: verdictNow(), problem: String(error) };
  }
  const verdict = verdictNow();
  if (verdict.duplicates > 0) return { verdict, problem: "something is there twice" };
  for (const place of [village.dataFolder, ...township.pulledFiles()]) {
    const { code, stdout, stderr } = await cunshao(["events", "verify", place, "--json"]);
    if (code !== 0) return { verdict, problem: `verify of ${place} ended with ${code}: ${stdout}${stderr}` };
  }
  return { verdict };
}

/** Each break as often as the others, in random order. */
function schedule(rounds: number, breaks: readonly BreakName[], random: () => number): BreakName[] {
  const all: BreakName[] = [];
  while (all.length < rounds) {
    const once = [...breaks].map((name) => ({ name, at: random() })).sort((a, b) => a.at - b.at);
    all.push(...once.map(({ name }) => name));
  }
  return all.slice(0, rounds);
}
