import { describe, expect, test } from "vitest";
import { GatewayError } from "../../../src/core/errors.ts";
import type { EventDraft, LedgerEvent } from "../../../src/core/event.ts";
import { silentLogger } from "../../../src/core/log.ts";
import type { Pause, PauseOrder } from "../../../src/core/pause.ts";
import { createPauseDesk } from "../../../src/rules/pause-desk.ts";
import { createRuleBook } from "../../../src/rules/rule-book.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { buttonRule, inWords, levelRule, observation, personRule, START_WALL_MS } from "./rule-samples.ts";

const by = { kind: "person", name: "李伯" } as const;
const bank = { kind: "zone", camera: "pond-east", zone: "bank" } as const;
const rule = (id: string) => ({ kind: "rule", rule: id }) as const;
const forHour = (target: PauseOrder["target"], seconds = 3600): PauseOrder => ({
  target,
  end: { seconds },
  reason: "有人洗衣",
});

/** The desk and the rules that ask it, as the gateway joins them. */
async function createRig(carried: readonly Pause[] = [], isSynced = true) {
  const clock = createManualClock(START_WALL_MS);
  const events: EventDraft[] = [];
  const closed: string[] = [];
  const synced = { now: isSynced };
  const disk = { isFull: false };
  const told: string[] = [];
  let ids = 0;
  const desk = createPauseDesk(
    {
      clock,
      isClockSynced: () => synced.now,
      ledger: {
        async append(draft) {
          if (disk.isFull) throw new GatewayError("full", { code: "ledger.full", kind: "transient" });
          events.push(draft);
          return draft as LedgerEvent;
        },
      },
      record: (draft) => void events.push(draft),
      newId: () => `pause ${++ids}`,
      closeAlarms: async (rules, { name }) => void closed.push(`${rules} by ${name}`),
      log: silentLogger,
    },
    {
      rules: [personRule, levelRule, buttonRule],
      cameras: [{ id: "pond-east", name: "东塘", zones: [{ id: "bank", name: "塘埂", polygon: [] }] }],
    },
    carried,
  );
  const book = createRuleBook(
    {
      clock,
      timezone: "Asia/Shanghai",
      isClockSynced: () => synced.now,
      newAlarmId: () => "it",
      isPaused: desk.isPaused,
    },
    [personRule, levelRule, buttonRule],
    [],
  );
  book.withheld.on(desk.withhold);
  desk.armed.on((armed) => armed.forEach(book.rearm));
  book.effects.on((effect) => told.push(inWords(effect)));
  await desk.start();
  const see = (word: string): void => book.observe(observation(word, clock.now().monotonicMs / 1000));
  const types = (): string[] => events.map(({ type }) => type.replace("org.cunshao.", ""));
  return { clock, desk, book, see, told, events, types, closed, synced, disk };
}

const carriedPause: Pause = {
  id: "old",
  target: bank,
  fromMs: START_WALL_MS - 600_000,
  durationMs: 3_600_000,
  clock: "synced",
  by,
  reason: "有人钓鱼",
  withheld: 2,
};

describe("a pause", () => {
  test("keeps the voice and the alarm back, counts them, and raises at its end if somebody is there then", async () => {
    const { clock, desk, see, told, types } = await createRig();
    const view = await desk.begin(forHour(bank, 300), by, false);
    expect(view).toMatchObject({ name: "东塘 塘埂", rules: ["pond-bank"], withheld: 0, state: "paused" });
    for (let second = 0; second < 120; second++) {
      see("person");
      await clock.advance(1000);
    }
    expect(told).toEqual([]);
    expect(desk.list()[0]?.withheld).toBe(1);
    await clock.advance(30_000);
    for (let second = 0; second < 151; second++) {
      see("person");
      await clock.advance(1000);
    }
    expect(told.slice(0, 2)).toEqual(["say 水边危险", "raise it"]);
    expect(desk.list()).toEqual([]);
    expect(types()).toEqual(["pause.started", "pause.withheld", "pause.withheld", "pause.ended"]);
    await desk.stop();
  });

  test("says in the ledger who, why, until when, and how it ended", async () => {
    const { clock, desk, events } = await createRig();
    await desk.begin(forHour(bank), by, false);
    await clock.advance(3_600_000);
    expect(events.map(({ class: kind }) => kind)).toEqual(["state", "state"]);
    expect(events[0]?.data).toMatchObject({
      camera: "pond-east",
      zone: "bank",
      rules: ["pond-bank"],
      until: "2026-07-01T07:00:00.000Z",
      by,
      reason: "有人洗衣",
    });
    expect(events[1]?.data).toMatchObject({ why: "time", withheld: 0 });
    expect(clock.pending()).toBe(0);
  });

  test("leaves all other rules armed", async () => {
    const { desk, see, told } = await createRig();
    await desk.begin(forHour(bank), by, false);
    see("pressed");
    expect(told).toEqual(["raise it"]);
    await desk.stop();
  });

  test("sees to the open alarms of its rules in the name of who paused", async () => {
    const { desk, closed } = await createRig();
    await desk.begin(forHour(rule("pond-bank")), by, false);
    expect(closed).toEqual(["pond-bank by 李伯"]);
    await desk.stop();
  });

  test("is ended by a person at once: who is still there raises an alarm", async () => {
    const { clock, desk, see, told, events } = await createRig();
    const { id } = await desk.begin(forHour(bank), by, false);
    see("person");
    await clock.settle();
    await desk.end(id, { kind: "person", name: "admin" });
    expect(told).toEqual(["say 水边危险", "raise it"]);
    expect(events.at(-1)?.data).toMatchObject({ why: "person", by: { name: "admin" }, withheld: 1 });
    await expect(desk.end(id, by)).rejects.toMatchObject({ code: "pause.unknown" });
    await desk.stop();
  });

  test("who is there since before the pause, and was seen to then, raises again once it is over", async () => {
    const { clock, desk, book, see, told } = await createRig();
    see("person");
    const { id } = await desk.begin(forHour(bank), by, false);
    book.acknowledge("it");
    book.clear("it");
    await clock.advance(40_000);
    see("person");
    await desk.end(id, by);
    see("person");
    expect(told).toEqual(["say 水边危险", "raise it", "say 水边危险", "raise it"]);
    await desk.stop();
  });

  test("of the same rule or zone is replaced, the later of two at once too; nothing acts in between", async () => {
    const { desk, types, told, see } = await createRig();
    see("nobody");
    await Promise.all([
      desk.begin(forHour(bank, 600), by, false),
      desk.begin({ ...forHour(bank, 1200), reason: "施工" }, by, false),
    ]);
    see("person");
    expect(told).toEqual([]);
    expect(desk.list().map(({ reason }) => reason)).toEqual(["施工"]);
    expect(types()).toEqual(["pause.started", "pause.started", "pause.ended", "pause.withheld"]);
    await desk.stop();
  });

  test("of a rule and of its zone: the rule acts again when both are over", async () => {
    const { desk, see, told } = await createRig();
    const zone = await desk.begin(forHour(bank), by, false);
    const single = await desk.begin(forHour(rule("pond-bank")), by, false);
    await desk.end(zone.id, by);
    see("person");
    expect(told).toEqual([]);
    await desk.end(single.id, by);
    expect(told).toEqual(["say 水边危险", "raise it"]);
    await desk.stop();
  });

  test("of a call for help is for technicians and administrators", async () => {
    const { desk } = await createRig();
    await expect(desk.begin(forHour(rule("sos")), by, false)).rejects.toMatchObject({
      code: "pause.emergency",
    });
    expect(await desk.begin(forHour(rule("sos")), by, true)).toMatchObject({ rules: ["sos"] });
    await desk.stop();
  });

  test("does not hold while the disk cannot keep who paused", async () => {
    const { desk, disk, see, told } = await createRig();
    disk.isFull = true;
    await expect(desk.begin(forHour(bank), by, false)).rejects.toMatchObject({ code: "ledger.full" });
    see("person");
    expect(told).toEqual(["say 水边危险", "raise it"]);
    await desk.stop();
  });

  const at = (ms: number): PauseOrder["end"] => ({ untilMs: START_WALL_MS + ms });
  test.each([
    ["rule.unknown", rule("nothing"), { seconds: 60 }],
    ["camera.unknown", { ...bank, camera: "nowhere" }, { seconds: 60 }],
    ["zone.unknown", { ...bank, zone: "nowhere" }, { seconds: 60 }],
    ["pause.past", bank, at(0)],
    ["pause.past", bank, at(-1)],
    ["pause.past", bank, { seconds: -60 }],
    ["pause.past", bank, { seconds: Number.NaN }],
    ["pause.too_short", bank, { seconds: 59 }],
    ["pause.too_long", bank, { seconds: 86_401 }],
    ["pause.too_long", bank, at(1e6 * 365 * 86_400_000)],
    ["pause.too_long", bank, { seconds: Number.POSITIVE_INFINITY }],
  ] as const)("is refused with %s", async (code, target, end) => {
    const { desk, events } = await createRig();
    await expect(desk.begin({ target, end, reason: "x" }, by, true)).rejects.toMatchObject({ code });
    expect(events).toEqual([]);
    await desk.stop();
  });

  test("until a time of the day needs a clock that is right; a length of time does not", async () => {
    const { clock, desk } = await createRig([], false);
    await expect(desk.begin({ target: bank, end: at(600_000), reason: "x" }, by, true)).rejects.toMatchObject(
      { code: "pause.no_clock" },
    );
    await desk.begin(forHour(bank, 120), by, false);
    await clock.advance(119_000);
    expect(desk.isPaused("pond-bank")).toBe(true);
    await clock.advance(1000);
    expect(desk.isPaused("pond-bank")).toBe(false);
  });
});

describe("a pause of before the restart", () => {
  test("goes on to its end with its count", async () => {
    const { clock, desk, see, told } = await createRig([carriedPause]);
    see("person");
    expect(desk.list()).toMatchObject([{ until: "2026-07-01T06:50:00.000Z", withheld: 3 }]);
    await clock.advance(2_999_000);
    expect(desk.isPaused("pond-bank")).toBe(true);
    await clock.advance(1000);
    expect(desk.list()).toEqual([]);
    expect(told).toEqual([]);
  });

  test("waits, armed, until the clock is known to be right", async () => {
    const { clock, desk, see, told, synced } = await createRig([carriedPause], false);
    expect(desk.list()).toMatchObject([{ state: "waiting" }]);
    see("person");
    expect(told).toEqual(["say 水边危险", "raise it"]);
    synced.now = true;
    await clock.advance(5000);
    expect(desk.list()).toMatchObject([{ state: "paused" }]);
    await desk.stop();
  });

  test("that a wrong clock began is over", async () => {
    const { desk, events } = await createRig([{ ...carriedPause, clock: "unsynced" }]);
    expect(desk.list()).toEqual([]);
    expect(events).toMatchObject([{ type: "org.cunshao.pause.ended", data: { why: "clock", withheld: 2 } }]);
  });
});
