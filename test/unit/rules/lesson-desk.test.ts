import { describe, expect, test } from "vitest";
import { by, createRig, DAY_MS, duck, HOUR_MS, rule } from "./lesson-desk-rig.ts";
import { lessonFrom, raised, trackAt } from "./lesson-samples.ts";

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
