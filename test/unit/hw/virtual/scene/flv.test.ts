import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { createFlvReader } from "../../../../../hw/virtual/scene/flv.ts";

let stream: Buffer;

beforeAll(() => {
  stream = execFileSync("ffmpeg", [
    ...["-v", "error", "-f", "lavfi", "-i", "testsrc2=size=64x48:rate=5:duration=1", "-c:v", "libx264"],
    ...["-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p", "-g", "3", "-f", "flv"],
    ...["-flvflags", "no_duration_filesize", "pipe:1"],
  ]);
});

/** What the reader tells of a stream that comes in these pieces. */
function read(pieces: readonly Buffer[]): string[] {
  const told: string[] = [];
  const push = createFlvReader({
    onParameterSets: ({ sps, pps }) => told.push(`sps ${sps[0]} pps ${pps[0]}`),
    onPicture: ({ key, nals }) => {
      const types = nals.map((nal) => (nal[0] ?? 0) & 0x1f);
      told.push(`${key ? "key" : "delta"} ${types.filter((type) => type !== 6).join(" ")}`);
    },
  });
  for (const piece of pieces) push(piece);
  return told;
}

describe("pictures from ffmpeg", () => {
  test("come whole, after the parameter sets, with keys where the encoder put them", () => {
    expect(read([stream])).toEqual(["sps 103 pps 104", "key 5", "delta 1", "delta 1", "key 5", "delta 1"]);
  });

  test("are the same wherever the stream is cut", () => {
    const whole = read([stream]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: stream.length }), { maxLength: 12 }), (cuts) => {
        const ends = [...cuts.sort((a, b) => a - b), stream.length];
        expect(read(ends.map((end, index) => stream.subarray(ends[index - 1] ?? 0, end)))).toEqual(whole);
      }),
    );
  });

  test("are told as soon as their last byte is there", () => {
    // After the last picture stand only the pointer back and, from this muxer, an end-of-sequence tag.
    const told = read([stream.subarray(0, stream.length - 20)]);
    expect(told.length).toBeGreaterThanOrEqual(6);
  });

  test("are not guessed from something else", () => {
    expect(() => read([Buffer.alloc(64)])).toThrow("Not an FLV stream");
  });
});
