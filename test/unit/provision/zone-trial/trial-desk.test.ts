import { describe, expect, test } from "vitest";
import { errorCode } from "../../../../src/core/errors.ts";
import { noCells } from "../../../../src/core/movement-cells.ts";
import type { Rule } from "../../../../src/core/site.ts";
import type { ZoneDesk } from "../../../../src/core/zones.ts";
import { createSteppedClock } from "../../../support/stepped-clock.ts";
import { createZoneTrialsRig } from "../../../support/zone-trials-double.ts";

const polygon = [
  [0, 0.5],
  [1, 0.5],
  [1, 1],
] as const;
const zones: Pick<ZoneDesk, "preview" | "zonesOf"> = {
  zonesOf: () => [{ id: "bank", name: "塘埂", polygon: [] }],
  preview: (_camera, id, drawing) => [
    { id, name: "塘埂", polygon: drawing.polygon },
    { id: "gate", name: "塘口", polygon: [] },
  ],
};
const RULE: Rule = {
  id: "pond-bank",
  name: "东塘有人靠近",
  when: { kind: "person", camera: "pond-east", zone: "bank", dwellSeconds: 3 },
  schedule: { days: [1], fromMinute: 0, toMinute: 1 },
  cooldownSeconds: 0,
  say: [],
  escalate: [],
};
const orderOf = (name: string) => ({
  ...{ camera: "pond-east", zone: "bank", drawing: { polygon } },
  by: { kind: "person" as const, name },
});

function rig() {
  const clock = createSteppedClock();
  const nowMs = clock.now().wallMs;
  const made = createZoneTrialsRig(clock, zones, [RULE]);
  made.segments.record({ startMs: nowMs - 1_200_000, seconds: 600, size: "160x96" });
  const cells = noCells();
  const fromMs = nowMs - 1_000_000;
  made.movement.add({
    camera: "pond-east",
    fromMs,
    toMs: fromMs + 10_000,
    clock: "synced",
    zones: [],
    cells,
  });
  const begin = async (name = "installer") => made.desk.begin(await made.desk.weigh(orderOf(name)));
  const stateOf = (id: string) => made.desk.find("pond-east", id);
  return { ...made, clock, nowMs, begin, stateOf };
}

describe("a dry run that is ordered", () => {
  test("asks the program for what moved of the last hour, with the zone as drawn and its rules", async () => {
    const { begin, programs, nowMs } = rig();
    const state = await begin();
    expect(state).toMatchObject({
      status: "running",
      by: "installer",
      fromMs: nowMs - 3_600_000,
      toMs: nowMs,
      recordedSeconds: 600,
      stillSeconds: 571,
      rules: [{ id: "pond-bank", name: "东塘有人靠近" }],
      alarms: [],
    });
    expect(programs[0]?.questions).toMatchObject([
      {
        camera: "pond-east",
        tried: { camera: "pond-east", zone: "bank" },
        zones: [{ id: "bank", polygon }, { id: "gate" }],
        rules: [{ id: "pond-bank" }],
        segments: [{ startMs: nowMs - 1_200_000, clock: "synced" }],
        stretches: [{ fromMs: nowMs - 1_006_000, toMs: nowMs - 977_000 }],
      },
    ]);
  });

  test("tells what was found as it comes, and ends the program when it is done", async () => {
    const { begin, programs, stateOf, desk, nowMs } = rig();
    const { id } = await begin();
    const [program] = programs;
    program?.answer({ kind: "began", detector: "nanodet-g" });
    const seen = { people: 1, inZone: 1, longestStaySeconds: 4 };
    program?.answer({ kind: "progress", lookedAtSeconds: 15, seen });
    const alarm = { rule: "pond-bank", atMs: nowMs - 990_000, boxes: [] };
    const picture = Uint8Array.of(255, 216, 255);
    program?.answer({ kind: "alarm", alarm, picture });
    program?.answer({ kind: "alarm", alarm });
    expect(stateOf(id)).toMatchObject({
      ...{ status: "running", detector: "nanodet-g", lookedAtSeconds: 15, seen, alarmCount: 2 },
      alarms: [
        { ...alarm, number: 1, hasPicture: true },
        { ...alarm, number: 2, hasPicture: false },
      ],
    });
    program?.answer({ kind: "done" });
    expect(stateOf(id)?.status).toBe("done");
    expect(program?.isRunning).toBe(false);
    expect(desk.picture("pond-east", id, 1)).toEqual(picture);
    expect([2, 3].map((number) => desk.picture("pond-east", id, number))).toEqual([undefined, undefined]);
  });

  test("is one at a time: another's is waited for, one's own takes the place of the one before", async () => {
    const { begin, programs, stateOf, desk } = rig();
    const first = await begin();
    await expect(begin("somebody").catch(errorCode)).resolves.toBe("trial.busy");
    const second = await begin();
    expect(programs.map(({ isRunning }) => isRunning)).toEqual([false, true]);
    expect(stateOf(first.id)).toBeUndefined();
    expect(desk.cancel("pond-east", second.id)).toBe(true);
    expect(stateOf(second.id)?.status).toBe("stopped");
    expect((await begin("somebody")).status).toBe("running");
  });

  test("refuses the second of two that were weighed at the same time", async () => {
    const { desk } = rig();
    const [one, other] = await Promise.all([desk.weigh(orderOf("a")), desk.weigh(orderOf("b"))]);
    desk.begin(one);
    expect(() => desk.begin(other)).toThrow(expect.objectContaining({ code: "trial.busy" }));
  });

  test("stops when nobody has asked for it for a minute, and goes on while somebody does", async () => {
    const { begin, stateOf, clock, desk, programs } = rig();
    await desk.start();
    const { id } = await begin();
    for (let minutes = 0; minutes < 5; minutes += 0.75) {
      clock.step(45_000);
      expect(stateOf(id)?.status).toBe("running");
    }
    clock.step(70_000);
    expect(programs[0]?.isRunning).toBe(false);
    expect(stateOf(id)?.status).toBe("stopped");
  });

  test("forgets after an hour what it has found", async () => {
    const { begin, stateOf, clock, desk, programs } = rig();
    await desk.start();
    const { id } = await begin();
    programs[0]?.answer({ kind: "done" });
    clock.step(3_500_000);
    expect(stateOf(id)?.status).toBe("done");
    clock.step(200_000);
    expect(stateOf(id)).toBeUndefined();
  });

  test("has failed when its program says so, or ends by itself", async () => {
    const { begin, programs, stateOf } = rig();
    const first = await begin();
    programs[0]?.answer({ kind: "failed", code: "detector.missing", message: "no file" });
    expect(stateOf(first.id)).toMatchObject({ status: "failed", failure: "detector.missing" });
    const second = await begin();
    programs[1]?.crash();
    await expect.poll(() => stateOf(second.id)).toMatchObject({ status: "failed", failure: "trial.crashed" });
  });

  test("shows the first 60 alarms and counts the others", async () => {
    const { begin, programs, stateOf, desk } = rig();
    const { id } = await begin();
    const picture = Uint8Array.of(1);
    for (let i = 0; i < 70; i++)
      programs[0]?.answer({ kind: "alarm", alarm: { atMs: i, boxes: [] }, picture });
    expect(stateOf(id)?.alarmCount).toBe(70);
    expect(stateOf(id)?.alarms).toHaveLength(60);
    expect(desk.picture("pond-east", id, 61)).toBeUndefined();
  });

  test("is not begun where nothing is recorded", async () => {
    const { desk, segments } = rig();
    segments.segments.length = 0;
    await expect(desk.weigh(orderOf("a")).catch(errorCode)).resolves.toBe("recordings.none");
  });

  test("ends with the gateway", async () => {
    const { begin, desk, programs } = rig();
    await desk.start();
    await begin();
    await desk.stop();
    expect(programs[0]?.isRunning).toBe(false);
  });
});
