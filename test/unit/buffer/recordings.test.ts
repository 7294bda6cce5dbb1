import { mkdir, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { createRecordings } from "../../../src/buffer/recordings.ts";
import { silentLogger } from "../../../src/core/log.ts";
import type { NewSegment, SegmentCatalogue } from "../../../src/core/recordings.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { scratchDatabase, scratchFolder } from "./scratch.ts";

const NOW = 1_900_000_000_000;

async function open() {
  const folder = await scratchFolder();
  const database = await scratchDatabase(folder);
  const clock = createManualClock(NOW);
  const begin = () => createRecordings({ database, folder, clock, log: silentLogger });
  const index = begin();
  const segment = (startMs: number, change: Partial<NewSegment> = {}): NewSegment => ({
    camera: "pond",
    startMs,
    clock: "synced",
    path: join(folder, change.camera ?? "pond", `${startMs}.mp4`),
    mediaType: "video/mp4",
    ...change,
  });
  return { index, segment, folder, reopen: begin };
}

async function addClosed(index: SegmentCatalogue, segment: NewSegment, endMs: number, sizeBytes = 100) {
  const id = await index.add(segment);
  await index.update(id, { endMs, sizeBytes, isOpen: false });
  return id;
}

describe("the index of recordings", () => {
  test("finds what touches a span, in order of time, and nothing of another camera", async () => {
    const { index, segment } = await open();
    await addClosed(index, segment(2000), 3000);
    await addClosed(index, segment(1000), 2000);
    await addClosed(index, segment(1500, { camera: "gate" }), 2500);
    const starts = async (from: number, to: number) =>
      (await index.between("pond", from, to)).map(({ startMs }) => startMs);
    expect(await starts(0, 9000)).toEqual([1000, 2000]);
    expect(await starts(2000, 2001)).toEqual([2000]);
    expect(await starts(1999, 2000)).toEqual([1000]);
    expect(await starts(3000, 9000)).toEqual([]);
    expect(await starts(-8e15, 8e15)).toEqual([1000, 2000]);
    expect((await index.all()).map(({ startMs }) => startMs)).toEqual([1000, 1500, 2000]);
  });

  test("tells how far an open segment has grown without writing it", async () => {
    const { index, segment, reopen } = await open();
    const id = await index.add(segment(1000));
    expect(await index.between("pond", 1000, 2000)).toEqual([]);
    await index.update(id, { endMs: 1800, sizeBytes: 77, isOpen: true });
    expect(await index.between("pond", 1500, 1600)).toMatchObject([
      { endMs: 1800, sizeBytes: 77, isOpen: true },
    ]);
    expect(await reopen().all()).toMatchObject([{ id, endMs: 1000, sizeBytes: 0, isOpen: true }]);
    await index.update(id, { endMs: 2000, sizeBytes: 90, isOpen: false });
    expect(await reopen().all()).toMatchObject([{ endMs: 2000, sizeBytes: 90, isOpen: false }]);
  });

  test("locks what touches a span, an open one that may reach into it too, and marks the files", async () => {
    const { index, segment, reopen } = await open();
    const files = [segment(1000), segment(2000), segment(3000)];
    for (const { path } of files) {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, "");
    }
    const [first, second, third] = files as [NewSegment, NewSegment, NewSegment];
    await addClosed(index, first, 2000);
    await addClosed(index, second, 3000);
    await index.add(third);
    const modes = () => Promise.all(files.map(async ({ path }) => (await stat(path)).mode & 0o777));

    expect(await index.setLocked("pond", 2500, 3500, true)).toBe(2);
    expect((await reopen().all()).map(({ isLocked }) => isLocked)).toEqual([false, true, true]);
    expect((await modes()).slice(1)).toEqual([0o440, 0o440]);
    expect((await index.removable({ limit: 10 })).map(({ startMs }) => startMs)).toEqual([1000]);

    expect(await index.setLocked("pond", 2500, 3500, false)).toBe(2);
    expect((await modes()).slice(1)).toEqual([0o640, 0o640]);
    expect((await index.removable({ limit: 10 })).map(({ startMs }) => startMs)).toEqual([1000, 2000]);
  });

  test("keeps what another lock holds when one is taken back, also within one file", async () => {
    const { index, segment } = await open();
    await addClosed(index, segment(1000), 2000);
    await addClosed(index, segment(2000), 3000);
    const locked = async () => (await index.all()).map(({ isLocked }) => isLocked);
    await index.setLocked("pond", 1100, 1200, true);
    await index.setLocked("pond", 1500, 2500, true);
    await index.setLocked("pond", 1500, 2500, false);
    expect(await locked()).toEqual([true, false]);
    await index.setLocked("pond", 1150, 1300, false);
    expect(await locked()).toEqual([true, false]);
    await index.setLocked("pond", 0, 9000, false);
    expect(await locked()).toEqual([false, false]);
  });

  test("locks what is recorded of a span after it was locked, and nothing beyond it", async () => {
    const { index, segment } = await open();
    await addClosed(index, segment(1000), 2000);
    expect(await index.setLocked("pond", 1500, 3500, true)).toBe(1);
    // Began before the lock, and its row comes only now.
    await addClosed(index, segment(1200), 1900);
    await addClosed(index, segment(2000), 3000);
    await addClosed(index, segment(3000), 4000);
    await addClosed(index, segment(4000), 5000);
    // While it grew it might have reached into the span.
    await addClosed(index, segment(800), 1400);
    await addClosed(index, segment(2500, { camera: "gate" }), 3000);
    expect((await index.removable({ limit: 9 })).map(({ startMs }) => startMs)).toEqual([800, 2500, 4000]);
  });

  test("gives evidence of a lost index a lock that can be taken back", async () => {
    const { index, segment } = await open();
    await index.adopt([{ ...segment(1000), endMs: 2000, sizeBytes: 9, isLocked: true }]);
    await index.setLocked("pond", 5000, 6000, true);
    expect(await index.all()).toMatchObject([{ isLocked: true }]);
    await index.setLocked("pond", 1000, 2000, false);
    expect(await index.all()).toMatchObject([{ isLocked: false }]);
    // Locked while its row was away.
    await index.adopt([{ ...segment(5000), endMs: 5500, sizeBytes: 9, isLocked: false }]);
    expect(await index.all()).toMatchObject([{ isLocked: false }, { isLocked: true }]);
  });

  test("releases only what is closed and no evidence, even when it was locked a moment before", async () => {
    const { index, segment } = await open();
    const gone = await addClosed(index, segment(1000), 2000);
    const evidence = await addClosed(index, segment(2000), 3000);
    const growing = await index.add(segment(3000));
    await index.setLocked("pond", 2000, 2500, true);
    const released = await index.release([gone, evidence, growing]);
    expect(released.map(({ id }) => id)).toEqual([gone]);
    expect((await index.all()).map(({ id }) => id)).toEqual([evidence, growing]);
  });

  test("sums up what each camera has, and what was recorded of late", async () => {
    const { index, segment } = await open();
    await addClosed(index, segment(1000), 2000, 10);
    await addClosed(index, segment(5000), 6000, 20);
    await addClosed(index, segment(4000, { camera: "gate" }), 4500, 5);
    await index.setLocked("pond", 1000, 1500, true);
    expect(await index.usage()).toEqual([
      { camera: "gate", segments: 1, sizeBytes: 5, lockedBytes: 0, oldestMs: 4000 },
      { camera: "pond", segments: 2, sizeBytes: 30, lockedBytes: 10, oldestMs: 1000 },
    ]);
    expect(await index.recordedSince(4000)).toEqual([
      { camera: "gate", sizeBytes: 5, durationMs: 500, firstMs: 4000 },
      { camera: "pond", sizeBytes: 20, durationMs: 1000, firstMs: 5000 },
    ]);
  });

  test("does not take what a box with a wrong clock recorded for the oldest", async () => {
    const { index, segment } = await open();
    await addClosed(index, segment(1_700_000_000_000), 1_700_000_001_000);
    const lost = await addClosed(index, segment(1000, { clock: "unsynced" }), 2000);
    const order = async () => (await index.removable({ limit: 9 })).map(({ startMs }) => startMs);
    expect(await index.removable({ beforeMs: 1_700_000_000_000, limit: 9 })).toEqual([]);
    await index.date([{ id: lost, recordedMs: 1_800_000_000_000.4 }]);
    expect(await order()).toEqual([1_700_000_000_000, 1000]);
    expect(await index.removable({ beforeMs: 1_799_999_999_999, limit: 9 })).toHaveLength(1);
  });

  test("does not take a file that was found for old because a wrong clock dated it", async () => {
    const { index, segment } = await open();
    const found = { endMs: 2000, sizeBytes: 9, isLocked: false };
    await index.adopt([
      { ...segment(1000, { clock: "unsynced" }), ...found },
      { ...segment(5000), ...found },
    ]);
    const startsBefore = async (beforeMs: number) =>
      (await index.removable({ beforeMs, limit: 9 })).map(({ startMs }) => startMs);
    expect(await startsBefore(NOW)).toEqual([5000]);
    expect(await startsBefore(NOW + 1)).toEqual([5000, 1000]);
  });

  test("takes in a file that was found, once, and says which are known", async () => {
    const { index, segment, folder } = await open();
    const found = { ...segment(1000), endMs: 2000, sizeBytes: 9, isLocked: true };
    await index.adopt([found]);
    await index.adopt([found]);
    expect(await index.all()).toMatchObject([{ ...found, isOpen: false }]);
    expect(await index.known([found.path, join(folder, "pond", "other.mp4")])).toEqual(new Set([found.path]));
    const [row] = await index.page(0, 10);
    expect(await index.page(row?.id ?? 0, 10)).toEqual([]);
    await index.remove([row?.id ?? 0]);
    expect(await index.all()).toEqual([]);
  });
});
