import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createAlarmClips } from "../../../src/act/alarm-clips.ts";
import { createAlarmRecorder } from "../../../src/act/alarm-recorder.ts";
import type { AlarmRaise } from "../../../src/core/alarm.ts";
import { GatewayError } from "../../../src/core/errors.ts";
import type { ClipOrder, ClipTaker, TakenClip } from "../../../src/core/footage.ts";
import { silentLogger } from "../../../src/core/log.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { createEvidenceDouble, createLedgerDouble } from "../../support/stores-double.ts";
import { until } from "../../support/until.ts";

const AT = { wallMs: Date.parse("2026-07-01T06:00:00Z"), monotonicMs: 0 };
const RAISE: AlarmRaise = {
  id: "alarm-1",
  rule: "pond-bank",
  severity: "warning",
  evidence: { camera: "pond-east" },
  because: {
    kind: "presence",
    camera: "pond-east",
    zone: "bank",
    present: true,
    boxes: [],
    detector: "movement",
    at: AT,
  },
};
const failure = (code: string) => new GatewayError(code, { code, kind: "transient" });

function clipFile(lack?: string): TakenClip {
  const path = join(mkdtempSync(join(tmpdir(), "clip-")), "clip.mp4");
  writeFileSync(path, "a clip");
  return {
    camera: "pond-east",
    path,
    mediaType: "video/mp4",
    sizeBytes: 6,
    fromMs: AT.wallMs - 10_000,
    toMs: AT.wallMs + 10_000,
    clock: "synced",
    lack,
  };
}

function createRig(due: ClipOrder[] = []) {
  const clock = createManualClock(AT.wallMs);
  const ledger = createLedgerDouble(clock);
  const ordered: ClipOrder[] = [];
  const done: string[] = [];
  const outcome: { ready: Promise<TakenClip>; recover: () => Promise<TakenClip> } = {
    ready: Promise.resolve(clipFile()),
    recover: async () => clipFile("clip.cut_off"),
  };
  const clips: ClipTaker = {
    take(order) {
      ordered.push(order);
      return {
        ready: outcome.ready,
        release: () => done.push(`released ${order.alarm}`),
        settle: async () => void done.push(`settled ${order.alarm}`),
      };
    },
    recover: () => outcome.recover(),
    forgetRemains: async () => void done.push("forgot"),
  };
  const evidence = createEvidenceDouble();
  const alarmClips = createAlarmClips({
    clips,
    evidence,
    book: { withoutClip: async () => due },
    recorder: createAlarmRecorder({ ledger, clock, random: () => 0, log: silentLogger }),
    log: silentLogger,
  });
  return {
    alarmClips,
    ordered,
    outcome,
    done,
    evidence,
    written: () => ledger.read({ after: 0, limit: 100 }),
  };
}

describe("the clip of an alarm", () => {
  test("is ordered as its rule says, and stands in the ledger with its hash, times and clock", async () => {
    const { alarmClips, ordered, done, written } = createRig();
    alarmClips.begin(
      { ...RAISE, evidence: { camera: "pond-east", clip: { beforeSeconds: 5, afterSeconds: 30 } } },
      AT,
    );
    expect(ordered).toEqual([
      { alarm: "alarm-1", camera: "pond-east", atMs: AT.wallMs, beforeSeconds: 5, afterSeconds: 30 },
    ]);
    await until(() => done.includes("settled alarm-1"));
    expect(await written()).toMatchObject([
      {
        type: "org.cunshao.evidence.added",
        class: "alarm",
        subject: "alarm-1",
        data: {
          kind: "clip",
          camera: "pond-east",
          sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
          mediaType: "video/mp4",
          sizeBytes: 6,
          from: "2026-07-01T05:59:50.000Z",
          to: "2026-07-01T06:00:10.000Z",
          clock: "synced",
          complete: true,
        },
      },
    ]);
  });

  test("says what it lacks", async () => {
    const { alarmClips, outcome, done, written } = createRig();
    outcome.ready = Promise.resolve(clipFile("camera.lost"));
    alarmClips.begin(RAISE, AT);
    await until(() => done.includes("settled alarm-1"));
    expect((await written())[0]?.data).toMatchObject({ complete: false, reason: "camera.lost" });
  });

  test("is stored once for alarms that share it, with an event for each", async () => {
    const { alarmClips, done, written } = createRig();
    alarmClips.begin(RAISE, AT);
    alarmClips.begin({ ...RAISE, id: "alarm-2" }, AT);
    await until(() => done.length === 2);
    const events = await written();
    expect(events.map(({ subject }) => subject)).toEqual(["alarm-1", "alarm-2"]);
    expect(events[0]?.data["sha256"]).toBe(events[1]?.data["sha256"]);
  });

  test("that cannot be had is said to be missing, and why", async () => {
    const { alarmClips, outcome, done, written } = createRig();
    outcome.ready = Promise.reject(failure("clip.no_pictures"));
    alarmClips.begin(RAISE, AT);
    await until(() => done.includes("settled alarm-1"));
    expect(await written()).toMatchObject([
      {
        type: "org.cunshao.evidence.missing",
        class: "alarm",
        subject: "alarm-1",
        data: { kind: "clip", camera: "pond-east", reason: "clip.no_pictures" },
      },
    ]);
  });

  test("that the gateway's end cuts off is left for the next start", async () => {
    const { alarmClips, outcome, done, written } = createRig();
    outcome.ready = Promise.reject(failure("clip.interrupted"));
    alarmClips.begin(RAISE, AT);
    await new Promise((resolve) => setImmediate(resolve));
    expect(await written()).toEqual([]);
    expect(done).toEqual([]);
  });

  test("learns when its alarm is over; of other alarms it knows nothing", () => {
    const { alarmClips, done } = createRig();
    alarmClips.begin(RAISE, AT);
    alarmClips.release("alarm-1");
    alarmClips.release("alarm-9");
    expect(done).toEqual(["released alarm-1"]);
  });

  test("is not ordered where the rule wants none", () => {
    const { alarmClips, ordered } = createRig();
    alarmClips.begin({ ...RAISE, evidence: undefined }, AT);
    expect(ordered).toEqual([]);
  });

  test("is ordered of the camera that the rule names where none saw what happened", () => {
    const { alarmClips, ordered } = createRig();
    const because = { kind: "contact", input: "sos", closed: true, at: AT } as const;
    alarmClips.begin({ ...RAISE, because, evidence: { camera: "square" } }, AT);
    expect(ordered).toEqual([expect.objectContaining({ alarm: "alarm-1", camera: "square" })]);
  });
});

describe("after a power cut", () => {
  const DUE = { camera: "pond-east", atMs: AT.wallMs, beforeSeconds: 10, afterSeconds: 10 };

  test("each alarm without a clip gets what is left, or the word that nothing is", async () => {
    const { alarmClips, outcome, done, written } = createRig([
      { ...DUE, alarm: "a1" },
      { ...DUE, alarm: "a2" },
    ]);
    let calls = 0;
    outcome.recover = async () => {
      calls += 1;
      if (calls > 1) throw failure("clip.no_pictures");
      return clipFile("clip.cut_off");
    };
    await alarmClips.recover();
    expect((await written()).map(({ type, subject, data }) => [type, subject, data["reason"]])).toEqual([
      ["org.cunshao.evidence.added", "a1", "clip.cut_off"],
      ["org.cunshao.evidence.missing", "a2", "clip.no_pictures"],
    ]);
    expect(done).toEqual(["forgot"]);
  });

  test("an alarm of this run that is still being filmed is left alone", async () => {
    const { alarmClips, outcome, written } = createRig([{ ...DUE, alarm: "alarm-1" }]);
    outcome.ready = new Promise(() => {});
    alarmClips.begin(RAISE, AT);
    await alarmClips.recover();
    expect(await written()).toEqual([]);
  });
});
