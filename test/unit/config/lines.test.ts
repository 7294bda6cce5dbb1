import { describe, expect, test } from "vitest";
import { changed, configurationOf, problemsOf } from "./config-rig.ts";

const ZONES = "    zones:";
const withLines = (lines: string): string => changed(ZONES, `    lines: ${lines}\n${ZONES}`);
const GOOD = "{id: edge, name: 村口大路, points: [[0.1, 0.5], [0.9, 0.6]], in: left}";

describe("the lines of a camera", () => {
  test("have points and a side that is the village", async () => {
    const { cameras } = await configurationOf({ village: withLines(`[${GOOD}]`) });
    expect(cameras[0]?.lines).toEqual([
      {
        id: "edge",
        name: "村口大路",
        points: [
          [0.1, 0.5],
          [0.9, 0.6],
        ],
        inside: "left",
      },
    ]);
  });

  test.each([
    ["one point", GOOD.replace(", [0.9, 0.6]", ""), "at least two points"],
    ["a point outside of the picture", GOOD.replace("0.9", "1.9"), "a number from 0 to 1"],
    ["no number", GOOD.replace("0.9", ".nan"), "a number from 0 to 1"],
    ["no length", GOOD.replace("[0.9, 0.6]", "[0.1, 0.51]"), "a line that leads somewhere"],
    [
      "a crossing of itself",
      GOOD.replace("[0.9, 0.6]", "[0.9, 0.5], [0.5, 0.1], [0.5, 0.9]"),
      "a line that does not cross itself or turn back",
    ],
    [
      "a way back on itself",
      GOOD.replace("[0.9, 0.6]", "[0.9, 0.5], [0.3, 0.5]"),
      "a line that does not cross itself or turn back",
    ],
    [
      "a hundred points",
      GOOD.replace("[0.9, 0.6]", Array.from({ length: 99 }, (_, i) => `[0.${100 + i}, 0.9]`).join(", ")),
      "at most 16 points",
    ],
    ["no side", GOOD.replace("in: left", "in: inside"), "left or right"],
  ])("are refused with %s", async (_what, line, expected) => {
    expect((await problemsOf({ village: withLines(`[${line}]`) })).join("\n")).toContain(expected);
  });

  test("have ids that no other line has", async () => {
    const problems = await problemsOf({ village: withLines(`[${GOOD}, ${GOOD}]`) });
    expect(problems.join("\n")).toContain("an id that no other line of the site has");
  });
});
