import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { errorCode } from "../../../src/core/errors.ts";
import { createSplitter, type Fragment, type InitSegment } from "../../../src/video/fragmented-mp4.ts";
import { box, encodeFragmentedMp4, encodeWithSound, fragmentBytes, INIT_BYTES } from "./boxes.ts";

function split(chunks: Iterable<Buffer>): { inits: InitSegment[]; fragments: Fragment[] } {
  const inits: InitSegment[] = [];
  const fragments: Fragment[] = [];
  const feed = createSplitter({
    onInit: (init) => inits.push(init),
    onFragment: (fragment) => fragments.push(fragment),
  });
  for (const chunk of chunks) feed(chunk);
  return { inits, fragments };
}

function* piecesOf(bytes: Buffer, lengths: readonly number[]): Generator<Buffer> {
  let at = 0;
  for (let turn = 0; at < bytes.length; turn++) {
    const length = lengths[turn % lengths.length] ?? 1;
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

/** Equal exactly when everything is; comparing buffers byte by byte in a matcher is slow. */
function outlineOf({ inits, fragments }: ReturnType<typeof split>): string {
  const parts = [...inits.map((init) => ({ ...init, keyFrame: init.mediaType })), ...fragments];
  return parts
    .map(({ bytes, keyFrame }) => `${keyFrame} ${createHash("sha256").update(bytes).digest("hex")}`)
    .join("\n");
}

function failureOf(chunks: readonly Buffer[]): string {
  try {
    split(chunks);
    return "";
  } catch (error) {
    return errorCode(error);
  }
}

describe.each([
  ["H.264", "libx264", /^video\/mp4; codecs="avc1\.[0-9a-f]{6}"$/],
  ["H.265", "libx265", /^video\/mp4; codecs="hev1\.1\.6\.L[0-9]+(\.[0-9A-F]{1,2})*"$/],
] as const)("ffmpeg's fragmented MP4 with %s", (_name, codec, mediaType) => {
  const stream = encodeFragmentedMp4(codec);
  const whole = split([stream]);

  test("gives one init segment with the codec for players, and a fragment a frame", () => {
    expect(whole.inits).toHaveLength(1);
    expect(whole.inits[0]?.mediaType).toMatch(mediaType);
    expect(whole.fragments).toHaveLength(25);
  });

  test("gives each fragment the time at which it is decoded", () => {
    const timescale = whole.inits[0]?.timescale ?? 0;
    const seconds = whole.fragments.map(({ decodeTime }) => decodeTime / timescale);
    expect(seconds[0]).toBeCloseTo(0, 3);
    for (const [frame, second] of seconds.entries()) expect(second).toBeCloseTo(frame / 25, 3);
  });

  test("loses and adds no byte", () => {
    const parts = [...whole.inits, ...whole.fragments].map(({ bytes }) => bytes);
    expect(Buffer.concat(parts).equals(stream)).toBe(true);
  });

  test("marks exactly the key frames", () => {
    const keys = whole.fragments.flatMap(({ keyFrame }, frame) => (keyFrame ? [frame] : []));
    expect(keys).toEqual([0, 10, 20]);
  });

  test("is cut the same however it arrives", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 20 }), (lengths) => {
        expect(outlineOf(split(piecesOf(stream, lengths)))).toBe(outlineOf(whole));
      }),
      { numRuns: 60 },
    );
  });
});

describe("ffmpeg's fragmented MP4 with sound", () => {
  const { inits, fragments } = split([encodeWithSound()]);
  const sound = fragments.filter(({ track }) => track === "audio");
  const video = fragments.filter(({ track }) => track === undefined);

  test("names both codecs, and tells each fragment's track", () => {
    expect(inits[0]?.mediaType).toMatch(/^video\/mp4; codecs="avc1\.[0-9a-f]{6},mp4a\.40\.2"$/);
    expect(video).toHaveLength(50);
    expect(sound.length).toBeGreaterThan(25);
  });

  test("calls no sound a key frame, and gives its time in the video's units", () => {
    expect(video.filter(({ keyFrame }) => keyFrame)).toHaveLength(5);
    expect(sound.filter(({ keyFrame }) => keyFrame)).toEqual([]);
    const timescale = inits[0]?.timescale ?? 0;
    const seconds = sound.map(({ decodeTime }) => decodeTime / timescale);
    expect(seconds.at(-1)).toBeGreaterThan(1.8);
    expect(seconds.at(-1)).toBeLessThan(2.2);
  });
});

describe("the splitter", () => {
  const short = Buffer.concat([INIT_BYTES, fragmentBytes(true, "a"), fragmentBytes(false, "b")]);

  test("survives a cut at every single byte", () => {
    const whole = split([short]);
    expect(whole.fragments.map(({ keyFrame }) => keyFrame)).toEqual([true, false]);
    for (let at = 1; at < short.length; at++) {
      expect(split([short.subarray(0, at), short.subarray(at)])).toEqual(whole);
    }
  });

  test("leaves out boxes that no player needs", () => {
    const decorated = Buffer.concat([
      INIT_BYTES,
      box("styp"),
      box("sidx", Buffer.alloc(30)),
      fragmentBytes(true, "a"),
      box("free"),
      fragmentBytes(false, "b"),
    ]);
    expect(split([decorated])).toEqual(split([short]));
  });

  test.each([
    ["text", [Buffer.from("HTTP/1.1 200 OK\r\n\r\n")]],
    ["a length below its own header", [Buffer.from([0, 0, 0, 7, 0x66, 0x74, 0x79, 0x70])]],
    ["a length beyond any picture", [Buffer.from([0x7f, 0xff, 0xff, 0xff, 0x6d, 0x64, 0x61, 0x74])]],
    ["a fragment before the init segment", [fragmentBytes(true)]],
    ["a picture without its header", [INIT_BYTES, box("mdat", Buffer.alloc(8))]],
    ["a description without a file type", [box("moov")]],
  ])("refuses %s as video.bad_media", (_name, chunks) => {
    expect(failureOf(chunks)).toBe("video.bad_media");
  });

  test("meets any bytes with fragments or video.bad_media, nothing else", () => {
    const boxes = fc
      .tuple(
        fc.constantFrom("ftyp", "moov", "moof", "mdat", "traf", "trun", "free"),
        fc.uint8Array({ maxLength: 60 }),
      )
      .map(([type, content]) => box(type, content));
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((content) => Buffer.from(content)),
      fc.array(boxes, { maxLength: 12 }).map((list) => Buffer.concat(list)),
      boxes.map((content) => Buffer.concat([INIT_BYTES, box("moof", box("traf", content)), box("mdat")])),
    );
    fc.assert(
      fc.property(bytes, (hostile) => {
        expect(["", "video.bad_media"]).toContain(failureOf([hostile]));
      }),
      { numRuns: 500 },
    );
  });
});
