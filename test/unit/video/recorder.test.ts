import { describe, expect, test } from "vitest";
import { silentLogger } from "../../../src/core/log.ts";
import { createRecorder } from "../../../src/video/recorder.ts";
import { NO_RESERVE, START, startRig } from "./recorder-rig.ts";
import { frame, PLAN } from "./recording-doubles.ts";

describe("a camera that is recorded all the time", () => {
  test("fills one file after the other, each from a key frame on, without a gap between", async () => {
    const rig = await startRig();
    rig.connect();
    await rig.play(125);
    await rig.recorder.stop();
    const segments = await rig.segments();
    expect(segments.map(({ startMs, endMs }) => [startMs - START, endMs - START])).toEqual([
      [0, 60_000],
      [60_000, 120_000],
      [120_000, 125_000],
    ]);
    for (const { path, isOpen, sizeBytes } of segments) {
      const bytes = rig.disk.content.get(path);
      expect(isOpen).toBe(false);
      expect(bytes?.length).toBe(sizeBytes);
      expect(bytes?.toString("latin1", 0, 5)).toBe("initK");
    }
    expect(rig.files()[0]).toBe("pond/2026-07-01/pond_20260701T060000000Z_synced.mp4");
  });

  test("writes in large blocks, and what came in ten seconds at the latest", async () => {
    const rig = await startRig();
    rig.connect();
    await rig.play(31);
    expect(rig.disk.appends).toBe(3);
    const busy = await startRig({ capacityBytes: 1e9 });
    busy.connect();
    await busy.play(10, 300_000);
    expect(busy.disk.appends).toBe(5);
  });

  test("has on the disk, when the power goes, all but the last block", async () => {
    const rig = await startRig();
    rig.connect();
    await rig.play(39);
    rig.disk.cutPower();
    const [bytes] = [...rig.disk.content.values()];
    expect(bytes?.length).toBeGreaterThanOrEqual(4 + 29 * 2 * 100);
  });

  test("puts what came so far into the file when asked", async () => {
    const rig = await startRig();
    rig.connect();
    await rig.play(3);
    await rig.recorder.flush("pond");
    expect(await rig.segments()).toMatchObject([{ isOpen: true, endMs: START + 3000, sizeBytes: 604 }]);
    await rig.recorder.flush("nobody");
  });

  test("begins a new file with each session", async () => {
    const rig = await startRig();
    rig.connect();
    await rig.play(4);
    rig.stream.hub.end();
    await rig.clock.advance(3000);
    rig.connect();
    await rig.play(4);
    await rig.recorder.stop();
    const segments = await rig.segments();
    expect(segments.map(({ startMs, endMs }) => [startMs - START, endMs - START])).toEqual([
      [0, 4000],
      [7000, 11_000],
    ]);
  });

  test.each([
    ["forward", 3_600_000],
    ["back", -3_600_000],
  ])("begins a new file at the next key frame when the clock is set %s", async (_where, jumpMs) => {
    const rig = await startRig();
    rig.connect();
    await rig.play(5);
    rig.setClock(jumpMs);
    await rig.play(5);
    await rig.recorder.stop();
    const lengths = [...rig.index.rows.values()].map(({ startMs, endMs }) => [
      startMs - START,
      endMs - startMs,
    ]);
    expect(lengths).toEqual([
      [0, 6000],
      [6000 + jumpMs, 4000],
    ]);
  });

  test("begins a new file when the camera's own time stands still or runs away", async () => {
    const rig = await startRig();
    rig.connect();
    await rig.play(6);
    for (let count = 0; count < 12; count++) {
      rig.stream.hub.push(frame(6000 + count, count % 4 === 0));
      await rig.clock.advance(1000);
    }
    await rig.recorder.stop();
    const segments = await rig.segments();
    expect(segments.length).toBeGreaterThanOrEqual(2);
    for (const { startMs, endMs } of segments) expect(endMs).toBeGreaterThanOrEqual(startMs);
  });

  test("starts with the group of pictures that is under way, dated when it came", async () => {
    const rig = await startRig({ plan: { mode: "off" } });
    rig.connect();
    await rig.play(3);
    expect(rig.files()).toEqual([]);
    const late = createRecorder(
      {
        index: rig.index,
        clock: rig.clock,
        clockQuality: () => "synced",
        timezone: "Asia/Shanghai",
        log: silentLogger,
        record: () => {},
        folder: "/recordings",
        files: rig.disk,
        bytesWritten: async () => undefined,
      },
      [{ camera: { id: "pond", record: PLAN }, stream: rig.stream }],
      NO_RESERVE,
    );
    await late.start();
    await late.stop();
    // The group began at 2 s; its last frame came at 2.5 s, half a second before the recorder.
    expect(await rig.segments()).toMatchObject([{ startMs: START + 2500, endMs: START + 3500 }]);
  });

  test("keeps a lease on the stream only while its schedule wants it", async () => {
    // 14:00 in Shanghai.
    const rig = await startRig({ plan: { schedule: { days: [3], fromMinute: 0, toMinute: 14 * 60 + 1 } } });
    rig.connect();
    await rig.play(10);
    expect(rig.stream.leases).toBe(1);
    expect(rig.state()).toEqual({ state: "recording", reason: "" });
    await rig.play(60);
    expect(rig.stream.leases).toBe(0);
    expect(rig.state()).toEqual({ state: "idle", reason: "" });
    await rig.recorder.stop();
    const [segment, ...more] = await rig.segments();
    expect(more).toEqual([]);
    expect((segment?.endMs ?? 0) - START).toBeGreaterThanOrEqual(60_000);
    expect((segment?.endMs ?? 0) - START).toBeLessThanOrEqual(68_000);
  });

  test("is recorded whatever its schedule while the clock may be wrong", async () => {
    const rig = await startRig({ plan: { schedule: { days: [1], fromMinute: 0, toMinute: 1 } } });
    rig.setQuality("unsynced");
    await rig.clock.advance(6000);
    rig.connect();
    await rig.play(4);
    await rig.recorder.stop();
    expect(await rig.segments()).toMatchObject([{ clock: "unsynced" }]);
    expect(rig.files()[0]).toContain("_unsynced.mp4");
  });

  test("says that it sees nothing while no picture comes", async () => {
    const rig = await startRig();
    expect(rig.state()).toEqual({ state: "blind", reason: "" });
    rig.connect();
    await rig.play(2);
    expect(rig.state()).toEqual({ state: "recording", reason: "" });
    await rig.clock.advance(20_000);
    expect(rig.state()).toEqual({ state: "blind", reason: "" });
  });

  test("is never overwritten by a file of the same millisecond", async () => {
    const rig = await startRig();
    for (let session = 0; session < 3; session++) {
      rig.connect();
      rig.stream.hub.push(frame(0, true));
      rig.stream.hub.end();
    }
    await rig.recorder.stop();
    expect(rig.files().map((path) => path.slice(-14))).toEqual(
      ["0Z_synced.mp4", "synced_1.mp4", "synced_2.mp4"].map((end) => expect.stringContaining(end)),
    );
  });
});

describe("a camera that is recorded on events", () => {
  test("keeps what was before an event and what comes after it, in one file", async () => {
    const rig = await startRig({ plan: { mode: "events" } });
    rig.connect();
    await rig.play(20);
    expect(rig.state()).toEqual({ state: "waiting", reason: "" });
    expect(rig.files()).toEqual([]);
    rig.recorder.event("pond");
    expect(rig.state()).toEqual({ state: "recording", reason: "" });
    await rig.play(6);
    rig.recorder.event("pond");
    await rig.play(30);
    await rig.recorder.stop();
    const [segment, ...more] = await rig.segments();
    expect(more).toEqual([]);
    // At least four seconds before 20 s, and ten after 26 s, each to the key frame.
    expect((segment?.startMs ?? 0) - START).toBe(14_000);
    expect((segment?.endMs ?? 0) - START).toBe(36_000);
    expect(rig.disk.content.get(segment?.path ?? "")?.toString("latin1", 0, 5)).toBe("initK");
  });

  test("has nothing twice when one event follows the other", async () => {
    const rig = await startRig({ plan: { mode: "events" } });
    rig.connect();
    await rig.play(10);
    rig.recorder.event();
    await rig.play(13);
    rig.recorder.event();
    await rig.play(20);
    await rig.recorder.stop();
    const [first, second] = await rig.segments();
    expect(second?.startMs).toBeGreaterThanOrEqual(first?.endMs ?? Number.POSITIVE_INFINITY);
  });

  test("has nothing of before it once that was withdrawn", async () => {
    const rig = await startRig({ plan: { mode: "events" } });
    rig.connect();
    await rig.play(10);
    rig.stream.hub.withdraw();
    rig.recorder.event("pond");
    await rig.recorder.stop();
    expect(rig.files()).toEqual([]);
  });

  test("leaves other cameras alone, and is not started by one without a picture", async () => {
    const rig = await startRig({ plan: { mode: "events" } });
    rig.recorder.event("pond");
    rig.connect();
    await rig.clock.advance(11_000);
    await rig.play(4);
    rig.recorder.event("gate");
    await rig.play(4);
    expect(rig.files()).toEqual([]);
  });

  test("keeps all the seconds before an event that were asked for, at the bit rate that is expected", async () => {
    const rig = await startRig({ plan: { mode: "events", beforeSeconds: 60 } });
    rig.connect();
    await rig.play(80, 250_000);
    rig.recorder.event("pond");
    await rig.recorder.stop();
    const [segment] = await rig.segments();
    expect((segment?.endMs ?? 0) - (segment?.startMs ?? 0)).toBeGreaterThanOrEqual(60_000);
  });

  test("keeps its memory bounded whatever the camera sends", async () => {
    const rig = await startRig({ plan: { mode: "events", beforeSeconds: 12 } });
    rig.connect();
    for (let count = 0; count < 400; count++) {
      rig.stream.hub.push(frame(count * 500, count % 4 === 0, 600_000));
      await rig.clock.advance(500);
    }
    rig.recorder.event("pond");
    await rig.recorder.stop();
    const [segment] = await rig.segments();
    expect(segment?.sizeBytes).toBeGreaterThan(1_000_000);
    expect(segment?.sizeBytes).toBeLessThanOrEqual(8 * 1024 * 1024 + 4);
  });
});
