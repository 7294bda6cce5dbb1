import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { silentLogger } from "../../../src/core/log.ts";
import { type Footage, type Piece, readPieces, spansOf, Timeline } from "../../../src/video/clip-source.ts";
import { probe } from "../../support/probe.ts";
import { createSegmentIndexDouble, filmFile } from "../../support/recordings-double.ts";

const START_MS = Date.parse("2026-07-01T06:00:00Z");

async function read(segments: readonly Footage[], fromMs: number, toMs: number): Promise<Piece[]> {
  const pieces: Piece[] = [];
  for await (const piece of readPieces(segments, fromMs, toMs, silentLogger)) pieces.push(piece);
  return pieces;
}

/** As a player gets it. */
function written(pieces: readonly Piece[], timeline = new Timeline()): string {
  const path = join(mkdtempSync(join(tmpdir(), "written-")), "out.mp4");
  writeFileSync(path, pieces[0]?.init.bytes ?? "");
  for (const piece of pieces) appendFileSync(path, timeline.place(piece));
  return path;
}

describe("reading recordings", () => {
  test("begins with the key frame at or before the time asked for and ends before the end", async () => {
    const index = createSegmentIndexDouble();
    index.record({ startMs: START_MS, seconds: 10 });
    const pieces = await read(index.segments, START_MS + 3500, START_MS + 6000);
    expect(pieces[0]?.fromMs).toBeCloseTo(START_MS + 3000, 0);
    expect(pieces.at(-1)?.fromMs).toBeLessThan(START_MS + 6000);
    expect(pieces).toHaveLength(30);
    const video = probe(written(pieces));
    expect(video).toMatchObject({ complaints: "", beginsWithKeyFrame: true, frames: 30, startSeconds: 0 });
  });

  test("goes on over segments without a jump, also where they overlap by some milliseconds", async () => {
    const index = createSegmentIndexDouble();
    index.record({ startMs: START_MS, seconds: 4 });
    index.record({ startMs: START_MS + 3960, seconds: 4 });
    const timeline = new Timeline();
    const video = probe(written(await read(index.segments, START_MS, START_MS + 60_000), timeline));
    expect(timeline.spans).toHaveLength(1);
    expect(video).toMatchObject({ complaints: "", frames: 80 });
    expect(video.seconds).toBeCloseTo(7.96, 1);
  });

  test("closes gaps in the video and tells of them in the spans", async () => {
    const index = createSegmentIndexDouble();
    index.record({ startMs: START_MS, seconds: 4 });
    index.record({ startMs: START_MS + 60_000, seconds: 4 });
    const timeline = new Timeline();
    const video = probe(written(await read(index.segments, START_MS, START_MS + 90_000), timeline));
    expect(
      timeline.spans.map(({ fromMs, toMs }) => [fromMs - START_MS, Math.round(toMs - START_MS)]),
    ).toEqual([
      [0, 4000],
      [60_000, 64_000],
    ]);
    expect(video.complaints).toBe("");
    expect(video.seconds).toBeCloseTo(8, 1);
  });

  test("marks the place where the stream became another", async () => {
    const index = createSegmentIndexDouble();
    index.record({ startMs: START_MS, seconds: 2 });
    index.record({ startMs: START_MS + 2000, seconds: 2, size: "192x108" });
    const pieces = await read(index.segments, START_MS, START_MS + 10_000);
    expect(pieces.flatMap(({ newInit }, at) => (newInit ? [at] : []))).toEqual([0, 20]);
  });

  test("takes what is whole of a file that ends in the middle of a frame", async () => {
    const index = createSegmentIndexDouble();
    const { path } = index.record({ startMs: START_MS, seconds: 4 });
    truncateSync(path, readFileSync(path).length - 100);
    const pieces = await read(index.segments, START_MS, START_MS + 10_000);
    expect(pieces).toHaveLength(39);
    expect(probe(written(pieces)).complaints).toBe("");
  });

  test("leaves a gap where a file is gone or is no video", async () => {
    const index = createSegmentIndexDouble();
    rmSync(index.record({ startMs: START_MS, seconds: 2 }).path);
    writeFileSync(index.record({ startMs: START_MS + 2000, seconds: 2 }).path, "no video");
    index.record({ startMs: START_MS + 4000, seconds: 2 });
    const pieces = await read(index.segments, START_MS, START_MS + 10_000);
    expect(pieces[0]?.fromMs).toBe(START_MS + 4000);
    expect(pieces).toHaveLength(20);
  });

  test.each([0, 1, 7])("ends at once where a box at the beginning names %i bytes", async (length) => {
    const bytes = readFileSync(filmFile(2));
    bytes.writeUInt32BE(length, 0);
    const path = join(mkdtempSync(join(tmpdir(), "damage-")), "damaged.mp4");
    writeFileSync(path, bytes);
    expect(await read([{ path, startMs: START_MS, clock: "synced" }], 0, Number.MAX_SAFE_INTEGER)).toEqual(
      [],
    );
  });

  test("survives any damage: it ends early, and gives nothing that lies outside of the file", async () => {
    const sound = readFileSync(filmFile(2));
    const folder = mkdtempSync(join(tmpdir(), "damage-"));
    const damage = fc.array(fc.tuple(fc.nat(sound.length - 1), fc.nat(255)), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(damage, async (changes) => {
        const bytes = Buffer.from(sound);
        for (const [at, value] of changes) bytes[at] = value;
        const path = join(folder, "damaged.mp4");
        writeFileSync(path, bytes);
        const pieces = await read([{ path, startMs: START_MS, clock: "synced" }], 0, Number.MAX_SAFE_INTEGER);
        expect(pieces.length).toBeLessThanOrEqual(20);
      }),
      { numRuns: 60 },
    );
  });
});

describe("spans", () => {
  const segment = (from: number, to: number) => ({ startMs: from, endMs: to });

  test.each([
    ["nothing", [], []],
    ["one segment, cut to what was asked", [segment(-5000, 5000)], [[0, 5000]]],
    ["segments that follow each other", [segment(0, 4000), segment(4200, 9000)], [[0, 9000]]],
    [
      "a gap",
      [segment(0, 4000), segment(6000, 9000)],
      [
        [0, 4000],
        [6000, 9000],
      ],
    ],
    ["one inside another", [segment(0, 9000), segment(1000, 2000)], [[0, 9000]]],
    ["what ends where it begins", [segment(3000, 3000)], []],
  ])("of %s", (_what, segments, expected) => {
    expect(spansOf(segments, 0, 10_000).map(({ fromMs, toMs }) => [fromMs, toMs])).toEqual(expected);
  });
});
