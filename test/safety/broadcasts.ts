import fc from "fast-check";
import type { BroadcastResult, Priority } from "../../src/core/broadcast.ts";
import type { LedgerEvent } from "../../src/core/event.ts";
import { percentiles } from "../bench/percentiles.ts";
import { until } from "../support/until.ts";
import { BROADCASTS_A_STORY, FINALES, type Given, story, type Told, tell } from "./broadcast-story.ts";
import {
  brokenLaws,
  brokenMedians,
  type Ending,
  silences,
  type WatchedOrder,
  type WatchedSpeaker,
} from "./horn-laws.ts";
import { HOLD_MS, SETTLE_MS, SPEAKERS, type SpeakerId } from "./watched-site.ts";
import { limits, nowMs, startWatchedVillage, untilOff, type WatchedVillage } from "./watched-village.ts";

/** The longest queue that a story can leave, and whatever else. */
const ENDED_WITHIN_MS = 120_000;
/** From the seed of one village to the next one's; a story counts one. */
const LANE_SEEDS = 1_000_003;

export interface BroadcastsWanted {
  /** So many at least. */
  readonly count: number;
  readonly seed: number;
  /** Where fast-check says that it failed; with the same seed the same story again. */
  readonly path?: string | undefined;
  /** Villages at the same time, most of which wait most of the time; one unless told. */
  readonly lanes?: number;
}

export interface BroadcastsResult {
  readonly broadcasts: number;
  readonly seed: number;
  /** How they ended, speaker by speaker, and how many were refused before they were any. */
  readonly results: Readonly<Record<string, number>>;
  /** Of refusals, failures and what a guard stopped, by code. */
  readonly reasons: Readonly<Record<string, number>>;
  readonly sources: Readonly<Record<string, number>>;
  /** Of amplifiers that are on, in ms: before their first sound and after their last one. */
  readonly settleMs: object;
  readonly holdMs: object;
  readonly stalls: number;
  readonly failures: readonly string[];
}

/** Random broadcasts from everybody on running villages, judged by what their devices did. */
export async function runBroadcasts(
  { count, seed, path, lanes = 1 }: BroadcastsWanted,
  report: (line: string) => void,
): Promise<BroadcastsResult> {
  // One after the other: a village that comes up needs a whole box.
  let last: Promise<unknown> = Promise.resolve();
  const startNext = (): Promise<WatchedVillage> => {
    const next = last.then(startWatchedVillage);
    last = next;
    return next;
  };
  const ran = await Promise.allSettled(
    Array.from({ length: lanes }, async (_, lane) =>
      runVillage(
        await startNext(),
        { count: Math.ceil(count / lanes), seed: seed + lane * LANE_SEEDS, path },
        report,
      ),
    ),
  );
  const villages = ran.map((one) => {
    if (one.status === "rejected") throw one.reason;
    return one.value;
  });
  const courses = villages.map(({ course }) => course);
  const sum = (of: (course: Course) => Readonly<Record<string, number>>): Record<string, number> => {
    const all: Record<string, number> = {};
    for (const [what, times] of courses.flatMap((course) => Object.entries(of(course))))
      add(all, what, times);
    return all;
  };
  const usual = SPEAKERS.map((id) => ({
    id,
    settleMs: courses.flatMap(({ silences: of }) => of[id].settleMs),
    holdMs: courses.flatMap(({ silences: of }) => of[id].holdMs),
  }));
  const all = {
    settleMs: usual.flatMap(({ settleMs }) => settleMs),
    holdMs: usual.flatMap(({ holdMs }) => holdMs),
  };
  return {
    ...{ broadcasts: courses.reduce((total, { broadcasts }) => total + broadcasts, 0), seed },
    results: sum(({ results }) => results),
    reasons: sum(({ reasons }) => reasons),
    sources: sum(({ sources }) => sources),
    settleMs: figuresOf(all.settleMs),
    holdMs: figuresOf(all.holdMs),
    stalls: villages.reduce((total, { stalls }) => total + stalls, 0),
    failures: [
      ...villages.flatMap(({ failures }) => failures),
      ...usual.flatMap((each) => brokenMedians({ id: each.id, ...limits(each.id) }, each)),
      // A short run has too few of one speaker.
      ...brokenMedians({ id: "an amplifier", settleMs: SETTLE_MS, holdMs: HOLD_MS }, all),
    ],
  };
}

interface VillageRun {
  readonly course: Course;
  readonly stalls: number;
  readonly failures: readonly string[];
}

async function runVillage(
  village: WatchedVillage,
  { count, seed, path }: BroadcastsWanted,
  report: (line: string) => void,
): Promise<VillageRun> {
  const failures: string[] = [];
  const course = createCourse();
  let turn = 0;
  try {
    // Programmes of the minute in which it started sound before there are tones.
    await untilOff(village);
    for (const id of SPEAKERS) village.journals[id].clear();
    course.seq = (await village.gateway.eventsAfter(0)).at(-1)?.seq ?? 0;
    const property = fc.asyncProperty(story, async (steps) => {
      const finale = FINALES[turn % FINALES.length] ?? "none";
      const name = `story-${seed}-${turn}`;
      const isFirst = turn++ === 0;
      const problems = await live(village, course, await tell(village, steps, { name, isFirst, finale }));
      report(`${name}: ${course.broadcasts} broadcasts`);
      if (problems.length > 0) throw new Error(problems.slice(0, 20).join("\n"));
    });
    do {
      const stories = Math.ceil(Math.max(1, count - course.broadcasts) / BROADCASTS_A_STORY);
      const details = await fc.check(property, {
        seed: seed + turn,
        numRuns: path === undefined ? stories : 1,
        // Real time does not shrink: the next run is another story.
        endOnFailure: true,
        ...(path !== undefined && { path }),
      });
      if (details.failed) {
        const { seed: failed, counterexamplePath, errorInstance } = details;
        failures.push(`--seed ${failed} --path ${counterexamplePath}: ${String(errorInstance)}`);
        failures.push(await village.gateway.logTail());
      }
    } while (course.broadcasts < count && failures.length === 0 && path === undefined);
    return { course, stalls: village.stalls().length, failures };
  } finally {
    await village.stop();
  }
}

interface Course {
  seq: number;
  broadcasts: number;
  readonly results: Record<string, number>;
  readonly reasons: Record<string, number>;
  readonly sources: Record<string, number>;
  readonly silences: Record<SpeakerId, { settleMs: number[]; holdMs: number[] }>;
}

function createCourse(): Course {
  const none = () => ({ settleMs: [], holdMs: [] });
  return {
    ...{ seq: 0, broadcasts: 0, results: {}, reasons: {}, sources: {} },
    silences: { pond: none(), square: none(), school: none(), gate: none(), hall: none() },
  };
}

/** Waits until everything that was ordered has ended, and judges what was seen. */
async function live(village: WatchedVillage, course: Course, told: Told): Promise<string[]> {
  const events: LedgerEvent[] = [];
  const problems: string[] = [];
  try {
    await until(
      async () => {
        events.push(...(await village.gateway.eventsAfter(course.seq)));
        course.seq = events.at(-1)?.seq ?? course.seq;
        const orders = ordersOf(events, told.given);
        // Whoever is told that it is taken may know it before the ledger does.
        const isThere = told.given.every(
          ({ id, answers }) =>
            orders.some((one) => one.id === id) || !answers.some(({ status }) => status === 202),
        );
        const isEnded = isThere && orders.every(({ speakers, endings }) => endings.length >= speakers.length);
        return isEnded && (await areDrillsOver(village));
      },
      { timeoutMs: ENDED_WITHIN_MS, what: "the end of every broadcast" },
    );
    await untilOff(village);
  } catch (error) {
    problems.push(String(error));
  }
  // What ends twice does so at once, or when its relay goes off.
  events.push(...(await village.gateway.eventsAfter(course.seq)));
  course.seq = events.at(-1)?.seq ?? course.seq;
  const orders = ordersOf(events, told.given);
  const speakers: WatchedSpeaker[] = SPEAKERS.map((id) => ({
    id,
    ...limits(id),
    journal: village.journals[id].read(nowMs()),
  }));
  problems.push(
    ...brokenLaws({
      speakers,
      orders,
      stalls: village.stalls(),
      killed: told.killed,
      isQuiet: village.isQuiet,
    }),
    ...told.given.flatMap((given) => brokenAnswers(given, events)),
  );
  for (const id of SPEAKERS) {
    const journal = speakers.find((one) => one.id === id)?.journal;
    const { settleMs, holdMs } = journal ? silences(journal) : { settleMs: [], holdMs: [] };
    course.silences[id].settleMs.push(...settleMs);
    course.silences[id].holdMs.push(...holdMs);
    village.journals[id].clear();
  }
  count(course, events, orders);
  return problems;
}

/** A drill goes from speaker to speaker: the next one orders its broadcast when the last one has ended. */
async function areDrillsOver({ gateway }: WatchedVillage): Promise<boolean> {
  const { body } = await gateway.ask("GET", "/drills");
  return (body["speakers"] as readonly { readonly running: boolean }[]).every(({ running }) => !running);
}

function isType(event: LedgerEvent, kind: "ordered" | "refused" | "finished"): boolean {
  return event.type === `org.cunshao.broadcast.${kind}`;
}

function ordersOf(events: readonly LedgerEvent[], given: readonly Given[]): WatchedOrder[] {
  const endings = new Map<unknown, Ending[]>();
  for (const event of events) {
    if (!isType(event, "finished")) continue;
    const { broadcast, speaker, result, soundedAt } = event.data;
    const all = endings.get(broadcast) ?? [];
    endings.set(broadcast, all);
    all.push({
      speaker: String(speaker),
      atMs: Date.parse(event.time),
      result: result as BroadcastResult,
      sounded: soundedAt !== undefined,
    });
  }
  return events.flatMap((event) => {
    if (!isType(event, "ordered")) return [];
    const { broadcast, priority, speakers, by } = event.data;
    const id = String(broadcast);
    const known = given.find((one) => one.id === id);
    const isRule = (by as { kind: string }).kind === "rule";
    const waits = known?.needsKey === true || (isRule && priority === "emergency");
    return [
      {
        id,
        priority: priority as Priority,
        speakers: speakers as string[],
        dueMs: waits ? undefined : (known?.dueMs ?? Date.parse(event.time)),
        endings: endings.get(id) ?? [],
      },
    ];
  });
}

/** What was answered is what the ledger says: taken once, and each refusal once. */
function brokenAnswers({ id, answers }: Given, events: readonly LedgerEvent[]): string[] {
  const of = (kind: "ordered" | "refused"): number =>
    events.filter((event) => isType(event, kind) && event.data["broadcast"] === id).length;
  const [taken, refused] = [
    answers.filter(({ status }) => status === 202),
    answers.filter(({ status }) => status >= 400 && status < 500),
  ];
  if (taken.length + refused.length !== answers.length) return [`${id}: ${JSON.stringify(answers)}`];
  const wanted = Math.min(1, taken.length);
  return [
    ...(of("ordered") === wanted ? [] : [`${id} was ordered ${of("ordered")} times, not ${wanted}`]),
    ...(of("refused") === refused.length
      ? []
      : [`${id} was refused ${of("refused")} times, not ${refused.length}: ${JSON.stringify(answers)}`]),
  ];
}

function count(course: Course, events: readonly LedgerEvent[], orders: readonly WatchedOrder[]): void {
  for (const event of events) {
    if (!isType(event, "ordered") && !isType(event, "refused")) continue;
    course.broadcasts++;
    const { by } = event.data as { readonly by?: { readonly kind: string } };
    add(course.sources, by?.kind ?? "nobody");
    if (isType(event, "refused")) {
      add(course.results, "refused before");
      add(course.reasons, String(event.data["refusal"]));
    }
  }
  for (const { endings } of orders) for (const { result } of endings) add(course.results, result);
  for (const event of events) {
    if (isType(event, "finished") && event.data["reason"] !== undefined)
      add(course.reasons, String(event.data["reason"]));
  }
}

function add(to: Record<string, number>, what: string, times = 1): void {
  to[what] = (to[what] ?? 0) + times;
}

function figuresOf(gaps: readonly number[]): object {
  return { ...percentiles(gaps), max: Math.round(Math.max(0, ...gaps)), count: gaps.length };
}
