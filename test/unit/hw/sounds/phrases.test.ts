import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { makePhrases, type PhraseIndex } from "../../../../hw/sounds/make.ts";
import { writeSiteFile } from "../../../../hw/virtual/kit/site-file.ts";
import { silentLogger } from "../../../../src/core/log.ts";
import { phraseKey } from "../../../../src/core/phrases.ts";
import { createMadePhrases, PHRASE_INDEX } from "../../../../src/drivers/audio/made-phrases.ts";
import { parseWave } from "../../../../src/drivers/audio/wav-file.ts";
import { zh } from "../../../../src/panel/web/messages/zh.ts";
import { PROJECT } from "../../../support/project.ts";
import { createScratchFolder } from "../../drivers/ffmpeg/children.ts";

const FOLDER = join(PROJECT, "hw/sounds");
const { phrases } = JSON.parse(readFileSync(join(FOLDER, PHRASE_INDEX), "utf8")) as PhraseIndex;
const canMake = [["espeak-ng", "--version"] as const, ["ffmpeg", "-version"] as const].every(
  ([command, word]) => spawnSync(command, [word]).status === 0,
);

/** How loud it is, 20 times a second. */
function envelope(path: string): number[] {
  const { sampleRate = 1, samples = new Int16Array() } = parseWave(readFileSync(path)) ?? {};
  const step = sampleRate / 20;
  return Array.from({ length: Math.floor(samples.length / step) }, (_, index) =>
    Math.sqrt(
      samples.subarray(index * step, (index + 1) * step).reduce((sum, one) => sum + one * one, 0) / step,
    ),
  );
}

/** 1 for the same course of loudness, 0 for none in common. */
function likeness(a: readonly number[], b: readonly number[]): number {
  const mean = (list: readonly number[]): number => list.reduce((sum, one) => sum + one, 0) / list.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  a.forEach((one, index) => {
    const other = b[index] ?? 0;
    ab += (one - meanA) * (other - meanB);
    aa += (one - meanA) ** 2;
    bb += (other - meanB) ** 2;
  });
  return ab / Math.sqrt(aa * bb);
}

describe("the warnings that come with the program", () => {
  test("are those that the rules of the virtual village say, and those that the page offers", async () => {
    const nowhere = "tcp://127.0.0.1:9";
    const file = await writeSiteFile(createScratchFolder(), {
      ...{ cameras: [], chip: "chip", pondHornPort: 9, squareHornPort: 9, townshipUrl: "http://127.0.0.1:9" },
      ...{ relayBoardPort: nowhere, voiceModulePort: nowhere, levelBusPort: nowhere, reservoirPort: nowhere },
      ...{ townshipToken: "token", kitUrl: "http://127.0.0.1:9", microphonePorts: { pond: 9, square: 9 } },
    });
    // What programmes say is known hours before.
    const site = JSON.stringify(parse(readFileSync(file, "utf8")).rules);
    const known = new Set(phrases.map(({ text }) => phraseKey(text)));
    const said = [...site.matchAll(/"say":"([^"]+)"/g)].map(([, text = ""]) => text);
    expect(said.length).toBeGreaterThan(3);
    for (const text of [...said, ...zh.speak.presetTexts]) expect(known, text).toContain(phraseKey(text));
  });

  test("are what their list says, each a short file of 16 kHz", async () => {
    const find = createMadePhrases(FOLDER, silentLogger);
    for (const { text, file, sha256 } of phrases) {
      const bytes = readFileSync(join(FOLDER, file));
      expect(createHash("sha256").update(bytes).digest("hex"), file).toBe(sha256);
      expect(parseWave(bytes)?.sampleRate).toBe(16_000);
      expect(bytes.length).toBeLessThan(200_000);
      expect((await find(text))?.path).toBe(join(FOLDER, file));
    }
    const listed = [...phrases.map(({ file }) => file), PHRASE_INDEX, "make.ts"];
    expect(readdirSync(FOLDER).sort()).toEqual(listed.sort());
  });

  test.skipIf(!canMake)(
    "are made by their recipe (skipped: espeak-ng or ffmpeg is not installed)",
    async () => {
      const folder = createScratchFolder();
      await makePhrases(phrases.slice(0, 3), folder);
      for (const { file } of phrases.slice(0, 3)) {
        const [kept, anew] = [envelope(join(FOLDER, file)), envelope(join(folder, file))];
        expect(Math.abs(kept.length - anew.length)).toBeLessThanOrEqual(2);
        // Other releases of espeak-ng and ffmpeg differ in the last bits, other words in all.
        expect(likeness(kept, anew)).toBeGreaterThan(0.9);
        expect(likeness(kept, [...anew].reverse())).toBeLessThan(0.9);
      }
    },
  );
});
