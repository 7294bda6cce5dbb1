import { spawnSync } from "node:child_process";
import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type { VoiceProgram } from "../../../../src/core/devices.ts";
import { createAudio } from "../../../../src/drivers/audio/audio.ts";
import { createProgramEngine } from "../../../../src/drivers/audio/program-engine.ts";
import { createSoundMaker } from "../../../../src/drivers/audio/sound-maker.ts";
import { parseWave } from "../../../../src/drivers/audio/wav-file.ts";
import { PROJECT } from "../../../support/project.ts";
import { until } from "../../../support/until.ts";
import { createChildRig, createScratchFolder } from "../ffmpeg/children.ts";

const missing = ["espeak-ng", "ffmpeg"].filter((name) => spawnSync(name, ["--version"]).error !== undefined);
const ESPEAK = spawnSync("sh", ["-c", "command -v espeak-ng"], { encoding: "utf8" }).stdout.trim();
/** A real program that reads words and writes a WAV file, as those do that bring a better voice. */
const READS_INPUT = [ESPEAK, "-v", "cmn-latn-pinyin", "-s", "120", "--stdin", "-w", "{file}"];
const READS_ARGUMENT = [ESPEAK, "-v", "cmn-latn-pinyin", "-w", "{file}", "--", "{text}"];

let folder = "";
beforeEach(() => {
  folder = createScratchFolder();
});

/** A program that does what the lines say; `$1` is the file it is to write. */
function script(name: string, ...lines: string[]): string[] {
  const path = join(folder, name);
  writeFileSync(path, ["#!/bin/sh", ...lines, ""].join("\n"));
  chmodSync(path, 0o755);
  return [path, "{file}"];
}

function engineOf(command: readonly string[], pronunciations: Record<string, string> = {}) {
  const { dependencies, registered } = createChildRig();
  const maker = createSoundMaker(dependencies);
  return {
    engine: createProgramEngine({ ...dependencies, maker }, { command, patienceMs: 2000 }, pronunciations),
    registered,
  };
}

function audioOf(program: VoiceProgram | undefined) {
  return createAudio(createChildRig().dependencies, {
    dataFolder: folder,
    soundsFolder: join(PROJECT, "hw/sounds"),
    clipsFolder: join(folder, "clips"),
    pronunciations: {},
    program,
    recordings: {},
    maxRecording: { seconds: 60, bytes: 1e6 },
    replacing: () => undefined,
  });
}
const healthOf = ({ parts }: ReturnType<typeof audioOf>) =>
  parts.find(({ name }) => name === "voice program")?.health?.();

describe.skipIf(missing.length > 0)(`a voice program (needs espeak-ng and ffmpeg)`, () => {
  test.each([
    ["on its input", READS_INPUT],
    ["as an argument", READS_ARGUMENT],
  ])("is given the words %s, and what it writes is made fit for the horns", async (_how, command) => {
    const { engine, registered } = engineOf(command);
    const file = join(folder, "said.wav");
    await engine.speakInto(file, "水边危险，请速离开");
    const wave = parseWave(readFileSync(file));
    expect(wave?.sampleRate).toBe(16_000);
    expect((wave?.samples.length ?? 0) / 16_000).toBeGreaterThan(1);
    expect([readdirSync(folder), registered()]).toEqual([["said.wav"], []]);
  });

  test("is given the words as they are said here, and takes none of them for a shell's", async () => {
    const text = join(folder, "text");
    const [path = ""] = script("tee", `cat > ${text}`, `exec ${ESPEAK} -w "$1" hello`);
    const { engine } = engineOf([path, "{file}"], { 洣水: "米水", 攸县: "you1 xian4" });
    await engine.speakInto(join(folder, "said.wav"), "洣水在攸县，$(touch x);`id`");
    expect(readFileSync(text, "utf8")).toBe("米水在攸县，$(touch x);`id`\n");
  });

  test.each<[string, () => string[], string]>([
    ["is not there", () => [join(folder, "none"), "{file}"], "speech.program_missing"],
    [
      "may not be run",
      () => {
        const path = join(folder, "plain");
        writeFileSync(path, "no program");
        return [path, "{file}"];
      },
      "speech.program_missing",
    ],
    ["ends with an error", () => script("a", "echo no model >&2", "exit 3"), "speech.program_failed"],
    ["is aborted, as by a damaged model", () => script("a", "kill -ABRT $$"), "speech.program_failed"],
    ["writes nothing", () => script("a", "exit 0"), "speech.program_no_sound"],
    ["writes garbage", () => script("a", 'head -c 50000 /dev/urandom > "$1"'), "speech.program_no_sound"],
    [
      "writes half a file",
      () => script("a", `${ESPEAK} -w "$1.all" hello; head -c 9000 "$1.all" > "$1"; rm "$1.all"`),
      "speech.program_no_sound",
    ],
    [
      "floods its output",
      () => script("a", "head -c 3000000 /dev/zero", "head -c 3000000 /dev/zero >&2", "exit 4"),
      "speech.program_failed",
    ],
  ])("that %s is a failure with its reason, and leaves nothing behind", async (_what, command, code) => {
    const words = command();
    const before = readdirSync(folder);
    const { engine, registered } = engineOf(words);
    await expect(engine.speakInto(join(folder, "said.wav"), "开会")).rejects.toMatchObject({
      code,
      kind: "transient",
    });
    expect([readdirSync(folder), registered()]).toEqual([before, []]);
  });

  test("runs once at a time", async () => {
    const log = join(folder, "log");
    const command = script("a", `echo begin >> ${log}`, `${ESPEAK} -w "$1" hello`, `echo end >> ${log}`);
    const { engine } = engineOf(command);
    await Promise.all(
      ["一", "二", "三"].map((text, index) => engine.speakInto(join(folder, `${index}.wav`), text)),
    );
    expect(readFileSync(log, "utf8").trim().split("\n")).toEqual(new Array(3).fill(["begin", "end"]).flat());
  });

  describe("beside espeak-ng", () => {
    test("speaks what nobody recorded, is asked once for each text, and never for a warning of the program", async () => {
      const log = join(folder, "log");
      const [path = ""] = script("a", `echo said >> ${log}`, `exec ${ESPEAK} -s 100 -w "$1" hello`);
      const { speech } = audioOf({ command: [path, "{file}"], patienceMs: 15_000 });
      const first = await speech.render("明天开会");
      expect(await speech.render("明天开会")).toEqual(first);
      expect((await speech.render("水边危险，请速离开")).path).toContain("hw/sounds");
      expect(readFileSync(log, "utf8")).toBe("said\n");
      const usual = await audioOf(undefined).speech.render("明天开会");
      expect(usual.path).not.toBe(first.path);
    });

    test("that crashes leaves the words to it, says so, and is believed again once it speaks", async () => {
      const path = script("a", "kill -SEGV $$");
      const audio = audioOf({ command: path, patienceMs: 15_000 });
      const usual = await audioOf(undefined).speech.render("明天开会");
      expect(await audio.speech.render("明天开会")).toEqual(usual);
      expect(healthOf(audio)).toMatchObject({ status: "degraded", reason: "speech.program_failed" });
      script("a", `exec ${ESPEAK} -w "$1" hello`);
      await audio.speech.render("后天开会");
      await until(() => healthOf(audio)?.status === "ok");
    });

    test("that takes too long is not waited for; what it makes is kept for the next time", async () => {
      const go = join(folder, "go");
      const command = script(
        "a",
        `while [ ! -e ${go} ]; do sleep 0.05; done`,
        `exec ${ESPEAK} -w "$1" hello`,
      );
      const { speech } = audioOf({ command, patienceMs: 200 });
      const usual = await audioOf(undefined).speech.render("明天开会");
      expect(await speech.render("明天开会")).toEqual(usual);
      writeFileSync(go, "");
      await until(async () => (await speech.render("明天开会")).path !== usual.path);
    });

    test("that hangs after a failure keeps nobody waiting for its patience", async () => {
      const audio = audioOf({ command: script("a", "exit 1"), patienceMs: 600_000 });
      await audio.speech.render("明天开会");
      script("a", "exec sleep 30");
      expect((await audio.speech.render("后天开会")).durationMs).toBeGreaterThan(100);
    });

    test("is not blamed for words that nobody can say", async () => {
      const audio = audioOf({ command: READS_INPUT, patienceMs: 15_000 });
      await expect(audio.speech.render("<speak>a</speak>")).rejects.toMatchObject({ code: "speech.markup" });
      expect(healthOf(audio)).toMatchObject({ status: "ok" });
    });
  });
});
