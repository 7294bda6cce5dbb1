import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { createSoundMaker, SOUND_RATE } from "../../../../src/drivers/audio/sound-maker.ts";
import { formatWave, parseWave } from "../../../../src/drivers/audio/wav-file.ts";
import { createChildRig, createScratchFolder } from "../ffmpeg/children.ts";

const hasFfmpeg = spawnSync("ffmpeg", ["-version"]).status === 0;
const TONE = "sine=f=440:sample_rate=44100";

describe.skipIf(!hasFfmpeg)("a recording made fit for the horns (skipped: ffmpeg is not installed)", () => {
  let folder = "";
  beforeEach(() => {
    folder = createScratchFolder();
  });

  function ffmpeg(name: string, ...words: string[]): string {
    const path = join(folder, name);
    execFileSync("ffmpeg", ["-v", "error", "-y", ...words, path]);
    return path;
  }
  function file(name: string, bytes: string | Buffer): string {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  }
  async function make(source: string, maxSeconds = 600) {
    const { dependencies, registered } = createChildRig();
    const target = join(folder, "made.wav");
    try {
      return { ...(await createSoundMaker(dependencies).make(source, target, maxSeconds)), target };
    } finally {
      expect(registered()).toEqual([]);
    }
  }
  const loudness = (path: string): number => {
    const { stderr } = spawnSync("ffmpeg", ["-nostats", "-i", path, "-af", "ebur128", "-f", "null", "-"], {
      encoding: "utf8",
    });
    return Number([...stderr.matchAll(/I:\s+(-?[\d.]+) LUFS/g)].at(-1)?.[1]);
  };

  test.each([
    ["speech.wav", ["-ac", "2", "-ar", "48000"]],
    ["speech.mp3", ["-c:a", "libmp3lame", "-b:a", "64k"]],
    ["speech.m4a", ["-c:a", "aac"]],
    ["speech.ogg", ["-c:a", "libvorbis"]],
    ["speech.flac", ["-c:a", "flac"]],
    // Its name says nothing.
    ["speech.txt", ["-c:a", "libopus", "-f", "ogg"]],
  ])("%s becomes one channel at 16 kHz, as loud as all others", async (name, codec) => {
    const source = ffmpeg(name, "-f", "lavfi", "-i", `${TONE}:d=4,volume=-20dB`, ...codec);
    const { durationMs, target } = await make(source);
    expect(Math.abs(durationMs - 4000)).toBeLessThan(120);
    expect(parseWave(readFileSync(target))?.sampleRate).toBe(SOUND_RATE);
    expect(Math.abs(loudness(target) + 16)).toBeLessThan(1.5);
    expect(readdirSync(folder).sort()).toEqual(["made.wav", name].sort());
  });

  test("begins and ends with what can be heard", async () => {
    const source = ffmpeg("late.wav", "-f", "lavfi", "-i", `${TONE}:d=2,adelay=1500:all=1,apad=pad_dur=2`);
    expect(Math.abs((await make(source)).durationMs - 2000)).toBeLessThan(150);
  });

  test("is taken out of a film, and past the picture on its cover", async () => {
    const source = ffmpeg(
      "film.mp4",
      "-f",
      "lavfi",
      "-i",
      "testsrc=d=2:s=64x64",
      "-f",
      "lavfi",
      "-i",
      `${TONE}:d=2`,
    );
    expect((await make(source)).durationMs).toBeGreaterThan(1800);
  });

  const notAudio = "clips.not_audio";
  test.each<[string, () => string | Buffer, string]>([
    ["a text", () => "水边危险".repeat(1000), notAudio],
    ["nothing", () => "", "clips.empty"],
    ["a zip file", () => Buffer.from(`PK\u0003\u0004${"\u0000".repeat(5000)}`, "latin1"), notAudio],
    [
      "the beginning of an MP4 file",
      () => Buffer.from("\u0000\u0000\u0000\u0020ftypM4A ", "latin1"),
      notAudio,
    ],
    // ffmpeg would open what stands in them.
    ["a list of other files", () => "ffconcat version 1.0\nfile '/etc/passwd'\n", notAudio],
    ["a playlist", () => "#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n", notAudio],
    ["a subtitle", () => "1\n00:00:00,000 --> 00:00:01,000\nhello\n", notAudio],
    ["silence", () => formatWave({ sampleRate: 8000, samples: new Int16Array(16_000) }), "clips.silent"],
    [
      "a click",
      () => formatWave({ sampleRate: 8000, samples: new Int16Array(16_000).fill(9000, 8000, 8010) }),
      "clips.too_short",
    ],
    [
      "a header alone",
      () => formatWave({ sampleRate: 8000, samples: new Int16Array(8000) }).subarray(0, 44),
      "clips.truncated",
    ],
    [
      "a header that promises three hours",
      () => {
        const bytes = formatWave({ sampleRate: 8000, samples: new Int16Array(24_000).fill(9000) });
        bytes.writeUInt32LE(3 * 3600 * 16_000, 4);
        bytes.writeUInt32LE(3 * 3600 * 16_000 - 36, 40);
        return bytes;
      },
      "clips.truncated",
    ],
  ])("%s is refused, and nothing is left behind", async (_what, content, code) => {
    const source = file("upload", content());
    await expect(make(source)).rejects.toMatchObject({ code, kind: "permanent" });
    expect(readdirSync(folder)).toEqual(["upload"]);
  });

  test("a picture is refused", async () => {
    const source = ffmpeg("photo.jpg", "-f", "lavfi", "-i", "testsrc=d=1:s=64x64", "-frames:v", "1");
    await expect(make(source)).rejects.toMatchObject({ code: notAudio });
  });

  test("three hours of it are read no further than the limit, whatever the file says", async () => {
    const tune = ["-f", "lavfi", "-i", "sine=f=300:sample_rate=8000:d=10", "-b:a", "8k", "-write_xing", "0"];
    const tenSeconds = readFileSync(ffmpeg("tune.mp3", ...tune, "-id3v2_version", "0"));
    const source = file("long.mp3", Buffer.concat(new Array<Buffer>(1080).fill(tenSeconds)));
    await expect(make(source, 5)).rejects.toMatchObject({ code: "clips.too_long", kind: "permanent" });
    expect(existsSync(join(folder, "made.wav"))).toBe(false);
  });

  test("one that is cut off in the middle is refused, not half played", async () => {
    const whole = readFileSync(
      ffmpeg("whole.flac", "-f", "lavfi", "-i", `anoisesrc=d=20:a=0.3`, "-c:a", "flac"),
    );
    const source = file("half.flac", whole.subarray(0, whole.length / 2));
    await expect(make(source)).rejects.toMatchObject({ code: "clips.truncated" });
  });
});
