import fc from "fast-check";
import { expect, test } from "vitest";
import type { SpeakerOutlet } from "../../../src/act/broadcast-desk.ts";
import { createSpeakerChannel } from "../../../src/act/speaker-channel.ts";
import type { SayOptions } from "../../../src/act/voice.ts";
import { type BroadcastOrder, PRIORITIES, type Priority } from "../../../src/core/broadcast.ts";
import { GatewayError } from "../../../src/core/errors.ts";
import type { EventDraft } from "../../../src/core/event.ts";
import { silentLogger } from "../../../src/core/log.ts";
import { createTestDesk } from "../../support/desk-rig.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { createFakeRelay, order, SPEAKER } from "./act-rig.ts";

// Two thousand broadcasts from every source against simulated amplifiers, whose relays and sound are watched from outside.

const RUNS = 100;
const ORDERS = 20;
const SPEAKERS = ["pond", "square", "school"];
const SETTLE_MS = 800;
const HOLD_MS = 300;
/** Silence between two repetitions. */
const PAUSE_MS = 500;
const MAX_ON_MS = 40_000;
/** 21:55 to 22:05 by the clock of the village: the night begins in the middle of it. */
const START_MS = Date.parse("2026-07-01T21:55:00+08:00");
const NIGHT_MS = Date.parse("2026-07-01T22:00:00+08:00");
const QUIET: readonly Priority[] = ["township", "local", "schedule", "drill"];

const source = fc.oneof(
  fc.constant({
    source: { kind: "rule", name: "pond-bank" },
    priority: "rule",
    whenPreempted: "resume",
  } as const),
  fc.constant({ source: { kind: "rule", name: "dam" }, priority: "emergency" } as const),
  fc.constant({
    source: { kind: "person", name: "li" },
    priority: "local",
    person: "li",
    isByHand: true,
  } as const),
  fc.constant({
    source: { kind: "person", name: "li" },
    priority: "emergency",
    person: "li",
    isByHand: true,
    reason: "垮坝",
  } as const),
  fc.constant({ source: { kind: "township", name: "town" }, priority: "township" } as const),
  fc.constant({
    source: { kind: "township", name: "town" },
    priority: "emergency",
    person: "王",
    reason: "洪水",
  } as const),
  fc.constant({ source: { kind: "schedule", name: "bell" }, priority: "schedule" } as const),
  fc.constant({ source: { kind: "drill", name: "weekly" }, priority: "drill" } as const),
);

const content = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom("水边危险", "开会", "防火").map((text) => ({ kind: "text", text }) as const),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "text", text: "<speak>坏</speak>" } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: "live", session: "s" } as const) },
);

const broadcast = fc.record({
  source,
  content,
  speakers: fc.subarray(SPEAKERS, { minLength: 1 }),
  repeat: fc.integer({ min: 1, max: 4 }),
  volume: fc.integer({ min: 0, max: 100 }),
  whenPreempted: fc.constantFrom("resume", "drop", undefined),
  notBeforeMs: fc.option(fc.integer({ min: -60, max: 400 }), { nil: undefined, freq: 5 }),
  expiresMs: fc.option(fc.integer({ min: -60, max: 400 }), { nil: undefined, freq: 5 }),
  durationMs: fc.integer({ min: 200, max: 15_000 }),
  prepareMs: fc.integer({ min: 0, max: 700 }),
});

const deed = fc.oneof(
  { weight: 3, arbitrary: fc.constant("nothing" as const) },
  { weight: 1, arbitrary: fc.constantFrom("silence", "hush", "key", "kill", "unkill", "clock" as const) },
);

const story = fc.array(fc.tuple(fc.nat({ max: 20_000 }), broadcast, deed), {
  minLength: ORDERS,
  maxLength: ORDERS,
});

type Steps = readonly (readonly [waitMs: number, what: Broadcast, deed: string])[];
type Broadcast = typeof broadcast extends fc.Arbitrary<infer T> ? T : never;

interface Sounding {
  readonly order: BroadcastOrder;
}

/** One amplifier: what sounds, since when its relay is on without, and the worst of that. */
async function createAmplifier(
  clock: ReturnType<typeof createManualClock>,
  id: string,
  lengths: Map<string, Broadcast>,
) {
  const relay = createFakeRelay(clock, []);
  const channel = createSpeakerChannel(
    { clock, log: silentLogger },
    { ...SPEAKER, id, settleMs: SETTLE_MS, holdMs: HOLD_MS, maxOnSeconds: MAX_ON_MS / 1000 },
    relay,
  );
  const seen = {
    sounding: undefined as Sounding | undefined,
    idleSinceMs: undefined as number | undefined,
    longestIdleMs: 0,
  };
  const nowMs = (): number => clock.now().monotonicMs;
  function measure(): void {
    const isIdle = relay.isOn && !seen.sounding;
    if (!isIdle && seen.idleSinceMs !== undefined) {
      seen.longestIdleMs = Math.max(seen.longestIdleMs, nowMs() - seen.idleSinceMs);
      seen.idleSinceMs = undefined;
    }
    if (isIdle) seen.idleSinceMs ??= nowMs();
  }
  const switchRelay = relay.switch.bind(relay);
  relay.switch = async (on) => {
    await switchRelay(on);
    measure();
  };
  await channel.start();
  const outlet: SpeakerOutlet = {
    channel,
    voice: {
      async prepare() {
        throw new Error("prepared by order");
      },
    },
  };
  const sayFor =
    (given: BroadcastOrder) =>
    async ({ signal, onSound }: SayOptions): Promise<void> => {
      if (signal.aborted) return;
      onSound();
      seen.sounding = { order: given };
      measure();
      await clock.sleep(lengths.get(given.id)?.durationMs ?? 0, signal).catch(() => {});
      seen.sounding = undefined;
      measure();
    };
  return { outlet, relay, channel, seen, sayFor, measure };
}

async function live(steps: Steps) {
  const clock = createManualClock(START_MS);
  const lengths = new Map<string, Broadcast>();
  const given = new Map<string, BroadcastOrder>();
  const amplifiers = new Map<string, Awaited<ReturnType<typeof createAmplifier>>>();
  for (const id of SPEAKERS) amplifiers.set(id, await createAmplifier(clock, id, lengths));
  const events: EventDraft[] = [];
  /** What the speakers themselves tell, before the desk makes sure that each is told once. */
  const told: string[] = [];
  const outlets = new Map<string, SpeakerOutlet>();
  for (const [id, { outlet, sayFor }] of amplifiers) {
    outlet.channel.outcomes.on(({ broadcast }) => told.push(`${broadcast} ${id}`));
    outlets.set(id, {
      ...outlet,
      voice: {
        async prepare(what) {
          const found = [...given.values()].find((one) => one.content === what);
          if (!found) throw new Error("an order that nobody gave");
          await clock.sleep(lengths.get(found.id)?.prepareMs ?? 0);
          return sayFor(found);
        },
      },
    });
  }
  const { desk, keys, synced } = createTestDesk(clock, outlets, (draft) => events.push(draft), {
    limits: { quietHours: [{ fromMinute: 1320, toMinute: 360, classes: QUIET }], longestSeconds: 30 },
  });
  await desk.start();
  const problems: string[] = [];
  const isKilled = { is: false };

  function look(): void {
    for (const [id, { channel, seen }] of amplifiers) {
      const sounding = seen.sounding?.order;
      if (!sounding) continue;
      const waiting = channel.queue().find((one) => rank(one) < rank(sounding));
      if (waiting) problems.push(`${id}: ${waiting.priority} waits while ${sounding.priority} sounds`);
      if (isKilled.is) problems.push(`${id}: sounds although the kill switch is closed`);
      const { wallMs } = clock.now();
      if (synced.is && wallMs > NIGHT_MS && QUIET.includes(sounding.priority)) {
        problems.push(`${id}: ${sounding.priority} sounds at night`);
      }
    }
  }
  /** Looks between any two things that happen. */
  async function pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 250) {
      await clock.advance(Math.min(250, left));
      look();
    }
  }

  let count = 0;
  for (const [waitMs, what, kind] of steps) {
    await pass(waitMs);
    const id = `order ${count++}`;
    const { source: by, notBeforeMs, expiresMs, durationMs: _d, prepareMs: _p, ...rest } = what;
    const dates = {
      ...(notBeforeMs !== undefined && { notBeforeMs: START_MS + notBeforeMs * 1000 }),
      ...(expiresMs !== undefined && { expiresMs: START_MS + expiresMs * 1000 }),
    };
    const one = order(id, { ...rest, ...by, ...dates, content: { ...what.content }, alarm: "alarm-1" });
    given.set(id, one);
    lengths.set(id, what);
    try {
      desk.submit(one);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
    }
    if (kind === "silence") desk.silence(`order ${count - 2}`);
    if (kind === "hush") desk.hush("alarm-1", "all");
    if (kind === "key") keys.turn(count % 2 === 0 ? "camera pond" : "sensor level");
    if (kind === "clock") synced.is = !synced.is;
    if (kind === "kill" || kind === "unkill") {
      isKilled.is = kind === "kill";
      desk.kill(isKilled.is);
    }
    await clock.settle();
    look();
  }
  synced.is = true;
  await pass(60_000);
  await clock.advance(1_000_000);
  for (const { measure } of amplifiers.values()) measure();
  return { clock, given, events, told, amplifiers, problems };
}

function rank({ priority }: BroadcastOrder): number {
  return PRIORITIES.indexOf(priority);
}

test("2,000 broadcasts: the highest class sounds, the night is quiet, relays are on for sound only, each ends once", async () => {
  let ended = 0;
  const results = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(story, async (steps) => {
      const { clock, given, events, told, amplifiers, problems } = await live(steps);
      expect(problems).toEqual([]);
      expect(told.filter((one, index) => told.indexOf(one) !== index)).toEqual([]);
      for (const { relay, seen } of amplifiers.values()) {
        expect(relay.isOn).toBe(false);
        expect(relay.longestOnMs()).toBeLessThanOrEqual(MAX_ON_MS);
        expect(seen.longestIdleMs).toBeLessThanOrEqual(Math.max(SETTLE_MS + HOLD_MS, PAUSE_MS));
      }
      const ends = events.flatMap(({ type, data }) => {
        if (type === "org.cunshao.broadcast.finished") return [`${data["broadcast"]} ${data["speaker"]}`];
        if (type !== "org.cunshao.broadcast.refused") return [];
        return (data["speakers"] as string[]).map((speaker) => `${data["broadcast"]} ${speaker}`);
      });
      const wanted = [...given.values()].flatMap(({ id, speakers }) => speakers.map((one) => `${id} ${one}`));
      expect(ends.sort()).toEqual(wanted.sort());
      expect(clock.pending()).toBe(0);
      ended += given.size;
      for (const { type, data } of events) {
        const result = type.endsWith("finished")
          ? String(data["result"])
          : type.endsWith("refused")
            ? "turned away"
            : "";
        results.set(result, (results.get(result) ?? 0) + 1);
      }
    }),
    { numRuns: RUNS },
  );
  expect(ended).toBeGreaterThanOrEqual(RUNS * ORDERS);
  // The stories would prove nothing if nothing happened in them.
  for (const result of ["played", "preempted", "stopped", "refused", "failed", "turned away"]) {
    expect(results.get(result) ?? 0, result).toBeGreaterThan(10);
  }
}, 120_000);
