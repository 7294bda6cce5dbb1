import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { readLabels } from "../../../src/config/labels.ts";
import { formatProblem } from "../../../src/config/problems.ts";

const folder = mkdtempSync(join(tmpdir(), "cunshao-labels-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, "labels.json");

async function read(text: string | object) {
  writeFileSync(file, typeof text === "string" ? text : JSON.stringify(text, null, 1));
  return readLabels(file);
}

async function clipOf(clip: object) {
  const result = await read({ clips: [{ file: "a.mp4", people: [], ...clip }] });
  if (!result.ok) throw new Error(result.problems.map(formatProblem).join("\n"));
  return result.clips[0];
}

async function problemsOf(text: string | object): Promise<string[]> {
  const result = await read(text);
  return result.ok ? [] : result.problems.map(formatProblem).map((line) => line.replace(file, "labels.json"));
}

const ofClip = (clip: object) => problemsOf({ clips: [{ file: "a.mp4", people: [], ...clip }] });

describe("labels", () => {
  test("name clips from their own folder, and have the whole picture as zone unless they say so", async () => {
    expect(await clipOf({ file: "sub/a.mp4", people: [[1, 2.5]], source: "a note" })).toEqual({
      ...{ file: "sub/a.mp4", path: join(folder, "sub/a.mp4"), people: [[1, 2.5]], ignore: [], hard: false },
      zone: [
        [0, 0],
        [1, 0],
        [1, 1],
        [0, 1],
      ],
    });
    expect(await clipOf({ file: "/a.mp4" })).toMatchObject({ path: "/a.mp4" });
  });

  test.each([
    ["a dwell alone", { dwellSeconds: 7 }],
    ["a person", { person: { dwellSeconds: 7 } }],
    [
      "a rule as in the configuration, of another camera",
      {
        ...{ id: "pond", when: { person: { camera: "pond-east", zone: "bank", dwellSeconds: 7 } } },
        // biome-ignore lint/suspicious/noThenProperty: the key is the configuration's own word
        then: [{ say: "请离开", on: ["horn"] }],
      },
    ],
  ])("take %s for a rule of the clip's own zone that raises an alarm", async (_, rule) => {
    expect((await clipOf({ rule }))?.rule).toMatchObject({
      when: { kind: "person", camera: "clip", zone: "zone", dwellSeconds: 7 },
      cooldownSeconds: 30,
      alarm: { severity: "warning" },
    });
  });

  test("that are not there are told apart", async () => {
    const result = await readLabels(join(folder, "none.json"));
    expect(result).toMatchObject({ ok: false, isMissing: true });
  });

  test("in a folder's place are refused", async () => {
    expect(await readLabels(folder)).toMatchObject({ ok: false, isMissing: false });
  });
});

const SPAN = "[from, to] in seconds from the clip's start, from before to";

describe("what is wrong in labels is told with its place", () => {
  test.each([
    ["nothing", "", "labels.json  (whole file)  expected JSON that can be read"],
    ["no JSON", '{"clips":\n [}\n', "labels.json:2  (whole file)  expected JSON that can be read"],
    [
      "half of it",
      '{"clips": [\n{"file"',
      /labels.json(:2)? {2}\(whole file\) {2}expected JSON that can be read/,
    ],
    ["a list", "[]", /expected a mapping/],
    ["no clips", "{}", /clips {2}expected a list of clips/],
    ["an empty list", '{"clips": []}', /clips.*expected at least one clip/],
  ])("%s", async (_, text, expected) => {
    const [problem] = await problemsOf(text);
    if (typeof expected === "string") expect(problem).toBe(expected);
    else expect(problem).toMatch(expected);
  });

  test.each([
    [
      "no people",
      { people: undefined },
      "labels.json:3  clips[0].people  expected a list of [from, to] in seconds",
    ],
    [
      "an interval backwards",
      { people: [[5, 3]] },
      `labels.json:6  clips[0].people[0]  found [5,3]  expected ${SPAN}`,
    ],
    [
      "an interval of no length",
      { people: [[5, 5]] },
      `labels.json:6  clips[0].people[0]  found [5,5]  expected ${SPAN}`,
    ],
    [
      "one before the start",
      { people: [[-1, 5]] },
      `labels.json:7  clips[0].people[0][0]  found -1  expected ${SPAN}`,
    ],
    [
      "words for seconds",
      { people: [["a", 5]] },
      `labels.json:7  clips[0].people[0][0]  found "a"  expected ${SPAN}`,
    ],
    [
      "intervals that overlap",
      {
        ignore: [
          [1, 5],
          [4, 6],
        ],
      },
      "labels.json:6  clips[0].ignore  found [[1,5],[4,6]]  expected spans in order that do not overlap",
    ],
    [
      "a zone that crosses itself",
      {
        zone: [
          [0, 0],
          [1, 1],
          [1, 0],
          [0, 1],
        ],
      },
      /^labels.json:6 {2}clips\[0\].zone {2}found \[\[0,0\].* {2}expected an outline that does not cross itself/,
    ],
    [
      "a zone outside the picture",
      {
        zone: [
          [0, 0],
          [1.5, 0],
          [1, 1],
        ],
      },
      "labels.json:12  clips[0].zone[1][0]  found 1.5  expected a number from 0 to 1",
    ],
    [
      "a zone of nothing",
      {
        zone: [
          [0, 0],
          [1, 0],
          [0.5, 0],
        ],
      },
      /expected an outline that encloses something/,
    ],
    ["an empty zone", { zone: [] }, /clips\[0\].zone.*expected at least three corners/],
    ["no file name", { file: "" }, /clips\[0\].file.*expected the name of a video file/],
    [
      "a rule of a sensor",
      { rule: { when: { sensor: "level", above: 3, clearBelow: 2 } } },
      /expected a rule that watches people in one zone/,
    ],
    [
      "a rule that no configuration has",
      { rule: { dwellSeconds: 3, coolDown: 4 } },
      /clips\[0\].rule.coolDown.*expected no such key here/,
    ],
    ["a rule of words", { rule: "dwell" }, /clips\[0\].rule {2}found "dwell"/],
    ["hard by words", { hard: "yes" }, /clips\[0\].hard {2}found "yes" {2}expected true or false/],
  ])("%s", async (_, clip, expected) => {
    const [problem] = await ofClip(clip);
    if (typeof expected === "string") expect(problem).toBe(expected);
    else expect(problem).toMatch(expected);
  });

  test("everything at once", async () => {
    expect(await ofClip({ file: "", people: [[3, 1]], hard: 1 })).toHaveLength(3);
  });
});
