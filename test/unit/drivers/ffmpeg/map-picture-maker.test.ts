import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32, deflateSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { jpegSize } from "../../../../src/drivers/ffmpeg/jpeg-size.ts";
import { createMapPictureMaker } from "../../../../src/drivers/ffmpeg/map-picture-maker.ts";
import { pngSize } from "../../../../src/drivers/ffmpeg/png-size.ts";
import { createChildRig, createScratchFolder } from "./children.ts";

const hasFfmpeg = spawnSync("ffmpeg", ["-version"]).status === 0;

describe.skipIf(!hasFfmpeg)("the picture of a map (skipped: ffmpeg is not installed)", () => {
  let folder = "";
  beforeEach(() => {
    folder = createScratchFolder();
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  function ffmpeg(name: string, source: string, ...words: string[]): Buffer {
    const path = join(folder, name);
    execFileSync("ffmpeg", [
      "-v",
      "error",
      "-y",
      "-f",
      "lavfi",
      "-i",
      source,
      "-frames:v",
      "1",
      ...words,
      path,
    ]);
    return readFileSync(path);
  }
  const photo = (size: string): Buffer => ffmpeg("source.jpg", `testsrc=d=1:s=${size}`);
  const drawing = (size: string): Buffer => ffmpeg("source.png", `testsrc=d=1:s=${size}`);

  async function make(bytes: Buffer | string) {
    const { dependencies, registered } = createChildRig();
    const [source, target] = [join(folder, "upload"), join(folder, "made")];
    writeFileSync(source, bytes);
    try {
      return {
        size: await createMapPictureMaker(dependencies).make(source, target),
        made: readFileSync(target),
      };
    } finally {
      expect(registered()).toEqual([]);
    }
  }

  test("cannot be made where there is no ffmpeg, and that is said: later will not be better", async () => {
    const whole = photo("320x240");
    vi.stubEnv("PATH", createScratchFolder());
    symlinkSync("/usr/bin/nice", join(process.env["PATH"] ?? "", "nice"));
    await expect(make(whole)).rejects.toMatchObject({ code: "ffmpeg.missing", kind: "permanent" });
  });

  /** The mean colour of a picture: red, green, blue. */
  function colourOf(path: string): number[] {
    const words = ["-v", "error", "-i", path, "-vf", "scale=1:1,format=rgb24", "-f", "rawvideo", "-"];
    return [...execFileSync("ffmpeg", words)];
  }

  /** A chunk of a PNG. */
  function chunk(name: string, data: Buffer): Buffer {
    const body = Buffer.concat([Buffer.from(name), data]);
    const ends = [Buffer.alloc(4), Buffer.alloc(4)] as const;
    ends[0].writeUInt32BE(data.length);
    ends[1].writeUInt32BE(crc32(body));
    return Buffer.concat([ends[0], body, ends[1]]);
  }

  /** A PNG of one bit a pixel, all zero: gigabytes in some kilobytes. */
  function bomb(width: number, height: number): Buffer {
    const header = Buffer.alloc(13);
    header.writeUInt32BE(width, 0);
    header.writeUInt32BE(height, 4);
    header.writeUInt8(1, 8);
    const rows = Buffer.alloc((1 + Math.ceil(Math.min(width, 30_000) / 8)) * Math.min(height, 30_000));
    const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
    const pieces = [chunk("IHDR", header), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))];
    return Buffer.concat([signature, ...pieces]);
  }

  /** With the orientation that telephones write instead of turning the picture: lying on its right side. */
  function onItsSide(jpeg: Buffer): Buffer {
    const exif = Buffer.from(
      "457869660000" + "49492a0008000000" + "0100" + "1201030001000000" + "06000000" + "00000000",
      "hex",
    );
    const head = Buffer.from([0xff, 0xe1, 0, exif.length + 2]);
    return Buffer.concat([jpeg.subarray(0, 2), head, exif, jpeg.subarray(2)]);
  }

  test.each<[string, () => Buffer, { width: number; height: number }]>([
    ["a photo of 6000 x 4000", () => photo("6000x4000"), { width: 4096, height: 2731 }],
    ["a tall drawing", () => drawing("1000x5000"), { width: 819, height: 4096 }],
    ["one that fits already", () => drawing("641x481"), { width: 641, height: 481 }],
    ["one that lies on its side stands up", () => onItsSide(photo("640x480")), { width: 480, height: 640 }],
  ])("%s is kept as a JPEG within the bounds", async (_what, bytes, kept) => {
    const { size, made } = await make(bytes());
    expect(size).toEqual(kept);
    expect(jpegSize(made)).toEqual(kept);
    for (const word of ["Exif", "Lavc", "GPS"]) expect(made.includes(word)).toBe(false);
  });

  test("what a drawing leaves transparent is white", async () => {
    await make(ffmpeg("clear.png", "color=c=red@0.0:s=64x64,format=rgba"));
    expect(Math.min(...colourOf(join(folder, "made")))).toBeGreaterThan(250);
  });

  test("what hangs on behind a picture is not kept with it", async () => {
    const { made } = await make(Buffer.concat([drawing("64x64"), Buffer.from("<script>x</script>PK")]));
    expect(made.includes("script")).toBe(false);
  });

  test.each<[string, () => Buffer | string, string]>([
    ["a page", () => "<html><script>alert(1)</script></html>".repeat(100), "map.not_picture"],
    ["nothing", () => "", "map.not_picture"],
    ["a drawing that names files", () => `<svg><image href="file:///etc/passwd"/></svg>`, "map.not_picture"],
    ["a list of files", () => "ffconcat version 1.0\nfile '/etc/passwd'\n", "map.not_picture"],
    ["a GIF", () => ffmpeg("source.gif", "testsrc=d=1:s=64x64"), "map.not_picture"],
    ["half a JPEG", () => photo("640x480").subarray(0, 6000), "map.not_picture"],
    ["half a PNG", () => drawing("640x480").subarray(0, 1000), "map.not_picture"],
    ["a PNG of no size", () => bomb(0, 0), "map.not_picture"],
    ["a PNG of 30000 x 30000 in some kilobytes", () => bomb(30_000, 30_000), "map.too_many_pixels"],
    [
      "a PNG that claims four thousand million a side",
      () => bomb(0xffffffff, 0xffffffff),
      "map.too_many_pixels",
    ],
    ["a photo of 50 megapixels", () => bomb(10_000, 5000), "map.too_many_pixels"],
    [
      "a second, larger header behind the first",
      () => Buffer.concat([bomb(64, 64).subarray(0, 33), bomb(30_000, 30_000).subarray(8)]),
      "map.not_picture",
    ],
  ])("%s is refused, and nothing is left of it", async (_what, bytes, code) => {
    await expect(make(bytes())).rejects.toMatchObject({ code, kind: "permanent" });
    expect(existsSync(join(folder, "made"))).toBe(false);
  });

  test("the size of a PNG stands in its header", () => {
    expect(pngSize(bomb(320, 200))).toEqual({ width: 320, height: 200 });
    expect(pngSize(bomb(320, 200).subarray(0, 20))).toBeUndefined();
  });
});
