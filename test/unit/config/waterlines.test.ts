import { describe, expect, test } from "vitest";
import { changed, configurationOf, problemsOf } from "./config-rig.ts";

const LINES = "[{level: 2.1, line: [[0.1, 0.8], [0.9, 0.8]]}, {level: 3, line: [[0.1, 0.6], [0.9, 0.6]]}]";
const END = "[0.1, 1]]}";
const withWaterline = (waterline: string): string => changed(END, `[0.1, 1]], waterline: ${waterline}}`);
const GOOD = `{sensor: pond-level, lines: ${LINES}}`;

describe("the waterline of a zone", () => {
  test("has a sensor, lines at measured levels, and how far from the water it is dangerous", async () => {
    const { cameras } = await configurationOf({ village: withWaterline(GOOD) });
    expect(cameras[0]?.zones[0]?.waterline).toEqual({
      sensor: "pond-level",
      margin: 0.1,
      lines: [
        {
          level: 2.1,
          line: [
            [0.1, 0.8],
            [0.9, 0.8],
          ],
        },
        {
          level: 3,
          line: [
            [0.1, 0.6],
            [0.9, 0.6],
          ],
        },
      ],
    });
  });

  const first = "[[0.1, 0.8], [0.9, 0.8]]";
  test.each([
    [
      "an unknown sensor",
      GOOD.replace("pond-level", "pond-temp"),
      "waterline.sensor",
      "a sensor: pond-level",
    ],
    ["no sensor", GOOD.replace("sensor: pond-level, ", ""), "waterline.sensor", "an id"],
    ["no lines", "{sensor: pond-level}", "waterline.lines", "a list of lines"],
    [
      "one line",
      `{sensor: pond-level, lines: [{level: 2, line: ${first}}]}`,
      "waterline.lines",
      "at least two lines",
    ],
    ["a line that is none", `{sensor: pond-level, lines: [2.1, 3]}`, "waterline.lines[0]", ""],
    [
      "one level twice",
      GOOD.replace("level: 3", "level: 2.1"),
      "waterline.lines",
      "lines 1 and 2 have the same",
    ],
    ["a level that is no number", GOOD.replace("2.1", ".nan"), "lines[0].level", "a number from"],
    ["a level without end", GOOD.replace("2.1", ".inf"), "lines[0].level", "a number from"],
    ["one point", GOOD.replace(first, "[[0.1, 0.8]]"), "lines[0].line", "at least two points"],
    [
      "a point outside",
      GOOD.replace("[0.1, 0.8]", "[0.1, 1.8]"),
      "lines[0].line[0][1]",
      "a number from 0 to 1",
    ],
    [
      "a line that leads nowhere",
      GOOD.replace(first, "[[0.1, 0.8], [0.11, 0.8]]"),
      "lines[0]",
      "leads somewhere",
    ],
    [
      "a line that crosses itself",
      GOOD.replace(first, "[[0.1, 0.8], [0.9, 0.8], [0.5, 0.7], [0.5, 0.9]]"),
      "lines[0]",
      "does not cross itself",
    ],
    [
      "a line that turns back",
      GOOD.replace(first, "[[0.1, 0.8], [0.9, 0.8], [0.92, 0.9], [0.2, 0.9]]"),
      "lines[0]",
      "in one direction",
    ],
    [
      "lines that cross",
      GOOD.replace(first, "[[0.1, 0.8], [0.9, 0.4]]"),
      "waterline.lines",
      "lines 1 and 2 cross",
    ],
    ["lines that are one", GOOD.replaceAll("0.6]", "0.8]"), "waterline.lines", "lines that differ"],
    [
      "lines on different stretches",
      GOOD.replace(first, "[[0, 0.8], [0.1, 0.8]]").replace("[0.1, 0.6]", "[0.4, 0.6]"),
      "waterline.lines",
      "the same stretch",
    ],
    [
      "a zone that does not reach down to the water",
      `{sensor: pond-level, margin: 0, lines: ${LINES.replaceAll("0.8]", "1]")}}`,
      "lines[0]",
      "reaches down to the water",
    ],
    [
      "a margin larger than the picture",
      GOOD.replace("lines:", "margin: 2, lines:"),
      "waterline.margin",
      "from 0 to 1",
    ],
    ["an unknown key", GOOD.replace("lines:", "side: left, lines:"), "waterline", ""],
  ])("is refused with %s", async (_what, waterline, place, expected) => {
    const problems = (await problemsOf({ village: withWaterline(waterline) })).join("\n");
    expect(problems).toContain(place);
    expect(problems).toContain(expected);
  });

  test("is not for masks", async () => {
    const masks = `privacy: {masks: [{id: door, name: 门, polygon: [[0, 0], [1, 0], [1, 1]], waterline: ${GOOD}}]}`;
    const problems = await problemsOf({ village: changed("    zones:", `    ${masks}\n    zones:`) });
    expect(problems.join("\n")).toContain("masks[0]");
  });
});
