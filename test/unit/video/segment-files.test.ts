import { spawnSync } from "node:child_process";
import { chmod, chown, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { createRecordings } from "../../../src/buffer/recordings.ts";
import { silentLogger } from "../../../src/core/log.ts";
import { systemClock } from "../../../src/core/time.ts";
import { examineSegment } from "../../../src/video/segment-examine.ts";
import { createSegmentFiles } from "../../../src/video/segment-files.ts";
import { parseSegmentName, segmentPath } from "../../../src/video/segment-name.ts";
import { scanSegments } from "../../../src/video/segment-scan.ts";
import { scratchDatabase } from "../buffer/scratch.ts";
import { encodeFragmentedMp4, fragmentBytes, INIT_BYTES } from "./boxes.ts";

const START = Date.parse("2026-07-01T06:00:00.123Z");
const NOBODY = 65_534;
const hasFfmpeg = spawnSync("ffmpeg", ["-version"]).status === 0;

async function scratch(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "cunshao-segments-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Root may write what nobody may: as root, works as a user who owns `paths` and may do no more than they allow. */
async function asNobody(paths: readonly string[], work: () => Promise<void>): Promise<void> {
  if (process.geteuid?.() !== 0) return work();
  for (const path of paths) await chown(path, NOBODY, NOBODY);
  process.seteuid?.(NOBODY);
  try {
    await work();
  } finally {
    process.seteuid?.(0);
  }
}

const reading = (bytes: Buffer) => ({
  read: async (_path: string, position: number, length: number) =>
    bytes.subarray(position, position + length),
});

test("a file that is evidence is shortened by the service's user, and stays marked", async () => {
  const folder = await scratch();
  const path = join(folder, "evidence.mp4");
  await writeFile(path, "whole and torn");
  await chmod(path, 0o440);
  await asNobody([folder, path], () => createSegmentFiles(folder).truncate(path, 5));
  expect(await readFile(path, "utf8")).toBe("whole");
  expect((await stat(path)).mode & 0o777).toBe(0o440);
});

describe("the name of a segment", () => {
  test("tells camera, time and clock again", () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,20}$/),
        fc.integer({ min: 0, max: 4e12 }),
        fc.constantFrom("synced" as const, "unsynced" as const),
        fc.integer({ min: 0, max: 99 }),
        (camera, startMs, clock, copy) => {
          const path = segmentPath("/data", { camera, startMs, clock }, copy);
          expect(parseSegmentName(path.split("/").at(-1) ?? "")).toEqual({ camera, startMs, clock });
        },
      ),
    );
  });

  test.each([
    "",
    "notes.txt",
    "pond_20260701T060000123Z.mp4",
    "pond_20261301T060000123Z_synced.mp4",
    "../pond_20260701T060000123Z_synced.mp4",
    "pond_20260701T060000123Z_synced.mp4.part",
  ])("that no recorder gave is none: %s", (name) => {
    expect(parseSegmentName(name)).toBeUndefined();
  });
});

describe.skipIf(!hasFfmpeg)("a file of video (needs ffmpeg)", () => {
  const whole = hasFfmpeg ? encodeFragmentedMp4("libx264") : Buffer.alloc(0);

  test("tells its length and type by head and tail", async () => {
    const found = await examineSegment(reading(whole), "", whole.length);
    expect(found).toEqual({
      mediaType: expect.stringContaining("avc1."),
      durationMs: 1000,
      wholeBytes: whole.length,
    });
  });

  test("cut anywhere ends with its last whole frame, and says how long that is", async () => {
    const lengths: number[] = [];
    const cuts = Array.from({ length: 150 }, (_, at) => Math.round((whole.length * at) / 149));
    for (const cut of cuts) {
      const found = await examineSegment(reading(whole.subarray(0, cut)), "", cut);
      if (!found) continue;
      expect(found.wholeBytes).toBeLessThanOrEqual(cut);
      expect(found.durationMs).toBeGreaterThanOrEqual(lengths.at(-1) ?? 0);
      const again = await examineSegment(reading(whole.subarray(0, found.wholeBytes)), "", found.wholeBytes);
      expect(again).toEqual(found);
      lengths.push(found.durationMs);
    }
    expect(lengths.at(-1)).toBe(1000);
    expect(new Set(lengths).size).toBeGreaterThan(12);
  });

  test("that ends in zeros or noise, as a power cut leaves it, ends before them", async () => {
    for (const rubbish of [Buffer.alloc(70_000), Buffer.alloc(3), Buffer.from("moofmfhdmoof".repeat(900))]) {
      const torn = Buffer.concat([whole, rubbish]);
      const found = await examineSegment(reading(torn), "", torn.length);
      expect(found).toMatchObject({ durationMs: 1000, wholeBytes: whole.length });
    }
  });

  test("that is none is nothing", async () => {
    for (const bytes of [
      Buffer.alloc(0),
      Buffer.alloc(1000),
      Buffer.from("<html>no video</html>".repeat(99)),
    ]) {
      expect(await examineSegment(reading(bytes), "", bytes.length)).toBeUndefined();
    }
  });

  test("of any bytes is examined without an error", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), fc.nat(whole.length), async (noise, at) => {
        const bytes = Buffer.from(whole);
        bytes.set(noise.subarray(0, whole.length - at), at);
        const found = await examineSegment(reading(bytes), "", bytes.length);
        if (found) expect(found.wholeBytes).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 60 },
    );
  });
});

describe.skipIf(!hasFfmpeg)("the index at a start (needs ffmpeg)", () => {
  const whole = hasFfmpeg ? encodeFragmentedMp4("libx264") : Buffer.alloc(0);

  async function open() {
    const folder = await scratch();
    const database = await scratchDatabase();
    const index = createRecordings({ database, folder, clock: systemClock, log: silentLogger });
    const files = createSegmentFiles(folder);
    const inHand = new Set<string>();
    const name = (minute: number) => ({
      camera: "pond",
      startMs: START + minute * 60_000,
      clock: "synced" as const,
    });
    return {
      folder,
      index,
      inHand,
      name,
      async put(minute: number, bytes: Buffer): Promise<string> {
        const path = segmentPath(folder, name(minute));
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, bytes);
        return path;
      },
      scan: () =>
        scanSegments({ files, index, folder, log: silentLogger, inHand }, new AbortController().signal),
    };
  }

  test("is rebuilt from the files alone, with their true lengths and with what is evidence", async () => {
    const { put, scan, index, folder } = await open();
    const path = await put(0, whole);
    const evidence = await put(1, whole);
    await chmod(evidence, 0o440);
    await put(2, whole.subarray(0, whole.length - 5));
    await writeFile(join(folder, "pond", "2026-07-01", "notes.txt"), "not ours");
    expect(await scan()).toMatchObject({ adopted: 3, mended: 1, removed: 0 });
    const all = await index.all();
    expect(all.map(({ isLocked }) => isLocked)).toEqual([false, true, false]);
    expect(all[0]).toMatchObject({
      path,
      startMs: START,
      endMs: START + 1000,
      sizeBytes: whole.length,
      isOpen: false,
    });
    expect(all[2]?.endMs).toBe(START + 120_000 + 960);
    expect((await readFile(all[2]?.path ?? "")).length).toBe(all[2]?.sizeBytes);
    expect(await scan()).toMatchObject({ adopted: 0, closed: 0, forgotten: 0 });
  });

  test("closes the segment that a crash left open, at its last whole frame", async () => {
    const { put, scan, index, name } = await open();
    const path = await put(0, Buffer.concat([whole, Buffer.alloc(500)]));
    await index.add({ ...name(0), path, mediaType: "video/mp4" });
    expect(await scan()).toMatchObject({ closed: 1, mended: 1, adopted: 0 });
    expect(await index.all()).toMatchObject([
      { endMs: START + 1000, sizeBytes: whole.length, isOpen: false },
    ]);
  });

  test("forgets rows whose files are gone, and files that hold nothing", async () => {
    const { put, scan, index, name, folder } = await open();
    const gone = segmentPath(folder, name(0));
    await index.adopt([
      { ...name(0), path: gone, mediaType: "", endMs: START, sizeBytes: 9, isLocked: false },
    ]);
    await put(1, Buffer.alloc(100));
    expect(await scan()).toMatchObject({ forgotten: 1, removed: 1 });
    expect(await index.all()).toEqual([]);
  });

  test("corrects a row that says another size than the file has", async () => {
    const { put, scan, index, name } = await open();
    const path = await put(0, whole);
    await index.adopt([
      {
        ...name(0),
        path,
        mediaType: "",
        endMs: START + 9e6,
        sizeBytes: 9e6,
        isLocked: false,
      },
    ]);
    await scan();
    expect(await index.all()).toMatchObject([{ endMs: START + 1000, sizeBytes: whole.length }]);
  });

  test("leaves alone what is being written now", async () => {
    const { put, scan, index, inHand } = await open();
    inHand.add(await put(0, Buffer.concat([INIT_BYTES, fragmentBytes(true)])));
    expect(await scan()).toMatchObject({ adopted: 0, removed: 0 });
    expect(await index.all()).toEqual([]);
  });
});
