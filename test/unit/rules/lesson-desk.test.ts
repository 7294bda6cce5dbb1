import { describe, expect, test } from "vitest";
import type { Alarm } from "../../../src/core/alarm.ts";
import type { CameraFaultView } from "../../../src/core/camera-health.ts";
import { GatewayError } from "../../../src/core/errors.ts";
import type { EventDraft, LedgerEvent } from "../../../src/core/event.ts";
import type { Lesson, LessonCount } from "../../../src/core/lesson.ts";
import { silentLogger } from "../../../src/core/log.ts";
import { createSignal } from "../../../src/core/signals.ts";
import type { Rule } from "../../../src/core/site.ts";
import { isoTime } from "../../../src/core/time.ts";
import { createLessonDesk } from "../../../src/rules/lesson-desk.ts";
import { createRuleBook } from "../../../src/rules/rule-book.ts";
import { createLessonBookDouble } from "../../support/lessons-double.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { CAMERAS, lessonFrom, presence, raised, trackAt } from "./lesson-samples.ts";
import { inWords, moment, personRule, START_WALL_MS } from "./rule-samples.ts";

const by = { kind: "person", name: "王干部" } as const;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const duck = trackAt(1, [0.3, 0.8]);
const rule: Rule = { ...personRule, cooldownSeconds: 0 };

interface RigOptions {
  readonly lessons?: readonly Lesson[];
  readonly counts?: readonly LessonCount[];
  readonly isSynced?: boolean;
  readonly rules?: readonly Rule[];
}

/** The desk with the rules that ask it, and a ledger that keeps what they tell. */
async function createRig({ lessons = [], counts = [], isSynced = true, rules = [rule] }: RigOptions = {}) {
  const clock = createManualClock(START_WALL_MS);
  const events: LedgerEvent[] = [];
  const alarms = new Map<string, Alarm>();
  const appended = createSignal<LedgerEvent>();
  const synced = { now: isSynced };
  const disk = { isFull: false };
  const faults: CameraFaultView[] = [];
  const acknowledged: string[] = [];
  const told: string[] = [];
  let ids = 0;
  const { book, counted, pictures } = createLessonBookDouble();

  async function append(draft: EventDraft): Promise<LedgerEvent> {
    if (disk.isFull) throw new GatewayError("full", { code: "ledger.full", kind: "transient" });
    const event = { ...draft, seq: events.length + 1, time: isoTime(clock.now().wallMs) } as LedgerEvent;
    events.push(event);
    const alarm = alarms.get(draft.subject ?? "");
    const name = (draft.data["by"] as { readonly name: string } | undefined)?.name;
    if (alarm && draft.type === "org.cunshao.alarm.false") alarms.set(alarm.id, { ...alarm, falseBy: name });
    if (alarm && draft.type === "org.cunshao.alarm.false_withdrawn") {
      alarms.set(alarm.id, { ...alarm, falseBy: undefined });
    }
    appended.emit(event);
    return event;
  }

  const desk = createLessonDesk(
    {
      clock,
      isClockSynced: () => synced.now,
      ledger: {
        append,
        read: async ({ after, limit }) => events.slice(after, after + limit),
        onAppend: (listener) => appended.on(listener),
      },
      alarms: { get: async (id) => alarms.get(id) },
      lessonBook: book,
      record: (draft) => void append(draft).catch(() => events.push({ ...draft } as LedgerEvent)),
      newId: () => `lesson ${++ids}`,
      acknowledge: async (id) => {
        acknowledged.push(id);
        ruleBook.acknowledge(id);
      },
      snapshot: async () => Buffer.from("jpeg"),
      faults: () => faults,
      log: silentLogger,
    },
    { rules, cameras: CAMERAS, site: { timezone: "Asia/Shanghai" } },
    { lessons, counts },
  );
  const ruleBook = createRuleBook(
    {
      clock,
      timezone: "Asia/Shanghai",
      isClockSynced: () => synced.now,
      newAlarmId: () => "anew",
      sift: desk.sift,
    },
    rules,
    [],
  );
  desk.armed.on((armed) => armed.forEach(ruleBook.rearm));
  ruleBook.effects.on((effect) => {
    if (effect.kind !== "say") told.push(inWords(effect));
  });
  await desk.start();

  /** An alarm that stands in the ledger. */
  async function raiseAlarm(id: string, data = raised([duck]), change: Partial<Alarm> = {}): Promise<void> {
    const event = await append({ type: "org.cunshao.alarm.raised", class: "alarm", subject: id, data });
    const raisedAt = isoTime(clock.now().wallMs);
    const { seq } = event;
    alarms.set(id, {
      ...{ id, rule: rule.id, severity: "warning", status: "raised", raisedAt, seq },
      ...change,
    } as Alarm);
  }
  const see = (...tracks: ReturnType<typeof trackAt>[]): void => {
    ruleBook.observe(presence(clock.now().monotonicMs / 1000, tracks));
  };
  const types = (): string[] => events.map(({ type }) => type.replace("org.cunshao.", ""));
  return {
    ...{ clock, desk, see, told, events, types, alarms, raiseAlarm, synced, disk, faults },
    ...{ acknowledged, counted, pictures, append },
  };
}

describe("a false alarm", () => {
  test("is acknowledged, is in the ledger with who and what was learnt, and never changes the alarm's event", async () => {
    const { desk, raiseAlarm, events, types, acknowledged } = await createRig();
    await raiseAlarm("it");
    const before = JSON.stringify(events[0]);
    const answer = await desk.mark("it", by);
    expect(answer).toMatchObject({
      alarm: "it",
      lesson: "lesson 1",
      ignores: { name: "东塘 塘埂", isPerson: false },
    });
    expect(acknowledged).toEqual(["it"]);
    expect(types()).toEqual(["alarm.raised", "lesson.taught", "alarm.false"]);
    expect(JSON.stringify(events[0])).toBe(before);
    expect(events[1]).toMatchObject({
      class: "state",
      subject: "lesson 1",
      data: { camera: "pond-east", zone: "bank", alarm: "it", by, until: "2026-07-31T06:00:00.000Z" },
    });
    expect(events[2]).toMatchObject({ class: "alarm", subject: "it", data: { by, lesson: "lesson 1" } });
    await desk.stop();
  });

  test("says before what it will teach, and teaches just that", async () => {
    const { desk, raiseAlarm, types } = await createRig();
    await raiseAlarm("it");
    const { ignores } = await desk.preview("it");
    expect(types()).toEqual(["alarm.raised"]);
    expect((await desk.mark("it", by)).ignores).toEqual(ignores);
    expect((await desk.preview("it")).ignores).toEqual(ignores);
    await desk.stop();
  });

  test("keeps from the rules what is like it and stays there, once the lesson is on disk", async () => {
    const { desk, raiseAlarm, see, told, clock } = await createRig();
    await raiseAlarm("it");
    await desk.mark("it", by);
    for (let look = 0; look < 5; look++) {
      see(trackAt(5, [0.305, 0.8]));
      await clock.advance(1000);
    }
    expect(told).toEqual([]);
    see(trackAt(5, [0.305, 0.8]), trackAt(6, [0.6, 0.8]));
    expect(told).toEqual(["raise anew"]);
    await desk.stop();
  });

  test("of which nothing can be learnt is marked all the same, with the reason", async () => {
    const { desk, raiseAlarm, events, types, acknowledged } = await createRig();
    await raiseAlarm("it", { rule: "sos", because: { kind: "contact", input: "sos", closed: true } });
    expect(await desk.mark("it", by)).toEqual({ alarm: "it", nothing: "lesson.no_picture" });
    expect(types()).toEqual(["alarm.raised", "alarm.false"]);
    expect(events[1]?.data).toEqual({ by, nothing: "lesson.no_picture" });
    expect(acknowledged).toEqual(["it"]);
    expect(desk.list()).toEqual([]);
    await desk.stop();
  });

  test("that is over teaches, too, and is not acknowledged any more", async () => {
    const { desk, raiseAlarm, acknowledged } = await createRig();
    await raiseAlarm("it", raised([duck]), { status: "cleared" });
    expect((await desk.mark("it", by)).lesson).toBe("lesson 1");
    expect(acknowledged).toEqual([]);
    await desk.stop();
  });

  test("tapped twice at once teaches once", async () => {
    const { desk, raiseAlarm, types } = await createRig();
    await raiseAlarm("it");
    const [first, second] = await Promise.all([desk.mark("it", by), desk.mark("it", by)]);
    expect(second.lesson).toBe(first.lesson);
    expect(types().filter((type) => type !== "alarm.raised")).toEqual(["lesson.taught", "alarm.false"]);
    await desk.stop();
  });

  test("of a day ago, before the camera was turned, or while it looks elsewhere teaches nothing", async () => {
    const { desk, raiseAlarm, clock, faults } = await createRig();
    await raiseAlarm("old");
    await clock.advance(DAY_MS + 1);
    expect((await desk.preview("old")).nothing).toBe("lesson.old");
    await raiseAlarm("turned");
    desk.turned("pond-east");
    expect((await desk.preview("turned")).nothing).toBe("lesson.turned");
    await clock.advance(1000);
    await raiseAlarm("later");
    expect((await desk.preview("later")).nothing).toBeUndefined();
    faults.push({ fault: "moved", since: "" });
    expect((await desk.preview("later")).nothing).toBe("lesson.turned");
    await desk.stop();
  });

  test("that the disk does not take changes nothing, and can be tapped again", async () => {
    const { desk, raiseAlarm, disk, acknowledged } = await createRig();
    await raiseAlarm("it");
    disk.isFull = true;
    await expect(desk.mark("it", by)).rejects.toMatchObject({ code: "ledger.full" });
    expect(desk.list()).toEqual([]);
    expect(acknowledged).toEqual([]);
    disk.isFull = false;
    expect((await desk.mark("it", by)).lesson).toBeDefined();
    await desk.stop();
  });

  test("nobody knows is refused", async () => {
    const { desk } = await createRig();
    for (const what of [desk.preview("no"), desk.mark("no", by), desk.withdraw("no", by)]) {
      await expect(what).rejects.toMatchObject({ code: "alarm.unknown", kind: "permanent" });
    }
    await desk.stop();
  });
});

describe("taking it back", () => {
  test("lets the rule act at once on who is there, and leaves no mark", async () => {
    const { desk, raiseAlarm, see, told, alarms, types, events } = await createRig();
    await raiseAlarm("it");
    await desk.mark("it", by);
    see(trackAt(5, [0.3, 0.8]));
    expect(told).toEqual([]);
    await desk.undo("lesson 1", by);
    see(trackAt(5, [0.3, 0.8]));
    expect(told).toEqual(["raise anew"]);
    expect(desk.list()).toEqual([]);
    expect(alarms.get("it")?.falseBy).toBeUndefined();
    expect(types().slice(3)).toEqual(["lesson.ended", "alarm.false_withdrawn"]);
    expect(events[3]?.data).toMatchObject({ why: "person", by, ignored: 1 });
    await expect(desk.undo("lesson 1", by)).rejects.toMatchObject({ code: "lesson.unknown" });
    await desk.stop();
  });

  test("by the alarm goes for the lesson it taught, and where it taught nothing", async () => {
    const { desk, raiseAlarm, alarms } = await createRig();
    await raiseAlarm("it");
    await raiseAlarm("pressed", { because: { kind: "contact", input: "sos", closed: true } });
    for (const id of ["it", "pressed"]) {
      await expect(desk.withdraw(id, by)).rejects.toMatchObject({ code: "alarm.not_false" });
      await desk.mark(id, by);
      expect(alarms.get(id)?.falseBy).toBe("王干部");
      await desk.withdraw(id, by);
      expect(alarms.get(id)?.falseBy).toBeUndefined();
    }
    expect(desk.list()).toEqual([]);
    await desk.stop();
  });

  test("acts also while the disk takes nothing", async () => {
    const { desk, raiseAlarm, disk, see, told } = await createRig();
    await raiseAlarm("it");
    await desk.mark("it", by);
    disk.isFull = true;
    await desk.undo("lesson 1", by);
    see(trackAt(5, [0.3, 0.8]));
    expect(told).toEqual(["raise anew"]);
    await desk.stop();
  });

  test("while it is being taught once more leaves nothing behind", async () => {
    const { desk, raiseAlarm } = await createRig();
    await raiseAlarm("it");
    await desk.mark("it", by);
    await raiseAlarm("again");
    const marking = desk.mark("again", by);
    await desk.undo("lesson 1", by);
    const answer = await marking;
    expect(desk.list().map(({ id }) => id)).toEqual(answer.lesson === undefined ? [] : [answer.lesson]);
    expect(desk.list().some(({ id }) => id === "lesson 1")).toBe(false);
    await desk.stop();
  });
});

describe("what a lesson ignored", () => {
  test("is counted once a stay, with one picture an hour", async () => {
    const { desk, raiseAlarm, see, clock, counted, pictures } = await createRig();
    await raiseAlarm("it");
    await desk.mark("it", by);
    for (let look = 0; look < 20; look++) {
      see(trackAt(5, [0.3, 0.8]));
      await clock.advance(500);
    }
    expect(desk.list()).toMatchObject([{ today: 1, week: 1, total: 1 }]);
    expect(counted).toEqual(["lesson 1 2026-07-01"]);
    expect(await desk.picture("lesson 1")).toEqual(Buffer.from("jpeg"));
    expect(desk.list()[0]?.picturedAt).toBe("2026-07-01T06:00:00.000Z");
    pictures.clear();
    await clock.advance(120_000);
    see(trackAt(6, [0.3, 0.8]));
    await clock.settle();
    expect(desk.list()[0]?.total).toBe(2);
    expect(pictures.size).toBe(0);
    await clock.advance(HOUR_MS);
    see(trackAt(7, [0.3, 0.8]));
    await clock.settle();
    expect(pictures.size).toBe(1);
    expect(desk.figures()).toEqual([{ camera: "pond-east", zone: "bank", ignored: 3 }]);
    await desk.stop();
  });

  test("is no stay shorter than any rule of the zone waits for", async () => {
    const when = { kind: "person", camera: "pond-east", zone: "bank", dwellSeconds: 10 } as const;
    const { desk, raiseAlarm, see, clock } = await createRig({ rules: [{ ...rule, when }] });
    await raiseAlarm("it");
    await desk.mark("it", by);
    for (let look = 0; look < 12; look++) {
      expect(desk.list()[0]?.total).toBe(look > 10 ? 1 : 0);
      see(trackAt(5, [0.3, 0.8]));
      await clock.advance(1000);
    }
    await desk.stop();
  });

  test("is told to the ledger once a day that is over, also of an earlier run", async () => {
    const carried = lessonFrom(raised([duck]), "old");
    const counts = [
      { lesson: "old", day: "2026-06-29", count: 3, told: true },
      { lesson: "old", day: "2026-06-30", count: 2, told: false },
    ];
    const { desk, see, clock, events } = await createRig({ lessons: [carried], counts });
    see(trackAt(5, [0.3, 0.8]));
    await clock.advance(DAY_MS);
    expect(events.map(({ type, subject, data }) => [type, subject, data])).toEqual([
      [
        "org.cunshao.lesson.ignored",
        "old",
        { camera: "pond-east", zone: "bank", day: "2026-06-30", count: 2 },
      ],
      [
        "org.cunshao.lesson.ignored",
        "old",
        { camera: "pond-east", zone: "bank", day: "2026-07-01", count: 1 },
      ],
    ]);
    expect(desk.list()).toMatchObject([{ today: 0, week: 6, total: 6 }]);
    await desk.stop();
  });

  test("goes with the lesson", async () => {
    const { desk, raiseAlarm, see, clock, pictures } = await createRig();
    await raiseAlarm("it");
    await desk.mark("it", by);
    see(trackAt(5, [0.3, 0.8]));
    await clock.settle();
    expect(pictures.size).toBe(1);
    await desk.undo("lesson 1", by);
    expect(pictures.size).toBe(0);
    await expect(desk.picture("lesson 1")).rejects.toMatchObject({ code: "lesson.unknown" });
    await desk.stop();
  });
});

describe("a lesson ends", () => {
  const isIgnoring = (rig: Awaited<ReturnType<typeof createRig>>): boolean => {
    const before = rig.told.length;
    rig.see(trackAt(Math.floor(rig.clock.now().monotonicMs) + 5, [0.3, 0.8]));
    return rig.told.length === before;
  };
  const old = (days: number, change: Partial<Lesson> = {}): Lesson => ({
    ...lessonFrom(raised([duck]), "old"),
    taught: [{ alarm: "a", by, atMs: moment(0).wallMs - days * DAY_MS, clock: "synced" }],
    ...change,
  });

  test("after thirty days, or seven where a person was surely seen", async () => {
    for (const [isPerson, days] of [
      [false, 30],
      [true, 7],
    ] as const) {
      const rig = await createRig({ lessons: [old(days - 1, { isPerson })] });
      expect(isIgnoring(rig)).toBe(true);
      await rig.clock.advance(DAY_MS);
      expect(isIgnoring(rig)).toBe(false);
      expect(rig.events.at(-1)?.data).toMatchObject({ why: "time", ignored: 1 });
      expect(rig.types()).toContain("lesson.ended");
      await rig.desk.stop();
    }
  });

  test("later where it is taught once more, and ignores no more than before", async () => {
    const rig = await createRig({ lessons: [old(29)] });
    await rig.raiseAlarm("again");
    expect(await rig.desk.mark("again", by)).toMatchObject({ repeats: true, lesson: "old" });
    expect(rig.desk.list()).toMatchObject([{ alarms: ["a", "again"], until: "2026-07-31T06:00:00.000Z" }]);
    expect(rig.desk.list()[0]?.spots).toEqual(old(1).spots);
    await rig.desk.stop();
  });

  test("with the camera's direction: turned, or a new reference, and rests while it looks elsewhere", async () => {
    const turned = await createRig({ lessons: [old(1)] });
    turned.desk.turned("gate");
    expect(turned.desk.list()).toHaveLength(1);
    turned.desk.turned("pond-east");
    expect(turned.events).toMatchObject([{ type: "org.cunshao.lesson.ended", data: { why: "turned" } }]);
    const moved = await createRig({ lessons: [old(1)] });
    moved.faults.push({ fault: "moved", since: "" });
    await moved.clock.advance(5000);
    expect(moved.desk.list()).toMatchObject([{ state: "moved" }]);
    expect(isIgnoring(moved)).toBe(false);
    const reference = {
      type: "org.cunshao.camera.reference.set",
      class: "audit",
      subject: "pond-east",
      data: {},
    };
    await moved.append(reference as EventDraft);
    expect(moved.desk.list()).toEqual([]);
    await turned.desk.stop();
    await moved.desk.stop();
  });

  test("with a zone that is gone or was redrawn around another place", async () => {
    const elsewhere = { ...old(1).spots[0], feet: [0.5, 0.1] } as Lesson["spots"][number];
    const lessons = [
      old(1, { id: "gone", zone: "pier" }),
      old(1, { id: "redrawn", spots: [elsewhere] }),
      old(1),
    ];
    const { desk, events } = await createRig({ lessons });
    expect(events.map(({ subject, data }) => [subject, data["why"]])).toEqual([
      ["gone", "zone"],
      ["redrawn", "zone"],
    ]);
    expect(desk.list().map(({ id }) => id)).toEqual(["old"]);
    await desk.stop();
  });

  test("at a restart when it was taught by a clock that nobody trusted; another waits for a right one", async () => {
    const untrusted = old(1, {
      id: "untrusted",
      taught: [{ alarm: "a", by, atMs: START_WALL_MS, clock: "unsynced" }],
    });
    const rig = await createRig({ lessons: [old(1), untrusted], isSynced: false });
    expect(rig.events).toMatchObject([{ subject: "untrusted", data: { why: "clock" } }]);
    expect(rig.desk.list()).toMatchObject([{ id: "old", state: "clock" }]);
    expect(isIgnoring(rig)).toBe(false);
    rig.synced.now = true;
    await rig.clock.advance(5000);
    expect(rig.desk.list()).toMatchObject([{ state: "holding" }]);
    await rig.clock.advance(60_000);
    expect(isIgnoring(rig)).toBe(true);
    await rig.desk.stop();
  });

  test("for the day at other hours than those its false alarms agree on", async () => {
    const taught = [1, 2, 3].map((days) => ({
      ...{ alarm: `a${days}`, by, clock: "synced" as const },
      atMs: START_WALL_MS - days * DAY_MS,
    }));
    const rig = await createRig({ lessons: [old(1, { taught: [...taught].reverse() })] });
    expect(rig.desk.list()).toMatchObject([{ hours: { fromMinute: 13 * 60, toMinute: 15 * 60 } }]);
    expect(isIgnoring(rig)).toBe(true);
    await rig.clock.advance(HOUR_MS + 5000);
    expect(isIgnoring(rig)).toBe(false);
    rig.synced.now = false;
    await rig.clock.advance(DAY_MS - HOUR_MS);
    expect(isIgnoring(rig)).toBe(false);
    await rig.desk.stop();
  });
});
