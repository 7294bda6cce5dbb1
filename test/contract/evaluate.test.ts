import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EvaluationResult } from "../../src/provision/evaluation/evaluate.ts";
import { cunshao } from "../support/cunshao-command.ts";
import { footage } from "../support/rtsp-cameras.ts";

// The command on clips that ffmpeg draws: a box as high as a person that walks through a place with some structure.

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cunshao-evaluate-"));
  const place = "nullsrc=s=640x360:r=15:d=12,geq=lum='90+40*sin(X/23)*sin(Y/17)':cb=128:cr=128";
  const walker = "color=c=0x202020:s=30x100:r=15:d=12";
  const walk = "overlay=x='if(between(t,5,9),40+130*(t-5),-100)':y=200";
  ffmpeg("-f", "lavfi", "-i", `${place}[place];${walker}[walker];[place][walker]${walk}`, "walk.mp4");
  ffmpeg("-f", "lavfi", "-i", place, "-t", "4", "empty-place.mp4");
  ffmpeg("-f", "lavfi", "-i", "sine=d=2", "sound.m4a");
  writeFileSync(join(folder, "zero.mp4"), "");
  writeFileSync(join(folder, "text.mp4"), "not a video at all\n");
  const whole = readFileSync(join(folder, "walk.mp4"));
  // Its index is at the end, as ffmpeg writes it unless told.
  writeFileSync(join(folder, "half.mp4"), whole.subarray(0, whole.length / 2));
  ffmpeg("-i", "walk.mp4", "-c", "copy", "-movflags", "+faststart", "indexed.mp4");
  const indexed = readFileSync(join(folder, "indexed.mp4"));
  writeFileSync(join(folder, "torn.mp4"), indexed.subarray(0, indexed.length / 2));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function ffmpeg(...words: string[]): void {
  execFileSync("ffmpeg", ["-nostdin", "-v", "error", "-y", ...words], { cwd: folder });
}

async function evaluate(labels: unknown, ...options: string[]) {
  const file = join(folder, "labels.json");
  writeFileSync(file, typeof labels === "string" ? labels : JSON.stringify(labels));
  // What ffmpeg draws is nobody for a model that knows people.
  return cunshao(["evaluate", file, "--detector", "movement", ...options]);
}

const WALK = { file: "walk.mp4", people: [[5, 9]] };

describe("cunshao evaluate", () => {
  test("finds who walks through, says how late, and gives the same twice", async () => {
    const labels = { clips: [WALK, { file: "empty-place.mp4", people: [] }] };
    const first = await evaluate(labels, "--json");
    expect(first).toMatchObject({ code: 0, stderr: "" });
    const result = JSON.parse(first.stdout) as EvaluationResult;
    expect(result).toMatchObject({ recall: 1, falseAlarms: 0, secondsOfFootage: 16 });
    expect(result.clips.map(({ file }) => file)).toEqual(["walk.mp4", "empty-place.mp4"]);
    expect(result.latencySeconds.p95).toBeGreaterThan(0);
    expect(result.latencySeconds.p95).toBeLessThanOrEqual(1.5);
    expect((await evaluate(labels, "--json")).stdout).toBe(first.stdout);
  });

  test("judges by the clip's zone and its rule", async () => {
    const elsewhere = [
      [0, 0],
      [1, 0],
      [1, 0.4],
      [0, 0.4],
    ];
    const clips = [
      { ...WALK, people: [] },
      { ...WALK, people: [], zone: elsewhere },
      { ...WALK, people: [], rule: { dwellSeconds: 30 } },
    ];
    const { stdout } = await evaluate({ clips }, "--json");
    const result = JSON.parse(stdout) as EvaluationResult;
    expect(result.clips.map(({ falseAlarms }) => falseAlarms)).toEqual([1, 0, 0]);
  });

  test("prints a table for people", async () => {
    const { code, stdout } = await evaluate({ clips: [{ ...WALK, hard: true }] });
    expect(code).toBe(0);
    expect(stdout.split("\n").map((line) => line.split(/ {2}/, 1)[0])).toEqual([
      ...["clip", "walk.mp4 (hard)", "all", "all (hard)"],
      ...[expect.stringMatching(/^detector: /), ""],
    ]);
  });

  test("explains the labels in its help", async () => {
    const { code, stdout } = await cunshao(["evaluate", "--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain("people  when somebody is in the zone");
  });

  test.each([
    ["no labels", [], 64, "missing required argument"],
    ["an option that there is not", ["labels.json", "--xml"], 64, "unknown option"],
    [
      "labels that are not there",
      ["/nowhere/labels.json"],
      66,
      "/nowhere/labels.json  (whole file)  expected a file",
    ],
  ])("called with %s", async (_, words, code, said) => {
    const ended = await cunshao(["evaluate", ...words]);
    expect(ended).toMatchObject({ code, stdout: "", stderr: expect.stringContaining(said) });
  });

  test.each([
    ["that are no JSON", '{"clips": [', 65, "expected JSON"],
    ["with an interval backwards", { clips: [{ ...WALK, people: [[9, 5]] }] }, 65, "clips[0].people[0]"],
    [
      "with people after the end",
      { clips: [{ ...WALK, people: [[50, 51]] }] },
      65,
      "clips[0]: [50,51] begins",
    ],
    ["of a clip that is not there", { clips: [WALK, { ...WALK, file: "x.mp4" }] }, 66, "clips[1]: "],
    ["of an empty file", { clips: [{ ...WALK, file: "zero.mp4" }] }, 65, "clips[0]: "],
    ["of a folder", { clips: [{ ...WALK, file: "." }] }, 65, "is no file"],
    ["of a text", { clips: [{ ...WALK, file: "text.mp4" }] }, 65, "is no video"],
    ["of sound alone", { clips: [{ ...WALK, file: "sound.m4a" }] }, 65, "has no video in it"],
    ["of half a file", { clips: [{ ...WALK, file: "half.mp4" }] }, 65, "is no video"],
    ["of a file torn off after its index", { clips: [{ ...WALK, file: "torn.mp4" }] }, 65, "clip.broken"],
  ])("refuses labels %s in one clear line", async (_, labels, code, said) => {
    const ended = await evaluate(labels, "--json");
    expect(ended).toMatchObject({ code, stdout: "", stderr: expect.stringContaining(said) });
    expect(ended.stderr).not.toMatch(/\n {4}at /);
  });
});

const obstacle = existsSync(footage("labels.json")) ? undefined : "needs ../shared/footage";

describe.skipIf(obstacle !== undefined)(
  `with the model that the set-up makes (${obstacle ?? "on footage"})`,
  () => {
    const spans = [
      { file: footage("worker-zone.mp4"), people: [[0, 4.7]] },
      { file: footage("store-aisle.mp4"), people: [[0, 4.4]] },
      { file: footage("car-park.mp4"), people: [] },
    ];

    test("finds real people, and nobody in a car park with its cars, and gives the same twice", async () => {
      const file = join(folder, "footage.json");
      writeFileSync(file, JSON.stringify({ clips: spans }));
      const first = await cunshao(["evaluate", file, "--json"]);
      expect(JSON.parse(first.stdout)).toMatchObject({ recall: 1, falseAlarms: 0, detector: "nanodet-g" });
      expect((await cunshao(["evaluate", file, "--json"])).stdout).toBe(first.stdout);
    });

    test.each([
      ["that is not there", "/nowhere/people.onnx", "/nowhere/people.onnx is not there"],
      ["that is no model", footage("labels.json"), "is no ONNX model"],
    ])("refuses a model %s in one clear line", async (_, model, said) => {
      const file = join(folder, "footage.json");
      writeFileSync(file, JSON.stringify({ clips: spans }));
      const ended = await cunshao(["evaluate", file, "--detector", model, "--json"]);
      expect(ended).toMatchObject({ stdout: "", stderr: expect.stringContaining(said) });
      expect(ended.code).not.toBe(0);
      expect(ended.stderr).not.toMatch(/\n {4}at /);
    });
  },
);
