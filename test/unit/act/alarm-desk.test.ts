import { describe, expect, test } from "vitest";
import { createAlarmDesk } from "../../../src/act/alarm-desk.ts";
import { createAlarmPictures } from "../../../src/act/alarm-pictures.ts";
import { createAlarmRecorder } from "../../../src/act/alarm-recorder.ts";
import type { Alarm, AlarmRaise } from "../../../src/core/alarm.ts";
import type { OnDuty } from "../../../src/core/duty.ts";
import type { EventDraft } from "../../../src/core/event.ts";
import { silentLogger } from "../../../src/core/log.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { createEvidenceDouble, createLedgerDouble } from "../../support/stores-double.ts";
import { until } from "../../support/until.ts";
import { createVillageDouble } from "../../support/village-double.ts";

const AT = { wallMs: 0, monotonicMs: 0 };
const PRESENCE = {
  kind: "presence",
  camera: "pond-east",
  zone: "bank",
  present: true,
  boxes: [],
  detector: "movement",
  at: AT,
} as const;
const RAISE: AlarmRaise = {
  id: "alarm-1",
  rule: "pond-bank",
  severity: "warning",
  evidence: { camera: "pond-east" },
  because: PRESENCE,
};
const BY = { kind: "person", name: "liu" } as const;

function createRig(known: Partial<Alarm>[] = []) {
  const clock = createManualClock();
  const double = createLedgerDouble(clock);
  const written: EventDraft[] = [];
  const started: string[] = [];
  const clips: string[] = [];
  const duty: OnDuty[] = [];
  let open = (): void => {};
  let gate: Promise<void> = Promise.resolve();
  const ledger = Object.assign(double, {});
  const append = double.append.bind(double);
  ledger.append = async (draft) => {
    started.push(draft.type.replace("org.cunshao.", ""));
    await gate;
    const event = await append(draft);
    written.push(draft);
    return event;
  };
  const camera = { picture: async () => Buffer.from([0xff, 0xd8, 0xff, 0xd9]) };
  const alarms = known as Alarm[];
  const recorder = createAlarmRecorder({ ledger, clock, random: () => 0, log: silentLogger });
  const village = createVillageDouble(clock);
  const snapshot = (id: string): Promise<Buffer> => {
    started.push(`snapshot of ${id}`);
    return camera.picture();
  };
  const desk = createAlarmDesk({
    ledger,
    recorder,
    alarms: {
      get: async (id) => alarms.find((alarm) => alarm.id === id),
      open: async () => alarms,
      latest: async () => alarms,
      past: async () => alarms,
    },
    clips: {
      begin: (alarm) => clips.push(`begin ${alarm.id}`),
      release: (alarm) => clips.push(`release ${alarm}`),
    },
    pictures: createAlarmPictures({
      evidence: createEvidenceDouble(),
      recorder,
      drawMarks: async (jpeg) => Buffer.from(jpeg),
      village: () => ({ ...village, snapshot }),
      log: silentLogger,
    }),
    onDuty: () => duty,
  });
  return {
    desk,
    clock,
    ledger,
    written,
    started,
    clips,
    duty,
    camera,
    /** Lets the disk hang until it is released. */
    block() {
      gate = new Promise((resolve) => {
        open = resolve;
      });
      return () => open();
    },
  };
}

describe("the life of an alarm", () => {
  test("is written in the words of the ledger, without the process's own clock", async () => {
    const { desk, written } = createRig();
    await desk.record({ kind: "raise", alarm: { ...RAISE, evidence: undefined }, at: AT });
    await desk.record({ kind: "escalate", alarm: "alarm-1", step: 1, at: AT });
    await desk.record({ kind: "clear", alarm: "alarm-1", at: AT });
    const { at: _at, ...because } = PRESENCE;
    expect(written).toEqual([
      {
        type: "org.cunshao.alarm.raised",
        class: "alarm",
        subject: "alarm-1",
        data: { rule: "pond-bank", severity: "warning", detector: "movement", because },
      },
      { type: "org.cunshao.alarm.escalated", class: "alarm", subject: "alarm-1", data: { step: 1 } },
      { type: "org.cunshao.alarm.cleared", class: "alarm", subject: "alarm-1", data: {} },
    ]);
  });

  test("names who is on duty at that time, never a telephone number, and how grave it has become", async () => {
    const { desk, written, duty } = createRig();
    duty.push({ name: "值班员甲", phone: "100 0001" }, { name: "值班员乙", phone: "100 0002" });
    await desk.record({ kind: "raise", alarm: { ...RAISE, evidence: undefined }, at: AT });
    await desk.record({ kind: "escalate", alarm: "alarm-1", step: 2, severity: "danger", at: AT });
    expect(written.map(({ data }) => data)).toMatchObject([
      { severity: "warning", duty: ["值班员甲", "值班员乙"] },
      { step: 2, severity: "danger" },
    ]);
    expect(JSON.stringify(written)).not.toContain("100 000");
  });

  test("gets the picture of now: taking it does not wait for the disk, its event comes after the alarm's", async () => {
    const { desk, written, started, block } = createRig();
    const release = block();
    const done = desk.record({ kind: "raise", alarm: RAISE, at: AT });
    await until(() => started.length === 2);
    expect(started).toEqual(["snapshot of pond-east", "alarm.raised"]);
    release();
    await done;
    expect(written.map(({ type }) => type)).toEqual([
      "org.cunshao.alarm.raised",
      "org.cunshao.evidence.added",
    ]);
    expect(written[1]).toMatchObject({
      class: "alarm",
      subject: "alarm-1",
      data: { kind: "snapshot", camera: "pond-east", mediaType: "image/jpeg", sizeBytes: 4 },
    });
  });

  test("is not lost for want of a picture", async () => {
    const { desk, written, camera } = createRig();
    camera.picture = () => Promise.reject(new Error("blind"));
    await desk.record({ kind: "raise", alarm: RAISE, at: AT });
    expect(written.map(({ type }) => type)).toEqual(["org.cunshao.alarm.raised"]);
  });

  test("has its clip begun before the disk has the alarm, and let go of when it is over", async () => {
    const { desk, written, clips, block } = createRig();
    const release = block();
    const raised = desk.record({ kind: "raise", alarm: RAISE, at: AT });
    expect(clips).toEqual(["begin alarm-1"]);
    release();
    await raised;
    // The next start reads from this what a power cut kept from being made.
    expect(written[0]?.data).toMatchObject({
      clip: { camera: "pond-east", beforeSeconds: 10, afterSeconds: 10 },
    });
    await desk.record({ kind: "clear", alarm: "alarm-1", at: AT });
    expect(clips).toEqual(["begin alarm-1", "release alarm-1"]);
  });

  test("takes no picture where the rule asks for none", async () => {
    const { desk, started } = createRig();
    await desk.record({ kind: "raise", alarm: { ...RAISE, evidence: undefined }, at: AT });
    expect(started).toEqual(["alarm.raised"]);
  });

  test("has its picture from the camera that the rule names where none saw what happened", async () => {
    const { desk, started } = createRig();
    const reading = {
      kind: "reading",
      sensor: "pond-level",
      value: 3.4,
      unit: "m",
      quality: "good",
    } as const;
    const because = { ...reading, at: AT };
    await desk.record({
      kind: "raise",
      alarm: { ...RAISE, because, evidence: { camera: "square" } },
      at: AT,
    });
    expect(started).toContain("snapshot of square");
  });

  test("waits for a full disk, and is written before its clearing when there is space again", async () => {
    const { desk, ledger, clock, written, started } = createRig();
    ledger.failing = true;
    const raised = desk.record({ kind: "raise", alarm: { ...RAISE, evidence: undefined }, at: AT });
    const cleared = desk.record({ kind: "clear", alarm: "alarm-1", at: AT });
    await until(() => started.length === 1 && clock.pending() === 1);
    ledger.failing = false;
    await clock.advance(500);
    await Promise.all([raised, cleared]);
    expect(written.map(({ type }) => type)).toEqual([
      "org.cunshao.alarm.raised",
      "org.cunshao.alarm.cleared",
    ]);
  });
});

describe("a person", () => {
  test("acknowledges and clears under their name", async () => {
    const { desk, written } = createRig([{ id: "alarm-1", status: "raised" }]);
    await desk.acknowledge("alarm-1", BY);
    await desk.clear("alarm-1", BY);
    expect(written).toEqual([
      { type: "org.cunshao.alarm.acknowledged", class: "alarm", subject: "alarm-1", data: { by: BY } },
      { type: "org.cunshao.alarm.cleared", class: "alarm", subject: "alarm-1", data: { by: BY } },
    ]);
  });

  test("who does it again changes nothing", async () => {
    const { desk, written } = createRig([
      { id: "alarm-1", status: "acknowledged", acknowledgedBy: "liu" },
      { id: "alarm-2", status: "cleared" },
    ]);
    await desk.acknowledge("alarm-1", BY);
    await desk.clear("alarm-2", BY);
    expect(written).toEqual([]);
  });

  test("may acknowledge what somebody else has acknowledged", async () => {
    const { desk, written } = createRig([{ id: "alarm-1", status: "acknowledged", acknowledgedBy: "wang" }]);
    await desk.acknowledge("alarm-1", BY);
    expect(written).toHaveLength(1);
  });

  test("cannot acknowledge what is over, nor touch what never was", async () => {
    const { desk } = createRig([{ id: "alarm-1", status: "cleared" }]);
    await expect(desk.acknowledge("alarm-1", BY)).rejects.toMatchObject({ code: "alarm.cleared" });
    await expect(desk.acknowledge("alarm-9", BY)).rejects.toMatchObject({ code: "alarm.unknown" });
    await expect(desk.clear("alarm-9", BY)).rejects.toMatchObject({ code: "alarm.unknown" });
  });

  test("who clears it in the moment in which it ends by itself changes nothing", async () => {
    const known: Partial<Alarm>[] = [{ id: "alarm-1", status: "raised" }];
    const { desk, ledger, written, block } = createRig(known);
    ledger.onAppend(() => known.splice(0, 1, { id: "alarm-1", status: "cleared" }));
    const release = block();
    const ends = [desk.record({ kind: "clear", alarm: "alarm-1", at: AT }), desk.clear("alarm-1", BY)];
    release();
    await Promise.all(ends);
    expect(written.map(({ data }) => data)).toEqual([{}]);
  });

  test("clears it once, though it ends by itself meanwhile and somebody else clears it, too", async () => {
    const known: Partial<Alarm>[] = [{ id: "alarm-1", status: "raised" }];
    const { desk, ledger, written, block } = createRig(known);
    ledger.onAppend(() => known.splice(0, 1, { id: "alarm-1", status: "cleared" }));
    const release = block();
    const ends = [
      desk.clear("alarm-1", BY),
      desk.record({ kind: "clear", alarm: "alarm-1", at: AT }),
      desk.clear("alarm-1", { ...BY, name: "wang" }),
    ];
    release();
    await Promise.all(ends);
    expect(written.map(({ data }) => data)).toEqual([{ by: BY }]);
  });

  test("who could not clear it does not keep it from ending by itself", async () => {
    const { desk, ledger, written, clock, started } = createRig([{ id: "alarm-1", status: "raised" }]);
    ledger.failing = true;
    const cleared = desk.clear("alarm-1", BY);
    const ended = desk.record({ kind: "clear", alarm: "alarm-1", at: AT });
    await expect(cleared).rejects.toMatchObject({ code: "ledger.full" });
    await until(() => started.length === 2 && clock.pending() === 1);
    ledger.failing = false;
    await clock.advance(500);
    await ended;
    expect(written.map(({ data }) => data)).toEqual([{}]);
  });

  test("learns when it could not be recorded", async () => {
    const { desk, ledger } = createRig([{ id: "alarm-1", status: "raised" }]);
    ledger.failing = true;
    await expect(desk.acknowledge("alarm-1", BY)).rejects.toMatchObject({ code: "ledger.full" });
  });

  test("writes down what somebody has for whoever comes next, also after it is over, up to fifty times", async () => {
    const notes = Array.from({ length: 50 }, () => ({
      at: "2026-07-01T06:00:00.000Z",
      by: "liu",
      text: "x",
    }));
    const { desk, written } = createRig([
      { id: "over", status: "cleared" },
      { id: "full", status: "raised", notes },
    ]);
    await desk.note("over", "人已劝离", BY);
    expect(written).toEqual([
      {
        type: "org.cunshao.alarm.noted",
        class: "alarm",
        subject: "over",
        data: { by: BY, text: "人已劝离" },
      },
    ]);
    await expect(desk.note("full", "y", BY)).rejects.toMatchObject({ code: "alarm.too_many_notes" });
    await expect(desk.note("none", "x", BY)).rejects.toMatchObject({ code: "alarm.unknown" });
    expect(written).toHaveLength(1);
  });

  test.each([
    ["the last note again, as after an answer that was lost", "人已劝离", BY, 0],
    ["the same words of somebody else", "人已劝离", { ...BY, name: "zhang" }, 1],
    ["other words", "又来了", BY, 1],
    ["what stood there before the last", "先看看", BY, 1],
  ])("%s is written %3$i times", async (_what, text, by, times) => {
    const at = "2026-07-01T06:00:00.000Z";
    const notes = ["先看看", "人已劝离"].map((words) => ({ at, by: BY.name, text: words }));
    const { desk, written } = createRig([{ id: "alarm-1", status: "raised", notes }]);
    await desk.note("alarm-1", text, by);
    expect(written).toHaveLength(times);
  });
});
