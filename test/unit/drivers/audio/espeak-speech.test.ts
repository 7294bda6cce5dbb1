import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createEspeakSpeech } from "../../../../src/drivers/audio/espeak-speech.ts";
import { createChildRig, createScratchFolder } from "../ffmpeg/children.ts";

const PHRASE = "水边危险，请速离开";
const hasEngine = spawnSync("espeak-ng", ["--version"]).status === 0;

function createSpeech(folder = join(createScratchFolder(), "speech")) {
  const { dependencies, registered } = createChildRig();
  return { speech: createEspeakSpeech(dependencies, folder), folder, registered };
}

describe.skipIf(!hasEngine)("speech by espeak-ng (skipped: espeak-ng is not installed)", () => {
  test("becomes a WAV file with its length", async () => {
    const { speech, registered } = createSpeech();
    const { path, durationMs } = await speech.render(PHRASE);
    const probe = ["-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", path];
    const measured = Number(execFileSync("ffprobe", probe, { encoding: "utf8" })) * 1000;
    expect(Math.abs(durationMs - measured)).toBeLessThan(50);
    expect(durationMs).toBeGreaterThan(1000);
    expect(registered()).toEqual([]);
  });

  test("is made once and then taken from the disk, also after a restart", async () => {
    const { speech, folder } = createSpeech();
    const first = await speech.render(PHRASE);
    const made = statSync(first.path).ino;
    expect(await createSpeech(folder).speech.render(PHRASE)).toEqual(first);
    expect(statSync(first.path).ino).toBe(made);
    expect(readdirSync(folder)).toHaveLength(1);
  });

  test("is made once for two who ask together", async () => {
    const { speech, folder } = createSpeech();
    const [one, other] = await Promise.all([speech.render(PHRASE), speech.render(PHRASE)]);
    expect(one).toEqual(other);
    expect(readdirSync(folder)).toHaveLength(1);
  });

  test.each([0, 44, 2000])("is made anew when a power cut left only %d bytes of it", async (bytes) => {
    const { speech, folder } = createSpeech();
    const whole = await speech.render(PHRASE);
    truncateSync(whole.path, bytes);
    expect(await createSpeech(folder).speech.render(PHRASE)).toEqual(whole);
    expect(statSync(whole.path).size).toBeGreaterThan(10_000);
  });

  test("keeps the phrases last used and forgets others when there are hundreds", async () => {
    const { speech, folder } = createSpeech();
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
    const { speech } = createSpeech(file);
    await expect(speech.render(PHRASE)).rejects.toMatchObject({ code: "speech.failed", kind: "transient" });
  });

  test("says text that looks like an option", async () => {
    const { speech } = createSpeech();
    expect((await speech.render("--help -w 三号")).durationMs).toBeGreaterThan(300);
  });
});
