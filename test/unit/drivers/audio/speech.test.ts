import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Sound } from "../../../../src/core/devices.ts";
import { silentLogger } from "../../../../src/core/log.ts";
import { createEspeakEngine } from "../../../../src/drivers/audio/espeak-engine.ts";
import { createMadePhrases, PHRASE_INDEX } from "../../../../src/drivers/audio/made-phrases.ts";
import { createSpeech, type RecordedWords } from "../../../../src/drivers/audio/speech.ts";
import { formatWave, parseWave } from "../../../../src/drivers/audio/wav-file.ts";
import { createChildRig, createScratchFolder } from "../ffmpeg/children.ts";

const PHRASE = "水边危险，请速离开";
const hasEngine = spawnSync("espeak-ng", ["--version"]).status === 0;

function createRig(
  folder = join(createScratchFolder(), "speech"),
  recorded: readonly RecordedWords[] = [],
  pronunciations: Record<string, string> = {},
) {
  const { dependencies, registered } = createChildRig();
  const engine = createEspeakEngine(dependencies, pronunciations);
  return { speech: createSpeech({ ...dependencies, engine }, folder, recorded), folder, registered };
}

describe.skipIf(!hasEngine)("speech by espeak-ng (skipped: espeak-ng is not installed)", () => {
  test("becomes a WAV file with its length", async () => {
    const { speech, registered } = createRig();
    const { path, durationMs } = await speech.render(PHRASE);
    const probe = ["-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", path];
    const measured = Number(execFileSync("ffprobe", probe, { encoding: "utf8" })) * 1000;
    expect(Math.abs(durationMs - measured)).toBeLessThan(50);
    expect(durationMs).toBeGreaterThan(1000);
    expect(registered()).toEqual([]);
  });

  test("is made once and then taken from the disk, also after a restart", async () => {
    const { speech, folder } = createRig();
    const first = await speech.render(PHRASE);
    const made = statSync(first.path).ino;
    expect(await createRig(folder).speech.render(PHRASE)).toEqual(first);
    expect(statSync(first.path).ino).toBe(made);
    expect(readdirSync(folder)).toHaveLength(1);
  });

  test("is made once for two who ask together", async () => {
    const { speech, folder } = createRig();
    const [one, other] = await Promise.all([speech.render(PHRASE), speech.render(PHRASE)]);
    expect(one).toEqual(other);
    expect(readdirSync(folder)).toHaveLength(1);
  });

  test.each([0, 44, 2000])("is made anew when a power cut left only %d bytes of it", async (bytes) => {
    const { speech, folder } = createRig();
    const whole = await speech.render(PHRASE);
    truncateSync(whole.path, bytes);
    expect(await createRig(folder).speech.render(PHRASE)).toEqual(whole);
    expect(statSync(whole.path).size).toBeGreaterThan(10_000);
  });

  test("keeps the phrases last used and forgets others when there are hundreds", async () => {
    const { speech, folder } = createRig();
    const used = await speech.render(PHRASE);
    for (let count = 0; count < 250; count++) {
      const path = join(folder, `${count}.wav`);
      writeFileSync(path, "");
      utimesSync(path, 1_000_000 + count, 1_000_000 + count);
    }
    const latest = await speech.render("防溺水");
    const left = readdirSync(folder);
    expect(left.length).toBeLessThanOrEqual(200);
    expect([used.path, latest.path].every((path) => existsSync(path))).toBe(true);
    expect(left).toContain("249.wav");
    expect(left).not.toContain("0.wav");
  });

  test("fails as speech.failed where the disk takes nothing, and leaves no half file", async () => {
    const file = join(createScratchFolder(), "no-folder");
    writeFileSync(file, "");
    const { speech } = createRig(file);
    await expect(speech.render(PHRASE)).rejects.toMatchObject({ code: "speech.failed", kind: "transient" });
  });

  test("says text that looks like an option", async () => {
    const { speech } = createRig();
    expect((await speech.render("--help -w 三号")).durationMs).toBeGreaterThan(300);
  });

  test("begins and ends with what can be heard, so that no horn waits for silence", async () => {
    const { speech } = createRig();
    const { path, durationMs } = await speech.render(PHRASE);
    const { sampleRate = 0, samples = new Int16Array() } = parseWave(readFileSync(path)) ?? {};
    const isLoud = (part: Int16Array): boolean => part.some((sample) => Math.abs(sample) >= 200);
    expect(isLoud(samples.subarray(0, sampleRate * 0.02))).toBe(true);
    expect(isLoud(samples.subarray(-sampleRate * 0.08))).toBe(true);
    expect(Math.abs((samples.length / sampleRate) * 1000 - durationMs)).toBeLessThan(1);
  });

  test("is Mandarin: a syllable takes its time, where letters spelled in English would take four times as long", async () => {
    const { durationMs } = await createRig().speech.render("水边危险水边危险");
    expect(durationMs / 8).toBeLessThan(450);
  });

  test("is made anew where the village says a word otherwise", async () => {
    const folder = join(createScratchFolder(), "speech");
    const usual = await createRig(folder).speech.render("大栗坪");
    const own = await createRig(folder, [], { 大栗坪: "da4 li4 ping2" }).speech.render("大栗坪");
    expect(own.path).not.toBe(usual.path);
  });

  test.each([
    ["水".repeat(10_000), "speech.too_long"],
    ["<speak>水边</speak>", "speech.markup"],
    ["水边\u0000", "speech.control"],
    ["😀", "speech.nothing"],
  ])("refuses %.20s as %s and leaves no file", async (text, code) => {
    const { speech, folder } = createRig();
    await expect(speech.render(text)).rejects.toMatchObject({ code, kind: "permanent" });
    expect(existsSync(folder) ? readdirSync(folder) : []).toEqual([]);
  });
});

describe("words that were recorded", () => {
  function recordingFolder(files: Readonly<Record<string, Buffer>>, index: unknown): string {
    const folder = createScratchFolder();
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
    writeFileSync(join(folder, PHRASE_INDEX), typeof index === "string" ? index : JSON.stringify(index));
    return folder;
  }
  const wave = formatWave({ sampleRate: 16_000, samples: new Int16Array(16_000).fill(5000) });
  const index = { phrases: [{ text: PHRASE, file: "water.wav" }] };

  test("are taken before any engine is asked, whatever their punctuation, the site's own first", async () => {
    const folder = recordingFolder({ "water.wav": wave }, index);
    const made = createMadePhrases(folder, silentLogger);
    const own: Sound = { path: "/own.wav", durationMs: 5 };
    const { speech, folder: kept } = createRig(undefined, [
      async (text) => (text === "防溺水" ? own : undefined),
      made,
    ]);
    expect(await speech.render("水边危险 请速离开！")).toEqual({
      path: join(folder, "water.wav"),
      durationMs: 1000,
    });
    expect(await speech.render("防溺水")).toEqual(own);
    expect(existsSync(kept)).toBe(false);
  });

  test.each([
    ["is cut short", { "water.wav": wave.subarray(0, 500) }, index],
    ["is missing", {}, index],
    ["has a broken index", { "water.wav": wave }, "{"],
    ["has an index of something else", { "water.wav": wave }, { phrases: 3 }],
  ])("are left to the engine when one %s", async (_what, files, listed) => {
    expect(await createMadePhrases(recordingFolder(files, listed), silentLogger)(PHRASE)).toBeUndefined();
  });
});
