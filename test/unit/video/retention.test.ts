import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { EventDraft } from "../../../src/core/event.ts";
import { silentLogger } from "../../../src/core/log.ts";
import type { Segment } from "../../../src/core/recordings.ts";
import type { StoragePlan } from "../../../src/core/site.ts";
import { createRetention, takeOldest } from "../../../src/video/retention.ts";
import { createDeletionLog } from "../../../src/video/retention-log.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { createCatalogueDouble, createDiskDouble, systemError } from "./recording-doubles.ts";

const NOW = Date.parse("2026-07-31T06:00:00Z");
const DAY_MS = 86_400_000;

interface Kept {
  readonly camera: string;
  readonly daysOld: number;
  readonly sizeBytes: number;
  readonly isLocked?: boolean;
  readonly isOpen?: boolean;
}

interface Limits {
  readonly days?: number;
  readonly maxBytes?: number;
  readonly storage?: StoragePlan;
  readonly capacityBytes?: number;
  readonly isClockSynced?: boolean;
}

async function setUp(kept: readonly Kept[], limits: Limits = {}) {
  const {
    days = 30,
    maxBytes,
    storage = { keepFreeBytes: 0, reservePercent: 0 },
    isClockSynced = true,
  } = limits;
  const clock = createManualClock(NOW);
  const index = createCatalogueDouble();
  const disk = createDiskDouble(limits.capacityBytes ?? 1e9);
  const events: EventDraft[] = [];
  const deletions = createDeletionLog(clock, (draft) => events.push(draft));
  for (const [at, { camera, daysOld, sizeBytes, isLocked = false, isOpen = false }] of kept.entries()) {
    const startMs = NOW - Math.round(daysOld * DAY_MS);
    const path = `/recordings/${camera}/${at}.mp4`;
    disk.content.set(path, Buffer.alloc(sizeBytes));
    await index.adopt([
      {
        camera,
        startMs,
        endMs: startMs + 60_000,
        clock: "synced",
        path,
        mediaType: "video/mp4",
        sizeBytes,
        isLocked,
      },
    ]);
    if (isOpen) await index.update(at + 1, { endMs: startMs + 60_000, sizeBytes, isOpen });
  }
  const inHand = new Set<string>();
  const plan = { keep: { days, maxBytes } };
  const retention = createRetention(
    { files: disk, index, clock, isClockSynced: () => isClockSynced, log: silentLogger, deletions, inHand },
    new Map([
      ["pond", plan],
      ["gate", plan],
    ]),
    storage,
  );
  const left = async () => (await index.all()).map(({ path }) => Number(/(\d+)\.mp4/.exec(path)?.[1]));
  return {
    clock,
    index,
    disk,
    inHand,
    retention,
    deletions,
    events,
    left,
    run: () => retention.run(new AbortController().signal),
  };
}

describe("retention", () => {
  test.each<[string, Kept[], Limits, number[]]>([
    [
      "deletes what is older than its days, and keeps the last day whole",
      [31, 30.02, 30, 29].map((daysOld) => ({ camera: "pond", daysOld, sizeBytes: 1 })),
      {},
      [2, 3],
    ],
    [
      "deletes by age only while the clock is right",
      [{ camera: "pond", daysOld: 9000, sizeBytes: 1 }],
      { isClockSynced: false },
      [0],
    ],
    [
      "deletes a camera's oldest when it has more than its bytes, and no more than needed",
      [
        { camera: "pond", daysOld: 3, sizeBytes: 40 },
        { camera: "pond", daysOld: 2, sizeBytes: 40 },
        { camera: "pond", daysOld: 1, sizeBytes: 40 },
        { camera: "gate", daysOld: 9, sizeBytes: 40 },
      ],
      { maxBytes: 100 },
      [3, 1, 2],
    ],
    [
      "makes room by deleting the oldest of all cameras",
      [
        { camera: "pond", daysOld: 1, sizeBytes: 300 },
        { camera: "gate", daysOld: 3, sizeBytes: 300 },
        { camera: "pond", daysOld: 2, sizeBytes: 300 },
      ],
      { capacityBytes: 1000, storage: { keepFreeBytes: 300, reservePercent: 10 } },
      [2, 0],
    ],
    [
      "keeps evidence and what is being written, whatever their age",
      [
        { camera: "pond", daysOld: 90, sizeBytes: 1, isLocked: true },
        { camera: "pond", daysOld: 89, sizeBytes: 1, isOpen: true },
        { camera: "pond", daysOld: 88, sizeBytes: 1 },
      ],
      {},
      [0, 1],
    ],
    [
      "keeps what a camera left that is configured no longer for 30 days",
      [
        { camera: "gone", daysOld: 31, sizeBytes: 1 },
        { camera: "gone", daysOld: 29, sizeBytes: 1 },
      ],
      { days: 1 },
      [1],
    ],
  ])("%s", async (_what, kept, limits, expected) => {
    const rig = await setUp(kept, limits);
    await rig.run();
    expect(await rig.left()).toEqual(expected);
    expect(rig.disk.content.size).toBe(expected.length);
  });

  test("ends within every limit, or says which it cannot keep, and never touches evidence or open files", async () => {
    const kept = fc.array(
      fc.record({
        camera: fc.constantFrom("pond", "gate", "gone"),
        daysOld: fc.double({ min: 0, max: 60, noNaN: true }),
        sizeBytes: fc.integer({ min: 1, max: 400 }),
        isLocked: fc.boolean(),
        isOpen: fc.boolean(),
      }),
      { maxLength: 80 },
    );
    const limits = fc.record({
      days: fc.integer({ min: 1, max: 40 }),
      maxBytes: fc.integer({ min: 1, max: 5000 }),
      capacityBytes: fc.integer({ min: 5000, max: 40_000 }),
      storage: fc.record({
        keepFreeBytes: fc.integer({ min: 0, max: 5000 }),
        reservePercent: fc.integer({ min: 0, max: 50 }),
      }),
    });
    await fc.assert(
      fc.asyncProperty(kept, limits, async (segments, limit) => {
        const rig = await setUp(segments, limit);
        const before = await rig.index.all();
        const { over, isShort } = await rig.run();
        const after = await rig.index.all();

        const isKept = ({ isLocked, isOpen }: Segment): boolean => isLocked || isOpen;
        expect(after.filter(isKept)).toEqual(before.filter(isKept));
        expect(new Set(rig.disk.content.keys())).toEqual(new Set(after.map(({ path }) => path)));
        const removable = after.filter((segment) => !isKept(segment));
        for (const camera of ["pond", "gate"]) {
          const own = after.filter((segment) => segment.camera === camera);
          const sizeBytes = own.reduce((sum, segment) => sum + segment.sizeBytes, 0);
          if (!over.includes(camera)) expect(sizeBytes).toBeLessThanOrEqual(limit.maxBytes);
          else expect(own.filter((segment) => !isKept(segment))).toEqual([]);
        }
        const { freeBytes } = await rig.disk.space();
        const reserve = Math.max(
          limit.storage.keepFreeBytes,
          (limit.capacityBytes * limit.storage.reservePercent) / 100,
        );
        if (isShort) expect(removable).toEqual([]);
        else expect(freeBytes).toBeGreaterThanOrEqual(reserve);
      }),
      { numRuns: 200 },
    );
  });

  test("takes as many as are missing, by bytes and by files, and no more", () => {
    const segments = [10, 10, 10, 10].map((sizeBytes, id) => ({ id, sizeBytes }) as Segment);
    const taken = (bytes: number, files: number) => takeOldest(segments, { bytes, files }).length;
    expect([taken(0, 0), taken(-5, -5), taken(1, 0), taken(11, 0), taken(0, 3), taken(999, 0)]).toEqual([
      0, 0, 1, 2, 3, 4,
    ]);
  });

  test("makes room for files, too, where the disk runs out of them", async () => {
    const rig = await setUp(
      [3, 2, 1].map((daysOld) => ({ camera: "pond", daysOld, sizeBytes: 1 })),
      {
        storage: { keepFreeBytes: 0, reservePercent: 50 },
      },
    );
    rig.disk.space = async () => {
      const freeInodes = 6 - rig.disk.content.size;
      return { totalBytes: 0, freeBytes: 1e9, totalInodes: 8, freeInodes };
    };
    expect(await rig.run()).toMatchObject({ isShort: false });
    expect(await rig.left()).toEqual([2]);
  });

  test("ends its pass when no file can be removed, and keeps their rows", async () => {
    const rig = await setUp([40, 39].map((daysOld) => ({ camera: "pond", daysOld, sizeBytes: 1 })));
    rig.disk.remove = async () => {
      throw systemError("EROFS");
    };
    await rig.run();
    expect(rig.disk.content.size).toBe(2);
    expect(await rig.left()).toEqual([0, 1]);
  });

  test("goes on with the others when some files cannot be removed, and tries those again later", async () => {
    const rig = await setUp(
      Array.from({ length: 130 }, (_, at) => ({ camera: "pond", daysOld: 90 - at / 10, sizeBytes: 1 })),
    );
    const isBad = (path: string): boolean => Number(/(\d+)\.mp4/.exec(path)?.[1]) < 60;
    const { remove } = rig.disk;
    rig.disk.remove = async (path) => {
      if (isBad(path)) throw systemError("EIO");
      await remove(path);
    };
    // The first step meets bad files only.
    await rig.run();
    await rig.run();
    const bad = Array.from({ length: 60 }, (_, at) => at);
    expect((await rig.left()).toSorted((a, b) => a - b)).toEqual(bad);
    expect(rig.disk.content.size).toBe(60);

    rig.disk.remove = remove;
    await rig.clock.advance(600_001);
    await rig.run();
    expect(await rig.left()).toEqual([]);
    expect(rig.disk.content.size).toBe(0);
  });

  test("holds what it removes, so that a scan does not take it in again between row and file", async () => {
    const rig = await setUp([{ camera: "pond", daysOld: 40, sizeBytes: 1 }]);
    const { remove } = rig.disk;
    const held: boolean[] = [];
    rig.disk.remove = async (path) => {
      held.push(rig.inHand.has(path));
      await remove(path);
    };
    await rig.run();
    expect(held).toEqual([true]);
    expect(rig.inHand.size).toBe(0);
  });

  test("tells what it deleted once an hour, with counts and range", async () => {
    const rig = await setUp([
      { camera: "pond", daysOld: 40, sizeBytes: 5 },
      { camera: "pond", daysOld: 39, sizeBytes: 6 },
      { camera: "gate", daysOld: 38, sizeBytes: 7 },
    ]);
    await rig.run();
    rig.deletions.tell();
    expect(rig.events).toEqual([]);
    await rig.clock.advance(3_600_000);
    rig.deletions.tell();
    rig.deletions.tell(true);
    expect(rig.events).toEqual([
      {
        type: "org.cunshao.recording.deleted",
        class: "state",
        data: {
          segments: 3,
          deleted: [
            {
              camera: "pond",
              reason: "age",
              segments: 2,
              bytes: 11,
              from: "2026-06-21T06:00:00.000Z",
              to: "2026-06-22T06:01:00.000Z",
            },
            {
              camera: "gate",
              reason: "age",
              segments: 1,
              bytes: 7,
              from: "2026-06-23T06:00:00.000Z",
              to: "2026-06-23T06:01:00.000Z",
            },
          ],
        },
      },
    ]);
  });
});
