import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import type { PictureMarks } from "../../../../src/core/media.ts";
import { createDrawMarks, filterOf } from "../../../../src/drivers/ffmpeg/picture-marks.ts";
import { createChildRig } from "./children.ts";

const MARKS: PictureMarks = {
  boxes: [{ x: 0.5, y: 0.4, width: 0.1, height: 0.4 }],
  paths: [
    [
      [0.1, 0.8],
      [0.3, 0.8],
    ],
  ],
  outlines: [
    [
      [0.1, 0.2],
      [0.9, 0.2],
    ],
  ],
};
const NONE: PictureMarks = { boxes: [], paths: [], outlines: [] };

/** A picture of one colour, as a camera's JPEG. */
function plain(colour: string, size = "640x360"): Buffer {
  const { stdout } = spawnSync("ffmpeg", [
    ...["-loglevel", "error", "-f", "lavfi", "-i", `color=${colour}:s=${size}:d=1`],
    ...["-frames:v", "1", "-c:v", "mjpeg", "-q:v", "2", "-f", "image2pipe", "pipe:1"],
  ]);
  return stdout;
}

/** Red, green and blue at a place in fractions of the picture. */
function coloursOf(jpeg: Buffer, width = 640, height = 360) {
  const { stdout } = spawnSync(
    "ffmpeg",
    ["-loglevel", "error", "-f", "mjpeg", "-i", "pipe:0", "-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"],
    { input: jpeg, maxBuffer: 64 * 1024 * 1024 },
  );
  expect(stdout.length).toBe(width * height * 3);
  return (x: number, y: number, dx = 0, dy = 0): readonly number[] => {
    const at = (Math.round(y * height + dy) * width + Math.round(x * width + dx)) * 3;
    return [...stdout.subarray(at, at + 3)];
  };
}

const isBright = ([red = 0, green = 0, blue = 0]: readonly number[]): boolean =>
  red > 180 && green > 180 && blue < 130;
const isLike = (a: readonly number[], b: readonly number[]): boolean =>
  a.every((value, index) => Math.abs(value - (b[index] ?? 0)) < 40);

describe("marks on a picture", () => {
  test.each(["0x101418", "0xf4f6f8", "0x6f7f76", "0x2e5d34"])(
    "stand out from %s: box and path bright, what is in the box as it was",
    async (ground) => {
      const { dependencies, registered } = createChildRig();
      const before = plain(ground);
      const untouched = coloursOf(before)(0.55, 0.6);
      const colour = coloursOf(await createDrawMarks(dependencies)(before, MARKS));
      expect(isBright(colour(0.5, 0.6, -2))).toBe(true);
      expect(isBright(colour(0.1, 0.8))).toBe(true);
      expect(isBright(colour(0.3, 0.8))).toBe(true);
      expect(isLike(colour(0.55, 0.6), untouched)).toBe(true);
      expect(isLike(colour(0.8, 0.9), untouched)).toBe(true);
      expect(registered()).toEqual([]);
    },
  );

  test("hold the outline thin: nothing a few pixels beside it", async () => {
    const { dependencies } = createChildRig();
    const before = plain("0x2e5d34");
    const ground = coloursOf(before)(0.5, 0.1);
    const colour = coloursOf(await createDrawMarks(dependencies)(before, MARKS));
    expect(isLike(colour(0.1, 0.2), ground)).toBe(false);
    expect(isLike(colour(0.5, 0.2, 0, 5), ground)).toBe(true);
    expect(isLike(colour(0.5, 0.2, 0, -5), ground)).toBe(true);
  });

  test.each(["320x180", "704x576", "1920x1080"])("keep a picture of %s as large as it was", async (size) => {
    const { dependencies } = createChildRig();
    const [width = 0, height = 0] = size.split("x").map(Number);
    const drawn = await createDrawMarks(dependencies)(plain("gray", size), MARKS);
    expect(isBright(coloursOf(drawn, width, height)(0.3, 0.8))).toBe(true);
  });

  test("at and beyond the picture's edge cost nothing but themselves", async () => {
    const { dependencies } = createChildRig();
    const beyond: PictureMarks = {
      boxes: [{ x: -0.2, y: 0.7, width: 0.3, height: 0.5 }],
      paths: [[[1, 1]]],
      outlines: [],
    };
    const drawn = await createDrawMarks(dependencies)(plain("gray"), beyond);
    expect(coloursOf(drawn)(0.5, 0.5)).toHaveLength(3);
  });

  test("of many people on long ways fit into one command", () => {
    const zigzag = Array.from({ length: 30 }, (_, at) => [at % 2, at / 30] as const);
    const crowd = {
      boxes: Array.from({ length: 40 }, () => ({ x: 0.1, y: 0.1, width: 0, height: 0 })),
      paths: Array.from({ length: 40 }, () => zigzag),
      outlines: Array.from({ length: 40 }, () => zigzag),
    };
    expect(filterOf(crowd, { width: 3840, height: 2160 }).length).toBeLessThan(120_000);
    expect(filterOf(NONE, { width: 640, height: 360 })).toBe("null");
  });

  test.each([
    ["nothing", Buffer.alloc(0)],
    ["noise", Buffer.alloc(5000, 7)],
    ["the beginning of one", Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16])],
    ["a header that points to itself", Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 0, 0xff, 0xc0, 0, 0, 0, 0])],
  ])("on %s are picture.not_drawn", async (_, jpeg) => {
    const { dependencies, registered } = createChildRig();
    await expect(createDrawMarks(dependencies)(jpeg, MARKS)).rejects.toMatchObject({
      code: "picture.not_drawn",
      kind: "transient",
    });
    expect(registered()).toEqual([]);
  });
});
