import { describe, expect, test } from "vitest";
import { createProgrammeDesk } from "../../../src/act/programme-desk.ts";
import { timesBetween } from "../../../src/act/programme-times.ts";
import type { BroadcastOrder } from "../../../src/core/broadcast.ts";
import type { EventDraft } from "../../../src/core/event.ts";
import { silentLogger } from "../../../src/core/log.ts";
import type { Programme, ProgrammeMarks } from "../../../src/core/programme.ts";
import type { Clock } from "../../../src/core/time.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { createTestSheet } from "../../support/programme-sheet-rig.ts";
import { createLedgerDouble } from "../../support/stores-double.ts";

const EVERY_DAY = [1, 2, 3, 4, 5, 6, 7];
const BELL: Programme = {
  id: "bell",
  name: "早铃",
  days: EVERY_DAY,
  minutes: [6 * 60 + 30],
  content: { kind: "text", text: "早上好" },
  speakers: ["square"],
  repeat: 2,
  volume: 60,
  whenPreempted: "drop",
  latestMinutes: 10,
};
const BY = { kind: "person", name: "li" } as const;
const MINUTE_MS = 60_000;

interface Setting {
  readonly from?: string;
  readonly programmes?: readonly Programme[];
  /** Ids that the ledger knows. */
  readonly known?: readonly string[];
  readonly marks?: Partial<ProgrammeMarks>;
}

/** A desk by a wall clock that can be set; `given` tells what it ordered and when. */
async function createRig({
  from = "2026-07-01T06:29:00+08:00",
  programmes = [BELL],
  known = [],
  marks,
}: Setting = {}) {
  const manual = createManualClock(Date.parse(from));
  const wall = { offMs: 0 };
  const clock: Clock = {
    ...manual,
    now: () => ({ wallMs: manual.now().wallMs + wall.offMs, monotonicMs: manual.now().monotonicMs }),
  };
  const synced = { is: true };
  const given: BroadcastOrder[] = [];
  const events: EventDraft[] = [];
  const ledger = createLedgerDouble(clock);
  const clipOf = async (id: string) =>
    id === "drum" ? ({ kind: "clip", clip: id, name: "锣鼓", sha256: "ab" } as const) : undefined;
  const sheet = createTestSheet({ clock, ledger, programmes, clipOf });
  const desk = createProgrammeDesk({
    clock,
    isClockSynced: () => synced.is,
    timezone: "Asia/Shanghai",
    take: async (order) => void given.push(order),
    orders: {
      find: async (id) => {
        const order = given.find((one) => one.id === id);
        return known.includes(id) || order ? { order: order ?? ({} as BroadcastOrder), open: [] } : undefined;
      },
    },
    book: { marks: async () => ({ paused: new Map(), skipped: new Set(), ...marks }) },
    sheet,
    ledger,
    record: (draft) => events.push(draft),
    clipOf,
    log: silentLogger,
  });
  await desk.start();
  const missed = (): string[] =>
    events.map(({ data }) => `${data["programme"]} ${data["time"]} ${data["reason"]}`);
  return { manual, wall, synced, given, ledger, desk, sheet, missed, ids: () => given.map(({ id }) => id) };
}

describe("a programme", () => {
  test("is ordered at its time, once, with an id that names it", async () => {
    const { manual, given, ids } = await createRig();
    await manual.advance(59_000);
    expect(ids()).toEqual([]);
    await manual.advance(1000);
    expect(given).toEqual([
      {
        id: "bell@2026-07-01T06:30",
        source: { kind: "schedule", name: "bell" },
        priority: "schedule",
        speakers: ["square"],
        content: { kind: "text", text: "早上好" },
        repeat: 2,
        volume: 60,
        whenPreempted: "drop",
      },
    ]);
    await manual.advance(30 * MINUTE_MS);
    expect(ids()).toHaveLength(1);
  });

  test("is not ordered again when the clock is put back, nor after a restart", async () => {
    const { manual, wall, ids } = await createRig();
    await manual.advance(2 * MINUTE_MS);
    wall.offMs = -5 * MINUTE_MS;
    await manual.advance(10 * MINUTE_MS);
    expect(ids()).toEqual(["bell@2026-07-01T06:30"]);

    const again = await createRig({ from: "2026-07-01T06:31:00+08:00", known: ["bell@2026-07-01T06:30"] });
    await again.manual.advance(MINUTE_MS);
    expect(again.ids()).toEqual([]);
    expect(again.missed()).toEqual([]);
  });

  test("is made up for within its grace after a restart or a step forward, and told as missed later", async () => {
    const soon = await createRig({ from: "2026-07-01T06:35:00+08:00" });
    await soon.manual.advance(MINUTE_MS);
    expect(soon.ids()).toEqual(["bell@2026-07-01T06:30"]);

    const step = await createRig();
    step.wall.offMs = 5 * MINUTE_MS;
    await step.manual.advance(10_000);
    expect(step.ids()).toEqual(["bell@2026-07-01T06:30"]);
  });

  test.each([
    ["two hours", 2 * 3_600_000, ["bell 2026-07-01T06:30 programme.late"]],
    ["nine years", Date.parse("2035-07-01T12:00:00+08:00") - Date.parse("2026-07-01T06:29:00+08:00"), []],
  ])(
    "is neither left out unseen nor given twice when the clock steps ahead by %s and back",
    async (_by, offMs, told) => {
      const { manual, wall, ids, missed } = await createRig();
      wall.offMs = offMs;
      await manual.advance(10_000);
      const [ahead] = told.length > 0 ? told : ["bell 2035-07-01T06:30 programme.late"];
      expect([ids(), missed()]).toEqual([[], [ahead]]);
      wall.offMs = 0;
      await manual.advance(10 * MINUTE_MS);
      // A time that was told as missed is not played after all; one of another year says nothing of today.
      expect(ids()).toEqual(told.length > 0 ? [] : ["bell@2026-07-01T06:30"]);
      expect(missed()).toEqual([ahead]);
    },
  );

  test("waits for a clock that is known to be right, and is told as missed when that comes too late", async () => {
    const { manual, synced, ids, missed, desk } = await createRig();
    synced.is = false;
    await manual.advance(5 * MINUTE_MS);
    expect([ids(), desk.list()[0]?.next]).toEqual([[], []]);
    synced.is = true;
    await manual.advance(10_000);
    expect(ids()).toEqual(["bell@2026-07-01T06:30"]);

    const late = await createRig();
    late.synced.is = false;
    await late.manual.advance(30 * MINUTE_MS);
    late.synced.is = true;
    await late.manual.advance(10_000);
    expect([late.ids(), late.missed()]).toEqual([[], ["bell 2026-07-01T06:30 programme.late"]]);
    expect(missed()).toEqual([]);
  });

  test("plays a clip of the shelf, and says so when it is gone", async () => {
    const clip = (id: string): Programme => ({ ...BELL, id, content: { kind: "clip", clip: id } });
    const { manual, given, missed } = await createRig({ programmes: [clip("drum"), clip("gone")] });
    await manual.advance(2 * MINUTE_MS);
    expect(given.map(({ content }) => content)).toEqual([
      { kind: "clip", clip: "drum", name: "锣鼓", sha256: "ab" },
    ]);
    expect(missed()).toEqual(["gone 2026-07-01T06:30 clips.unknown"]);
  });
});

describe("a person", () => {
  test("leaves one time out, and takes that back", async () => {
    const { manual, desk, ids, ledger } = await createRig();
    await desk.skip("bell", undefined, BY);
    await desk.skip("bell", "2026-07-02T06:30", BY);
    await desk.unskip("bell", "2026-07-02T06:30", BY);
    await manual.advance(2 * MINUTE_MS);
    expect(ids()).toEqual([]);
    await manual.advance(24 * 60 * MINUTE_MS);
    expect(ids()).toEqual(["bell@2026-07-02T06:30"]);
    const events = await ledger.latest(10);
    expect(events.map(({ type, data }) => [type.split(".").at(-1), data["time"], data["by"]])).toEqual([
      ["unskipped", "2026-07-02T06:30", BY],
      ["skipped", "2026-07-02T06:30", BY],
      ["skipped", "2026-07-01T06:30", BY],
    ]);
  });

  test("pauses it, which is told each time, until somebody resumes it", async () => {
    const { manual, desk, ids, missed } = await createRig();
    await desk.pause("bell", "放假", BY);
    expect(desk.list()[0]?.paused).toMatchObject({ reason: "放假", by: BY });
    await manual.advance(2 * MINUTE_MS);
    expect([ids(), missed()]).toEqual([[], ["bell 2026-07-01T06:30 programme.paused"]]);
    await desk.resume("bell", BY);
    await manual.advance(24 * 60 * MINUTE_MS);
    expect(ids()).toEqual(["bell@2026-07-02T06:30"]);
  });

  test("is heeded after a restart", async () => {
    const { manual, ids } = await createRig({ marks: { skipped: new Set(["bell@2026-07-01T06:30"]) } });
    await manual.advance(2 * MINUTE_MS);
    expect(ids()).toEqual([]);
  });
});

describe("the calendar", () => {
  const times = (change: Partial<Programme>, from: string, until: string, timezone = "Asia/Shanghai") =>
    timesBetween({ ...BELL, ...change }, Date.parse(from), Date.parse(until), timezone).map(
      ({ local }) => local,
    );

  test("keeps weekdays, times in order, and seasons over new year", () => {
    const monday = "2026-06-29T00:00:00+08:00";
    const sunday = "2026-07-05T23:59:00+08:00";
    expect(times({ days: [1, 5], minutes: [0, 1439] }, "2026-06-28T23:59:00+08:00", sunday)).toEqual([
      "2026-06-29T00:00",
      "2026-06-29T23:59",
      "2026-07-03T00:00",
      "2026-07-03T23:59",
    ]);
    const summer = { season: { from: 701, to: 702 } };
    expect(times(summer, monday, sunday)).toEqual(["2026-07-01T06:30", "2026-07-02T06:30"]);
    const winter = { season: { from: 1231, to: 101 } };
    expect(times(winter, "2026-12-29T00:00:00+08:00", "2027-01-04T00:00:00+08:00")).toEqual([
      "2026-12-31T06:30",
      "2027-01-01T06:30",
    ]);
  });

  test("begins after one time and includes the other", () => {
    const at = "2026-07-01T06:30:00+08:00";
    expect(times({}, at, at)).toEqual([]);
    expect(times({}, "2026-07-01T06:29:59+08:00", at)).toEqual(["2026-07-01T06:30"]);
  });

  test("leaves out an hour that does not exist, and is right on both days on which clocks are changed", () => {
    const all = { minutes: [90, 150, 360] };
    const berlin = (from: string, until: string) => times(all, from, until, "Europe/Berlin");
    expect(berlin("2026-03-29T00:00:00+01:00", "2026-03-29T12:00:00+02:00")).toEqual([
      "2026-03-29T01:30",
      "2026-03-29T06:00",
    ]);
    expect(berlin("2026-10-25T00:00:00+02:00", "2026-10-25T12:00:00+01:00")).toEqual([
      "2026-10-25T01:30",
      "2026-10-25T02:30",
      "2026-10-25T06:00",
    ]);
  });
});

describe("a programme that somebody writes", () => {
  const { id: _id, latestMinutes: _latest, ...draft } = BELL;

  test("plays from the next of its times on, and not the one that has just passed", async () => {
    const { manual, desk, ids } = await createRig({ programmes: [], from: "2026-07-01T06:33:00+08:00" });
    await desk.write("new", { ...draft, minutes: [390, 400] }, 0, BY);
    await manual.advance(6 * MINUTE_MS);
    expect(ids()).toEqual([]);
    await manual.advance(MINUTE_MS);
    expect(ids()).toEqual(["new@2026-07-01T06:40"]);
  });

  test("plays at its new time alone", async () => {
    const { manual, desk, ids } = await createRig();
    await desk.write("bell", { ...draft, minutes: [395] }, 0, BY);
    await manual.advance(6 * MINUTE_MS);
    expect(ids()).toEqual(["bell@2026-07-01T06:35"]);
  });

  test("is silent once it is taken out", async () => {
    const { manual, desk, ids } = await createRig();
    await desk.takeOut("bell", 0, BY);
    await manual.advance(2 * MINUTE_MS);
    expect([ids(), desk.list()]).toEqual([[], []]);
  });
});
