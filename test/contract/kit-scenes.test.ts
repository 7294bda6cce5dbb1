import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BANK_ZONE, createPondScene } from "../../hw/virtual/scene/pond.ts";
import { writeClip } from "../../hw/virtual/scene/trials/clip-file.ts";
import type { EvaluationResult } from "../../src/provision/evaluation/evaluate.ts";
import { cunshao } from "../support/cunshao-command.ts";

// What the virtual kit draws is judged by the detector that villages have, with no special case: the walker is somebody,
// ducks, waves and reeds are nobody.

const CAPTION = { name: "东塘", timezone: "Asia/Shanghai" };
const NEVER_MS = 1e9;
const ENTERS_S = 12;
const SECONDS = 32;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cunshao-kit-scenes-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function judge(firstEntryMs: number, label: object): Promise<EvaluationResult> {
  const scene = createPondScene({ caption: CAPTION, firstEntryMs, everyMs: NEVER_MS });
  const wallMs = Date.UTC(2026, 6, 1, 4);
  await writeClip(
    join(folder, "pond.mp4"),
    SECONDS,
    (atMs) => new Uint8ClampedArray(scene.render(atMs, wallMs + atMs)),
  );
  const labels = join(folder, "labels.json");
  writeFileSync(labels, JSON.stringify({ clips: [{ file: "pond.mp4", people: [], ...label }] }));
  const { stdout, stderr } = await cunshao(["evaluate", labels, "--json"]);
  expect(stderr).toBe("");
  return JSON.parse(stdout) as EvaluationResult;
}

test("the walker on the bank is found within 1.5 s of entering the zone, once", async () => {
  // He stays on the bank until after the clip's end.
  const { recall, falseAlarms, latencySeconds, detector } = await judge(ENTERS_S * 1000, {
    zone: BANK_ZONE,
    people: [[ENTERS_S, SECONDS]],
  });
  expect({ recall, falseAlarms, detector }).toEqual({ recall: 1, falseAlarms: 0, detector: "nanodet-g" });
  expect(latencySeconds.p95).toBeLessThanOrEqual(1.5);
}, 120_000);

test("ducks, waves and reeds raise no alarm, wherever in the picture", async () => {
  expect(await judge(NEVER_MS, {})).toMatchObject({ falseAlarms: 0, detector: "nanodet-g" });
}, 120_000);
