import { describe, expect, test } from "vitest";
import type { StoragePlan } from "../../../src/core/site.ts";
import { MAX_WAITING_BYTES } from "../../../src/video/segment-writer.ts";
import { gate } from "../buffer/scratch.ts";
import { START, startRig } from "./recorder-rig.ts";
import { systemError } from "./recording-doubles.ts";

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

/** Stopped, with a disk that says what room it has once `answer` is opened. */
async function rigWithSilentDisk() {
  const rig = await startRig();
  await rig.recorder.stop();
  const { space } = rig.disk;
  const answer = gate();
  rig.disk.space = async () => {
    await answer.opened;
    return space();
  };
  return { rig, answer };
}

test("a recorder that is stopped while its start waits for the disk does not record", async () => {
  const { rig, answer } = await rigWithSilentDisk();
  const starting = rig.recorder.start();
  await rig.clock.settle();
  const stopping = rig.recorder.stop();
  answer.open();
  await Promise.all([starting, stopping]);
  rig.connect();
  await rig.play(20);
  expect(rig.files()).toEqual([]);
  expect(rig.stream.leases).toBe(0);
});

test("a disk that does not answer holds the start up for seconds only, and is recorded on when it does", async () => {
  const { rig, answer } = await rigWithSilentDisk();
  let isStarted = false;
  const starting = rig.recorder.start().then(() => {
    isStarted = true;
  });
  await rig.clock.advance(3000);
  expect(isStarted).toBe(true);
  await starting;
  answer.open();
  rig.connect();
  await rig.play(20);
  expect(rig.state()).toEqual({ state: "recording", reason: "" });
  expect(rig.recorder.storage()?.freeBytes).toBeGreaterThan(0);
});

test("a disk that hangs is asked for one thing at a time, whoever asks", async () => {
  const rig = await startRig();
  rig.connect();
  await rig.play(12);
  rig.disk.isHanging = true;
  await rig.play(12);
  let asked = 0;
  for (const method of ["space", "list", "state", "remove"] as const) {
    const original = rig.disk[method] as (...args: string[]) => Promise<never>;
    Object.assign(rig.disk, {
      [method]: (...args: string[]) => {
        asked++;
        return original(...args);
      },
    });
  }
  await rig.play(120);
  expect(asked).toBe(0);
  rig.disk.goOn();
  await rig.play(20);
  expect(asked).toBeGreaterThan(0);
});

test("a scan that broke off is tried again after a minute, until it succeeds", async () => {
  const rig = await startRig();
  await rig.recorder.stop();
  const { page } = rig.index;
  let scans = 0;
  rig.index.page = async (...span) => {
    scans++;
    if (scans < 3) throw systemError("EIO");
    return page(...span);
  };
  await rig.recorder.start();
  await rig.clock.advance(59_000);
  expect(scans).toBe(1);
  await rig.clock.advance(600_000);
  expect(scans).toBe(3);
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
      expect(rig.events[0]?.data).toMatchObject({ reason });
      await rig.recorder.stop();
      for (const { isOpen, path, sizeBytes } of await rig.segments()) {
        expect(isOpen).toBe(false);
        expect(rig.disk.content.get(path)?.length).toBe(sizeBytes);
      }
    },
  );

  test("for one camera's folder only stops no other camera", async () => {
    const rig = await startRig({ second: "gate" });
    const { create } = rig.disk;
    rig.disk.create = async (path) => {
      if (path.includes("/gate/")) throw systemError("EACCES");
      return create(path);
    };
    rig.connect();
    await rig.play(300);
    expect(rig.recorder.recordingOf("gate")).toEqual({ state: "paused", reason: "recording.disk_failed" });
    expect(rig.recorder.health()).toMatchObject({ status: "degraded", reason: "recording.disk_failed" });
    expect(rig.state()).toEqual({ state: "recording", reason: "" });
    const segments = await rig.segments();
    expect(segments.map(({ startMs }) => startMs - START)).toEqual([0, 60_000, 120_000, 180_000, 240_000]);

    rig.disk.create = create;
    await rig.play(330);
    expect(rig.recorder.recordingOf("gate")).toEqual({ state: "recording", reason: "" });
    const told = rig.events.filter(({ type }) => /paused|resumed/.test(type));
    expect(told.map(({ subject }) => subject)).toEqual(["gate", "gate"]);
    expect(told[0]?.data).toEqual({ camera: "gate", reason: "recording.disk_failed" });
  });

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
    await rig.clock.settle();
    const { outlook } = rig.recorder.storage() ?? {};
    expect(outlook).toEqual({ days: 2.3, wantedDays: 30, basis: "estimated" });
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
