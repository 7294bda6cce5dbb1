import { expect, test } from "vitest";
import type { SpeakerOutlet } from "../../../src/act/broadcast-desk.ts";
import { createDrillDesk } from "../../../src/act/drill-desk.ts";
import { createHearingDesk } from "../../../src/act/hearing-desk.ts";
import { createSpeakerChannel } from "../../../src/act/speaker-channel.ts";
import type { DrillPlan, DrillRecord } from "../../../src/core/drill.ts";
import { GatewayError } from "../../../src/core/errors.ts";
import type { Proof } from "../../../src/core/hearing.ts";
import { type HornLimits, USUAL_LIMITS } from "../../../src/core/horn-limits.ts";
import { silentLogger } from "../../../src/core/log.ts";
import { createTestDesk } from "../../support/desk-rig.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { createLedgerDouble } from "../../support/stores-double.ts";
import { createFakeRelay, order, SPEAKER } from "./act-rig.ts";

const PLAN: DrillPlan = { text: "这是喇叭试音，请不要惊慌", volume: 30 };
/** 2026-07-01 is a Wednesday; the clock starts at 14:00 in the village. */
const WEDNESDAY_15: DrillPlan = { ...PLAN, weekly: { weekday: 3, minute: 15 * 60 } };
const HOUR_MS = 3_600_000;
const PERSON = { kind: "person", name: "李伯" } as const;

interface RigOptions {
  readonly plan?: DrillPlan;
  readonly proof?: Proof;
  readonly past?: readonly DrillRecord[];
  readonly limits?: Partial<HornLimits>;
}

async function createRig({ plan = PLAN, proof, past = [], limits = {} }: RigOptions = {}) {
  const clock = createManualClock();
  const ledger = createLedgerDouble(clock);
  const state = { speech: undefined as unknown };
  const outlets = new Map<string, SpeakerOutlet>();
  const relays = new Map(["pond", "square"].map((id) => [id, createFakeRelay(clock, [])] as const));
  const volumes: number[] = [];
  for (const [id, relay] of relays) {
    const speaker = { ...SPEAKER, id, power: { gpio: { chip: "c", line: 1, activeLow: false } } };
    const channel = createSpeakerChannel({ clock, log: silentLogger }, speaker, relay);
    await channel.start();
    const voice = {
      prepare: async () => async (options: { volume: number; signal: AbortSignal; onSound: () => void }) => {
        if (state.speech) throw state.speech;
        options.onSound();
        volumes.push(options.volume);
        await clock.sleep(4000, options.signal).catch(() => {});
      },
    };
    outlets.set(id, { channel, voice });
  }
  const record = (draft: Parameters<typeof ledger.append>[0]) => void ledger.append(draft);
  const witness = {
    kind: "microphone" as const,
    listen: () => ({ isSpent: false, judge: async () => proof, close: async () => {} }),
  };
  const hearing = createHearingDesk({
    ...{ clock, record, log: silentLogger, silent: [] },
    witnesses: new Map(
      proof
        ? ["pond", "square"].map((id) => [
            id,
            { ...witness, listen: () => ({ ...witness.listen(), judge: async () => proof }) },
          ])
        : [],
    ),
  });
  const { desk, synced } = createTestDesk(clock, outlets, record, { hearing, limits });
  const drills = createDrillDesk(
    {
      ...{ clock, hearing, record, log: silentLogger },
      isClockSynced: () => synced.is,
      newId: (() => {
        let count = 0;
        return () => `${++count}`;
      })(),
      say: desk.take,
      silence: desk.silence,
      book: {
        drills: async (speaker, limit) => past.filter((one) => one.speaker === speaker).slice(0, limit),
      },
    },
    plan,
    [...outlets.values()].map(({ channel }) => channel),
    { timezone: "Asia/Shanghai" },
  );
  await drills.start();
  const records = async () =>
    (await ledger.read({ after: 0, limit: 100 }))
      .filter(({ type }) => type === "org.cunshao.drill.finished")
      .map(({ data }) => data as unknown as DrillRecord);
  return { clock, drills, desk, synced, state, relays, volumes, records, outlets };
}

const past = (speaker: string, startedAt: string, change: Partial<DrillRecord> = {}): DrillRecord => ({
  ...{ id: `${speaker} ${startedAt}`, speaker, startedAt, result: "passed", score: { passed: 5, of: 5 } },
  ...{ steps: [], by: PERSON, volume: 30, text: "", ...change },
});

test("a person's drill goes through each step with its time, at low volume, one speaker after the other", async () => {
  const { clock, drills, records, relays, volumes } = await createRig({
    proof: { heard: "heard", by: "microphone", likeness: 0.9, delayMs: 140 },
  });
  drills.begin(["pond", "square"], PERSON);
  expect(drills.view().speakers.map(({ running }) => running)).toEqual([true, true]);
  await clock.advance(2000);
  expect([...relays.values()].map(({ isOn }) => isOn)).toEqual([true, false]);
  await clock.advance(30_000);
  expect(volumes).toEqual([30, 30]);
  const all = await records();
  expect(all.map(({ speaker }) => speaker)).toEqual(["pond", "square"]);
  expect(all[0]).toMatchObject({
    result: "passed",
    score: { passed: 5, of: 5 },
    by: PERSON,
    steps: [
      { step: "relay", result: "passed", tookMs: 0 },
      { step: "settle", result: "passed", tookMs: 800 },
      { step: "sound", result: "passed", tookMs: 0 },
      { step: "heard", result: "passed", tookMs: 140 },
      { step: "off", result: "passed", tookMs: 300 },
    ],
  });
  expect(drills.view().speakers[0]).toMatchObject({ running: false, last: { result: "passed" } });
});

test("what nobody can hear is not proven, and what was not heard has failed", async () => {
  const deaf = await createRig();
  deaf.drills.begin(["pond"], PERSON);
  await deaf.clock.advance(30_000);
  expect(await deaf.records()).toMatchObject([{ result: "unproven", score: { passed: 4, of: 5 } }]);

  const silent = await createRig({
    proof: { heard: "not-heard", by: "microphone", reason: "hearing.no_sound" },
  });
  silent.drills.begin(["pond"], PERSON);
  await silent.clock.advance(30_000);
  expect((await silent.records())[0]).toMatchObject({ result: "failed", score: { passed: 4, of: 5 } });
});

test("a relay that does not answer and speech that fails are failed steps with their reason", async () => {
  const { clock, drills, records, relays, state } = await createRig();
  const relay = relays.get("pond");
  if (relay) relay.failing.on = true;
  drills.begin(["pond"], PERSON);
  await clock.advance(30_000);
  expect((await records())[0]?.steps[0]).toEqual({
    step: "relay",
    result: "failed",
    reason: "serial.timeout",
  });
  state.speech = new GatewayError("no", { code: "audio.no_device", kind: "transient" });
  drills.begin(["square"], PERSON);
  await clock.advance(30_000);
  expect((await records())[1]?.steps[2]).toEqual({
    step: "sound",
    result: "failed",
    reason: "audio.no_device",
  });
});

test("is last of all: whatever else is ordered cuts it off, and the record says that it was not held", async () => {
  const { clock, drills, records, desk } = await createRig();
  drills.begin(["pond"], PERSON);
  await clock.advance(2000);
  desk.submit(order("warning"));
  await clock.advance(30_000);
  expect(await records()).toMatchObject([{ result: "not-held", reason: "drill.preempted" }]);
});

test("a guard's refusal, as in quiet hours, is a record with its reason", async () => {
  const { clock, drills, records } = await createRig({
    limits: { quietHours: USUAL_LIMITS.quietHours.map((hours) => ({ ...hours, fromMinute: 13 * 60 })) },
  });
  drills.begin(["pond"], PERSON);
  await clock.advance(1000);
  expect(await records()).toMatchObject([
    { result: "not-held", reason: "guard.quiet_hours", score: { of: 0 } },
  ]);
});

test("the switch that silences the horns silences drills", async () => {
  const { clock, desk, drills, records, volumes } = await createRig();
  desk.kill(true);
  drills.begin(["pond"], PERSON);
  await clock.advance(1000);
  expect(volumes).toEqual([]);
  expect(await records()).toMatchObject([{ result: "not-held", reason: "guard.kill_switch" }]);
});

test("a speaker whose drill is under way, or that is not there, is refused", async () => {
  const { drills } = await createRig();
  drills.begin(["pond"], PERSON);
  expect(() => drills.begin(["square", "pond"], PERSON)).toThrow(
    expect.objectContaining({ code: "drill.running" }),
  );
  expect(() => drills.begin(["moon"], PERSON)).toThrow(
    expect.objectContaining({ code: "drill.no_such_speaker" }),
  );
  await expect(drills.history("moon")).rejects.toMatchObject({ code: "drill.no_such_speaker" });
});

test("the weekly drill is held once, at its time, on every speaker", async () => {
  const { clock, drills, records } = await createRig({ plan: WEDNESDAY_15 });
  expect(drills.view().next).toBe("2026-07-01T07:00:00.000Z");
  await clock.advance(HOUR_MS - 1000);
  expect(await records()).toEqual([]);
  await clock.advance(10 * 60_000);
  expect((await records()).map(({ speaker, by }) => [speaker, by.kind])).toEqual([
    ["pond", "schedule"],
    ["square", "schedule"],
  ]);
  await clock.advance(4 * HOUR_MS);
  expect(await records()).toHaveLength(2);
  expect(drills.view().next).toBe("2026-07-08T07:00:00.000Z");
});

test("the weekly drill waits for a clock that is known to be right", async () => {
  const { clock, drills, records, synced } = await createRig({ plan: WEDNESDAY_15 });
  synced.is = false;
  await clock.advance(1.2 * HOUR_MS);
  expect(await records()).toEqual([]);
  expect(drills.view().next).toBeUndefined();
  synced.is = true;
  await clock.advance(60_000);
  expect(await records()).toHaveLength(2);
});

test("one that was held before a restart is not held again, and one that is hours late is left out", async () => {
  const before = past("pond", "2026-07-01T05:30:00.000Z");
  const atNoon: DrillPlan = { ...PLAN, weekly: { weekday: 3, minute: 13 * 60 } };
  const held = await createRig({ plan: atNoon, past: [before, past("square", "2026-07-01T05:31:00.000Z")] });
  await held.clock.advance(HOUR_MS);
  expect(await held.records()).toEqual([]);
  const atDawn: DrillPlan = { ...PLAN, weekly: { weekday: 3, minute: 6 * 60 } };
  const late = await createRig({ plan: atDawn });
  await late.clock.advance(HOUR_MS);
  expect(await late.records()).toEqual([]);
});

test("a weekly drill is held once when the clock steps back over it, and in its week again after a year of a wrong clock", async () => {
  const { clock, drills, records } = await createRig({ plan: WEDNESDAY_15 });
  await clock.advance(1.1 * HOUR_MS);
  expect(await records()).toHaveLength(2);
  clock.set(Date.parse("2026-07-01T06:30:00Z"));
  await clock.advance(HOUR_MS);
  expect(await records()).toHaveLength(2);

  // A Wednesday, too.
  clock.set(Date.parse("2027-07-07T06:59:00Z"));
  await clock.advance(10 * 60_000);
  expect(await records()).toHaveLength(4);
  clock.set(Date.parse("2026-07-08T06:59:00Z"));
  await clock.advance(10 * 60_000);
  expect(await records()).toHaveLength(6);
  expect(drills.view().speakers.map(({ overdueSince }) => overdueSince)).toEqual([undefined, undefined]);
});

test("a drill that a wrong clock dated into a year to come keeps none of this year from being held, also after a restart", async () => {
  const ofLastWeek = past("pond", "2026-06-24T07:00:00.000Z");
  const wrong = past("pond", "2027-07-07T07:00:00.000Z");
  const { clock, records } = await createRig({ plan: WEDNESDAY_15, past: [wrong, ofLastWeek] });
  await clock.advance(1.1 * HOUR_MS);
  expect((await records()).map(({ speaker }) => speaker)).toEqual(["pond", "square"]);
});

test.each<[string, readonly DrillRecord[], string | undefined]>([
  ["held this week", [past("pond", "2026-06-30T22:00:00.000Z")], undefined],
  ["held last week", [past("pond", "2026-06-24T22:00:00.000Z")], "2026-06-30T22:00:00.000Z"],
  ["held a month ago", [past("pond", "2026-06-01T00:00:00.000Z")], "2026-06-02T22:00:00.000Z"],
  [
    "tried this week in vain",
    [past("pond", "2026-06-30T22:00:00.000Z", { result: "not-held" })],
    "2026-06-30T22:00:00.000Z",
  ],
  ["never held", [], "2026-06-30T22:00:00.000Z"],
])("a drill %s: overdue since the first time missed", async (_what, records, since) => {
  // Wednesdays at 6 in the village; now it is 14:00 on one.
  const { drills } = await createRig({
    plan: { ...PLAN, weekly: { weekday: 3, minute: 6 * 60 } },
    past: records,
  });
  expect(drills.view().speakers[0]?.overdueSince).toBe(since);
});

test("stopping ends a drill at once, with the horn silent", async () => {
  const { clock, drills, relays } = await createRig();
  drills.begin(["pond"], PERSON);
  await clock.advance(2000);
  const stopped = drills.stop();
  await clock.advance(400);
  await stopped;
  expect(relays.get("pond")?.isOn).toBe(false);
});
