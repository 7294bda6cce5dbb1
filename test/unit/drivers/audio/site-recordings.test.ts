import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type { Sound } from "../../../../src/core/devices.ts";
import { silentLogger } from "../../../../src/core/log.ts";
import { createAudio } from "../../../../src/drivers/audio/audio.ts";
import { createSiteRecordings } from "../../../../src/drivers/audio/site-recordings.ts";
import { createSoundMaker } from "../../../../src/drivers/audio/sound-maker.ts";
import { formatWave, parseWave } from "../../../../src/drivers/audio/wav-file.ts";
import { PROJECT } from "../../../support/project.ts";
import { until } from "../../../support/until.ts";
import { createChildRig, createScratchFolder } from "../ffmpeg/children.ts";

const SOUNDS = join(PROJECT, "hw/sounds");
const LEAVE = "水边危险，请速离开";
const hasFfmpeg = spawnSync("ffmpeg", ["-version"]).status === 0;

let folder = "";
let kept = "";
beforeEach(() => {
  folder = createScratchFolder();
  kept = join(folder, "kept");
});

function put(name: string, bytes: Buffer | string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}
/** A voice of so many seconds, as loud as told. */
function voice(name: string, seconds: number, { hz = 300, amplitude = 9000 } = {}): string {
  const samples = Int16Array.from({ length: seconds * 8000 }, (_, at) =>
    Math.round(amplitude * Math.sin((2 * Math.PI * hz * at) / 8000)),
  );
  return put(name, formatWave({ sampleRate: 8000, samples }));
}
function recordingsOf(recordings: Record<string, string>, limits = { maxSeconds: 60, maxBytes: 1e6 }) {
  const maker = createSoundMaker(createChildRig().dependencies);
  return createSiteRecordings(
    { maker, log: silentLogger },
    { recordings, soundsFolder: SOUNDS, folder: kept, ...limits },
  );
}

describe.skipIf(!hasFfmpeg)("recordings of the configuration (skipped: ffmpeg is not installed)", () => {
  test("stand for a warning by its name, and for words by themselves, whatever their punctuation", async () => {
    const [named, written] = [voice("a.wav", 2), voice("b.wav", 1, { hz: 500 })];
    const own = recordingsOf({ "water-leave-quickly": named, "上游放水，请马上离开河道": written });
    expect(await own.find(LEAVE)).toBeUndefined();
    expect(await own.load()).toEqual([]);
    expect((await own.find("水边危险 请速离开！"))?.durationMs).toBeGreaterThan(1900);
    expect((await own.find("上游放水，请马上离开河道！"))?.durationMs).toBeLessThan(1100);
    expect(await own.find("请到村委会开会。")).toBeUndefined();
    expect(own.health?.()).toMatchObject({ status: "ok" });
  });

  test("are made fit for the player that stands by, and left as they are", async () => {
    const wav = voice("quiet.wav", 2, { amplitude: 900 });
    const file = join(folder, "方言 提醒.mp3");
    execFileSync("ffmpeg", ["-v", "error", "-i", wav, "-ar", "44100", "-ac", "2", file]);
    const before = createHash("sha256").update(readFileSync(file)).digest("hex");
    const own = recordingsOf({ [LEAVE]: file });
    await own.load();
    const { path = "" } = (await own.find(LEAVE)) ?? {};
    const wave = parseWave(readFileSync(path));
    expect(wave?.sampleRate).toBe(16_000);
    expect(Math.max(...(wave?.samples ?? []))).toBeGreaterThan(4000);
    expect(createHash("sha256").update(readFileSync(file)).digest("hex")).toBe(before);
  });

  test("are made once, anew when the file is another, and forgotten when nothing names them", async () => {
    const file = voice("a.wav", 1);
    await recordingsOf({ [LEAVE]: file }).load();
    const [first] = readdirSync(kept);
    await recordingsOf({ [LEAVE]: file }).load();
    expect(readdirSync(kept)).toEqual([first]);
    voice("a.wav", 2);
    await recordingsOf({ [LEAVE]: file }).load();
    expect(readdirSync(kept)).toHaveLength(1);
    expect(readdirSync(kept)).not.toEqual([first]);
    await recordingsOf({ "children-from-water": join(folder, "none.wav") }).load();
    expect(readdirSync(kept)).toEqual([]);
  });

  test.each<[string, () => string, string]>([
    ["that are not there", () => join(folder, "none.wav"), "speech.recording_missing"],
    ["below a file", () => join(put("file", "x"), "a.wav"), "speech.recording_missing"],
    ["that are a folder", () => folder, "speech.recording_unreadable"],
    ["that are no sound", () => put("a.mp3", "水边危险".repeat(999)), "clips.not_audio"],
    [
      "that name other files",
      () => put("a.wav", "ffconcat version 1.0\nfile '/etc/passwd'\n"),
      "clips.not_audio",
    ],
    ["that are empty", () => put("a.wav", ""), "clips.empty"],
    ["of silence", () => voice("a.wav", 2, { amplitude: 0 }), "clips.silent"],
    ["that are too long", () => voice("a.wav", 8), "clips.too_long"],
    ["that are too large", () => put("a.wav", Buffer.alloc(1_000_001)), "clips.too_large"],
  ])(
    "%s are a fault, and keep neither their words nor the other recordings back",
    async (_what, file, code) => {
      const bad = file();
      const own = recordingsOf(
        { [LEAVE]: bad, "move-to-safety": voice("good.wav", 1) },
        { maxSeconds: 5, maxBytes: 1e6 },
      );
      expect(await own.load()).toMatchObject([{ words: LEAVE, file: bad, code }]);
      expect(await own.find(LEAVE)).toBeUndefined();
      expect(await own.find("请大家马上转移到安全的地方。")).toBeDefined();
      expect(own.health?.()).toMatchObject({ status: "degraded", reason: code });
      expect(readdirSync(kept)).toHaveLength(1);
    },
  );

  test.skipIf(process.getuid?.() === 0)("that this user may not read are a fault", async () => {
    const file = voice("a.wav", 1);
    chmodSync(file, 0);
    expect(await recordingsOf({ [LEAVE]: file }).load()).toMatchObject([
      { code: "speech.recording_unreadable" },
    ]);
  });

  test("of a warning that the program does not have are a fault that names those it has", async () => {
    const [fault] = await recordingsOf({ "water-leave-fast": voice("a.wav", 1) }).load();
    expect(fault).toMatchObject({
      code: "speech.no_such_phrase",
      message: expect.stringContaining(`water-leave-quickly (${LEAVE})`),
    });
  });

  test("two for the same words are a fault, and the first holds", async () => {
    const own = recordingsOf({ "water-leave-quickly": voice("a.wav", 1), [`${LEAVE}！`]: voice("b.wav", 2) });
    expect(await own.load()).toMatchObject([{ words: `${LEAVE}！`, code: "speech.recorded_twice" }]);
    expect((await own.find(LEAVE))?.durationMs).toBeLessThan(1100);
  });

  test("lost from the disk while the gateway runs leave the words to what comes after", async () => {
    const own = recordingsOf({ [LEAVE]: voice("a.wav", 1) });
    await own.load();
    rmSync(kept, { recursive: true });
    mkdirSync(kept);
    expect(await own.find(LEAVE)).toBeUndefined();
  });

  test("cut short on the disk by a power cut are made anew at the next start", async () => {
    const file = voice("a.wav", 1);
    const first = recordingsOf({ [LEAVE]: file });
    await first.load();
    const { path = "", durationMs } = (await first.find(LEAVE)) ?? {};
    writeFileSync(path, readFileSync(path).subarray(0, 2000));
    expect(await first.find(LEAVE)).toBeUndefined();
    const next = recordingsOf({ [LEAVE]: file });
    await next.load();
    expect(await next.find(LEAVE)).toEqual({ path, durationMs });
  });

  test("are what is rendered wherever the words are spoken: after what people chose on the page, before the program's own", async () => {
    const { dependencies } = createChildRig();
    let chosen: Sound | undefined;
    const audio = createAudio(dependencies, {
      dataFolder: folder,
      soundsFolder: SOUNDS,
      clipsFolder: join(folder, "clips"),
      pronunciations: {},
      recordings: { "water-leave-quickly": voice("dialect.wav", 2) },
      maxRecording: { seconds: 60, bytes: 1e6 },
      replacing: () => chosen,
    });
    const pathOf = async () => (await audio.speech.render(LEAVE)).path;
    // Nobody at the water waits for the conversion.
    expect(await pathOf()).toBe(join(SOUNDS, "water-leave-quickly.wav"));
    for (const part of audio.parts) await part.start();
    await until(async () => (await pathOf()).includes("site-recordings"));
    chosen = { path: voice("page.wav", 1), durationMs: 1000 };
    expect(await pathOf()).toBe(chosen.path);
    for (const part of audio.parts) await part.stop();
    expect(existsSync(join(folder, "speech"))).toBe(false);
  });
});
