import { describe, expect, onTestFinished, test } from "vitest";
import type { EventDraft } from "../../../src/core/event.ts";
import { silentLogger } from "../../../src/core/log.ts";
import type { RecordPlan, StoragePlan } from "../../../src/core/site.ts";
import { createRecorder } from "../../../src/video/recorder.ts";
import { MAX_WAITING_BYTES } from "../../../src/video/segment-writer.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import {
  createCatalogueDouble,
  createDiskDouble,
  createStreamDouble,
  frame,
  INIT,
  PLAN,
} from "./recording-doubles.ts";

const START = Date.parse("2026-07-01T06:00:00Z");
const NO_RESERVE: StoragePlan = { keepFreeBytes: 0, reservePercent: 0 };

interface RigOptions {
  readonly plan?: Partial<RecordPlan>;
  readonly storage?: StoragePlan;
  readonly capacityBytes?: number;
}

async function startRig({ plan, storage = NO_RESERVE, capacityBytes }: RigOptions = {}) {
  const manual = createManualClock(START);
  let wallShiftMs = 0;
  const clock = {
    ...manual,
    now: () => {
      const { wallMs, monotonicMs } = manual.now();
      return { wallMs: wallMs + wallShiftMs, monotonicMs };
    },
  };
  const disk = createDiskDouble(capacityBytes);
  const index = createCatalogueDouble();
  const stream = createStreamDouble();
  const events: EventDraft[] = [];
  let quality: "synced" | "unsynced" = "synced";
  const recorder = createRecorder(
    {
      index,
      clock,
      clockQuality: () => quality,
      timezone: "Asia/Shanghai",
      log: silentLogger,
      record: (draft) => events.push(draft),
      folder: "/recordings",
      files: disk,
      bytesWritten: async () => undefined,
    },
    [{ camera: { id: "pond", record: { ...PLAN, ...plan } }, stream }],
    storage,
  );
  await recorder.start();
  onTestFinished(() => recorder.stop());
  let decodeTime = 0;
  return {
    clock,
    disk,
    index,
    stream,
    events,
    recorder,
    setClock: (shiftMs: number) => {
      wallShiftMs = shiftMs;
    },
    setQuality: (next: "synced" | "unsynced") => {
      quality = next;
    },
    connect() {
      decodeTime = 0;
      stream.hub.begin(INIT);
    },
    /** Sends frames for a while, one each half second, a key frame every two seconds. */
    async play(seconds: number, sizeBytes = 100) {
      for (let sent = 0; sent < seconds * 2; sent++) {
        stream.hub.push(frame(decodeTime, decodeTime % 2000 === 0, sizeBytes));
        decodeTime += 500;
        await manual.advance(500);
      }
    },
    files: () => [...disk.content.keys()].map((path) => path.replace("/recordings/", "")),
    segments: () => index.all(),
    eventTypes: () => events.map(({ type }) => type.replace("org.cunshao.recording.", "")),
    state: () => recorder.recordingOf("pond"),
  };
}

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

  test("keeps its memory bounded whatever the camera sends", async () => {
    const rig = await startRig({ plan: { mode: "events", beforeSeconds: 60 } });
    rig.connect();
    for (let count = 0; count < 400; count++) {
      rig.stream.hub.push(frame(count * 500, count % 4 === 0, 200_000));
      await rig.clock.advance(500);
    }
    rig.recorder.event("pond");
    await rig.recorder.stop();
    const [segment] = await rig.segments();
    expect(segment?.sizeBytes).toBeGreaterThan(1_000_000);
    expect(segment?.sizeBytes).toBeLessThanOrEqual(8 * 1024 * 1024 + 4);
  });
});

describe("a disk that is slow", () => {
  test("costs a gap that is told, and neither memory nor what was written", async () => {
    const rig = await startRig();
    rig.connect();
    await rig.play(4);
    rig.disk.isHanging = true;
    await rig.play(30, 1_000_000);
    expect(rig.state()).toEqual({ state: "paused", reason: "recording.disk_slow" });
    expect(rig.recorder.health()).toMatchObject({ status: "degraded", reason: "recording.disk_slow" });
    rig.disk.goOn();
    await rig.play(60);
    await rig.recorder.stop();
    expect(rig.state()?.reason).toBe("");
    const total = [...rig.disk.content.values()].reduce((sum, { length }) => sum + length, 0);
    expect(total).toBeLessThanOrEqual(MAX_WAITING_BYTES + 20_000);
    const gap = rig.events.find(({ type }) => type.endsWith(".gap"));
    const [first, second] = await rig.segments();
    expect(gap?.data).toMatchObject({
      camera: "pond",
      reason: "recording.disk_slow",
      from: new Date(first?.endMs ?? 0).toISOString(),
      to: new Date(second?.startMs ?? 0).toISOString(),
    });
    expect(rig.recorder.storage()?.cameras).toMatchObject([{ camera: "pond", gaps: 1 }]);
  });
});

describe("a disk that fails", () => {
  test.each([
    ["EIO", "recording.disk_failed"],
    ["EROFS", "recording.disk_read_only"],
    ["ENOSPC", "recording.disk_full"],
  ])(
    "with %s pauses recording with %s, is told once, and recording goes on by itself",
    async (code, reason) => {
      const rig = await startRig();
      rig.connect();
      await rig.play(12);
      rig.disk.failing = code;
      await rig.play(120);
      expect(rig.state()).toEqual({ state: "paused", reason });
      expect(rig.recorder.health()).toMatchObject({ status: "degraded", reason });
      rig.disk.failing = undefined;
      await rig.play(320);
      expect(rig.state()).toEqual({ state: "recording", reason: "" });
      expect(rig.eventTypes().filter((type) => type !== "gap")).toEqual(["paused", "resumed"]);
      expect(rig.events[0]?.data).toEqual({ reason });
      await rig.recorder.stop();
      for (const { isOpen, path, sizeBytes } of await rig.segments()) {
        expect(isOpen).toBe(false);
        expect(rig.disk.content.get(path)?.length).toBe(sizeBytes);
      }
    },
  );

  test("ends the file with a whole block when the last one did not fit", async () => {
    const rig = await startRig({ capacityBytes: 10_050 });
    rig.connect();
    await rig.play(70);
    const [segment] = await rig.segments();
    expect(segment?.isOpen).toBe(false);
    expect(((segment?.sizeBytes ?? 0) - 4) % 100).toBe(0);
    expect(rig.disk.content.get(segment?.path ?? "")?.length).toBe(segment?.sizeBytes);
  });

  test("whose index takes nothing is still recorded on", async () => {
    const rig = await startRig();
    rig.index.add = async () => {
      throw new Error("ledger.full");
    };
    rig.connect();
    await rig.play(70);
    expect(rig.state()?.state).toBe("recording");
    expect(rig.files()).toHaveLength(2);
  });
});

describe("a disk that fills up", () => {
  const storage: StoragePlan = { keepFreeBytes: 20_000, reservePercent: 0 };

  test("is kept with its reserve free by deleting the oldest, told in one event", async () => {
    const rig = await startRig({ storage, capacityBytes: 100_000 });
    rig.connect();
    await rig.play(900);
    expect(rig.state()).toEqual({ state: "recording", reason: "" });
    const { freeBytes } = await rig.disk.space();
    expect(freeBytes).toBeGreaterThanOrEqual(20_000);
    const [oldest] = await rig.segments();
    expect((oldest?.startMs ?? 0) - START).toBeGreaterThan(300_000);
    await rig.recorder.stop();
    expect(rig.eventTypes()).toEqual(["deleted"]);
    expect(rig.events[0]?.data["deleted"]).toMatchObject([
      { camera: "pond", reason: "space", from: "2026-07-01T06:00:00.000Z" },
    ]);
  });

  test("with evidence pauses recording before the reserve is touched, and evidence stays", async () => {
    const rig = await startRig({ storage, capacityBytes: 100_000 });
    rig.connect();
    await rig.play(200);
    await rig.index.setLocked("pond", 0, Number.MAX_SAFE_INTEGER, true);
    const locked = (await rig.segments()).map(({ path }) => path);
    for (let round = 0; round < 20; round++) {
      await rig.play(30);
      await rig.index.setLocked("pond", 0, Number.MAX_SAFE_INTEGER, true);
    }
    expect(rig.state()).toEqual({ state: "paused", reason: "recording.disk_full" });
    const { freeBytes } = await rig.disk.space();
    expect(freeBytes).toBeGreaterThan(20_000 - 5000);
    for (const path of locked) expect(rig.disk.content.has(path)).toBe(true);

    await rig.index.setLocked("pond", 0, START + 300_000, false);
    await rig.play(60);
    expect(rig.state()).toEqual({ state: "recording", reason: "" });
    expect(rig.eventTypes()).toEqual(expect.arrayContaining(["paused", "resumed"]));
  });
});

describe("what the disk will hold", () => {
  test("is estimated from the configuration, then measured, and told honestly", async () => {
    // 4000 kbit/s are 43.2 GB a day.
    const rig = await startRig({ capacityBytes: 100e9 });
    const { outlook } = rig.recorder.storage() ?? {};
    expect(outlook).toEqual({ days: 2.3, wantedDays: 30, basis: "estimated" });
    await rig.clock.settle();
    expect(rig.recorder.health()).toMatchObject({
      status: "ok",
      detail: "the disk holds about 2.3 days of recordings instead of 30 (estimated)",
    });
    rig.connect();
    await rig.play(1300, 1000);
    expect(rig.recorder.storage()?.outlook).toEqual({ days: 30, wantedDays: 30, basis: "measured" });
    expect(rig.recorder.storage()?.writtenPerDay?.videoBytes).toBeGreaterThan(100e6);
  });
});
