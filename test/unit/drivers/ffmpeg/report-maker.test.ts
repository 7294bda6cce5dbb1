import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { jpegSize } from "../../../../src/drivers/ffmpeg/jpeg-size.ts";
import { createReportMaker } from "../../../../src/drivers/ffmpeg/report-maker.ts";
import { createChildRig, createScratchFolder } from "./children.ts";

const hasFfmpeg = spawnSync("ffmpeg", ["-version"]).status === 0;
const PLACE = "GPS 27.61 113.52";

describe.skipIf(!hasFfmpeg)("what comes with a report (skipped: ffmpeg is not installed)", () => {
  let folder = "";
  beforeEach(() => {
    folder = createScratchFolder();
  });

  function ffmpeg(name: string, ...words: string[]): string {
    const path = join(folder, name);
    execFileSync("ffmpeg", ["-v", "error", "-y", ...words, path]);
    return path;
  }
  const picture = (size: string, ...more: string[]): Buffer =>
    readFileSync(
      ffmpeg("source.jpg", "-f", "lavfi", "-i", `testsrc=d=1:s=${size}`, "-frames:v", "1", ...more),
    );
  const sound = (name: string, seconds: number, ...codec: string[]): Buffer =>
    readFileSync(ffmpeg(name, "-f", "lavfi", "-i", `sine=f=440:d=${seconds}`, ...codec));
  const silence = (seconds: number): Buffer =>
    readFileSync(
      ffmpeg(
        "silence.ogg",
        "-f",
        "lavfi",
        "-i",
        `anullsrc=r=8000:cl=mono:d=${seconds}`,
        "-c:a",
        "libopus",
        "-b:a",
        "500",
        "-frame_duration",
        "60",
      ),
    );
  const webm = (seconds: number): Buffer => sound("source.webm", seconds, "-c:a", "libopus", "-b:a", "24k");

  async function make(kind: "photo" | "voice", bytes: Buffer | string) {
    const { dependencies, registered } = createChildRig();
    const [source, target] = [join(folder, "upload"), join(folder, "made")];
    writeFileSync(source, bytes);
    try {
      return { ...(await createReportMaker(dependencies)[kind](source, target)), made: readFileSync(target) };
    } finally {
      expect(registered()).toEqual([]);
    }
  }
  const refused = (kind: "photo" | "voice", bytes: Buffer | string, code: string) =>
    expect(make(kind, bytes)).rejects.toMatchObject({ code, kind: "permanent" });
  const leftovers = (): string[] => readdirSync(folder).filter((name) => name === "made");

  /** With an APP1 segment, as telephones write where and by what a picture was taken. */
  function withExif(jpeg: Buffer): Buffer {
    const text = Buffer.from(`Exif\0\0${PLACE}`);
    const head = Buffer.from([0xff, 0xe1, 0, text.length + 2]);
    return Buffer.concat([jpeg.subarray(0, 2), head, text, jpeg.subarray(2)]);
  }

  /** The size that the frame header claims, changed. */
  function claiming(jpeg: Buffer, width: number, height: number): Buffer {
    const changed = Buffer.from(jpeg);
    const at = changed.findIndex((byte, index) => byte === 0xff && changed[index + 1] === 0xc0);
    changed.writeUInt16BE(height, at + 5);
    changed.writeUInt16BE(width, at + 7);
    return changed;
  }

  test.each([
    ["4032x3024", { width: 1600, height: 1200 }],
    ["1200x2400", { width: 800, height: 1600 }],
    ["640x481", { width: 640, height: 481 }],
  ])("a picture of %s is kept as a JPEG that fits, and says nothing of the telephone", async (size, kept) => {
    const { made } = await make("photo", withExif(picture(size)));
    expect(jpegSize(made)).toEqual(kept);
    expect(made.includes(PLACE)).toBe(false);
    expect(made.includes("Exif")).toBe(false);
    expect(made.includes("Lavc")).toBe(false);
  });

  test("what hangs on behind a picture is not kept with it", async () => {
    const { made } = await make(
      "photo",
      Buffer.concat([picture("640x480"), Buffer.from("<script>x</script>PK")]),
    );
    expect(made.includes("script")).toBe(false);
  });

  test.each<[string, () => Buffer | string, string]>([
    ["a page", () => "<html><script>alert(1)</script></html>".repeat(100), "report.not_photo"],
    ["nothing", () => "", "report.not_photo"],
    ["a zip file", () => Buffer.from(`PK\u0003\u0004${"\u0000".repeat(5000)}`, "latin1"), "report.not_photo"],
    ["a drawing that names files", () => `<svg><image href="file:///etc/passwd"/></svg>`, "report.not_photo"],
    ["a list of files", () => "ffconcat version 1.0\nfile '/etc/passwd'\n", "report.not_photo"],
    ["a JPEG's beginning alone", () => picture("640x480").subarray(0, 400), "report.not_photo"],
    ["half a JPEG", () => picture("640x480").subarray(0, 6000), "report.not_photo"],
    [
      "a JPEG that claims 60000 x 60000",
      () => claiming(picture("64x64"), 60_000, 60_000),
      "report.too_many_pixels",
    ],
    ["one of 13 megapixels", () => picture("4200x3100"), "report.too_many_pixels"],
    ["a JPEG of no size", () => claiming(picture("64x64"), 0, 0), "report.not_photo"],
    [
      "a second, larger header behind the first",
      () => {
        const small = picture("64x64");
        const at = small.findIndex((byte, index) => byte === 0xff && small[index + 1] === 0xc0);
        const header = claiming(small, 60_000, 60_000).subarray(at, at + 19);
        return Buffer.concat([small.subarray(0, at + 19), header, small.subarray(at + 19)]);
      },
      "report.not_photo",
    ],
  ])("%s is no picture, and nothing is left of it", async (_what, bytes, code) => {
    await refused("photo", bytes(), code);
    expect(leftovers()).toEqual([]);
  });

  test.each([
    ["source.webm", ["-c:a", "libopus"]],
    ["source.ogg", ["-c:a", "libopus"]],
    ["source.m4a", ["-c:a", "aac"]],
    ["source.mp4", ["-c:a", "aac", "-movflags", "frag_keyframe+empty_moov"]],
  ])("a voice in %s is kept as AAC in MP4 with its length", async (name, codec) => {
    const { made, ...told } = await make("voice", sound(name, 3, "-metadata", `location=${PLACE}`, ...codec));
    expect(made.toString("latin1", 4, 8)).toBe("ftyp");
    expect("durationMs" in told && Math.abs(told.durationMs - 3000) < 120).toBe(true);
    expect(made.includes(PLACE)).toBe(false);
  });

  test("a voice of a minute is taken whole", async () => {
    const told = await make("voice", webm(60));
    expect("durationMs" in told && told.durationMs).toBeGreaterThan(59_500);
  });

  test.each<[string, () => Buffer | string, string]>([
    ["a page", () => "<html></html>".repeat(200), "report.not_voice"],
    ["nothing", () => "", "report.not_voice"],
    ["a picture", () => picture("64x64"), "report.not_voice"],
    [
      "a playlist",
      () => "#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n",
      "report.not_voice",
    ],
    ["a list of files", () => "ffconcat version 1.0\nfile '/etc/passwd'\n", "report.not_voice"],
    ["a click", () => sound("click.ogg", 0.05, "-c:a", "libopus"), "report.not_voice"],
    ["half an MP4 file", () => sound("source.m4a", 5, "-c:a", "aac").subarray(0, 20_000), "report.not_voice"],
    ["a voice of 62 s", () => webm(62), "report.voice_too_long"],
    ["twenty minutes in 50 kB", () => silence(1200), "report.voice_too_long"],
  ])("%s is no voice, and nothing is left of it", async (_what, bytes, code) => {
    await refused("voice", bytes(), code);
    expect(leftovers()).toEqual([]);
  });
});
