import { describe, expect, test } from "vitest";
import type { EventDraft } from "../../../src/core/event.ts";
import type { Point } from "../../../src/core/geometry.ts";
import type { Lesson } from "../../../src/core/lesson.ts";
import { by, createRig, DAY_MS, duck, HOUR_MS } from "./lesson-desk-rig.ts";
import { lessonFrom, raised, trackAt } from "./lesson-samples.ts";
import { moment, START_WALL_MS } from "./rule-samples.ts";

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

  test("for as long as the water leaves too little of its zone, and for good when that is redrawn", async () => {
    const rig = await createRig({ lessons: [old(1)] });
    const [zone] = rig.zones.now;
    if (!zone) throw new Error("no zone");
    const strip = (from: number, to: number): readonly Point[] => [
      [0.1, from],
      [0.9, from],
      [0.9, to],
      [0.1, to],
    ];
    expect(isIgnoring(rig)).toBe(true);
    rig.zones.now = [{ ...zone, polygon: strip(0.76, 0.84), whole: zone.polygon }];
    await rig.clock.advance(70_000);
    expect(rig.desk.list()).toMatchObject([{ state: "zone" }]);
    expect(isIgnoring(rig)).toBe(false);
    rig.zones.now = [zone];
    await rig.clock.advance(70_000);
    expect(isIgnoring(rig)).toBe(true);
    rig.zones.now = [{ ...zone, polygon: strip(0.1, 0.5) }];
    await rig.clock.advance(5000);
    expect(rig.events.at(-1)?.data).toMatchObject({ why: "zone" });
    expect(rig.desk.list()).toEqual([]);
    await rig.desk.stop();
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
