import { describe, expect, test } from "vitest";
import { changed, configurationOf, problemsOf } from "./config-rig.ts";

const LEVEL_RULE = "{sensor: pond-level, above: 3.2, clearBelow: 3.0, holdSeconds: 60}";
const SENSORS = "  - {id: pond-level, name: 东塘水位, profile: generic-level, bus: rs485-1, address: 1}\n";
const GAUGE = "  - {id: rain, name: 村部雨量, profile: qingyi-cg04, bus: rs485-1, address: 2}\n";

/** A village with a gauge, and this in place of its rule on the pond's level. */
const withRule = (rule: string): string => changed(LEVEL_RULE, rule, changed(SENSORS, SENSORS + GAUGE));

describe("a rule on rain", () => {
  test("names the hours over which it sums", async () => {
    const village = withRule("{sensor: rain, above: 30, clearBelow: 20, over: {hours: 1}}");
    const { rules } = await configurationOf({ village });
    expect(rules[1]?.when).toEqual({
      ...{ kind: "level", sensor: "rain", above: 30, clearBelow: 20, holdSeconds: 0 },
      overHours: 1,
    });
  });

  test.each([
    [
      "on the total of a gauge says nothing",
      "{sensor: rain, above: 30, clearBelow: 20}",
      "rules[1].when.over",
      "{hours: 1}: this sensor counts up, and what came in the last hours is meant",
    ],
    [
      "on the sum of levels makes no sense",
      "{sensor: pond-level, above: 3, clearBelow: 2, over: {hours: 1}}",
      "rules[1].when.over",
      "no over: only a sensor that counts up, as a rain gauge, is summed",
    ],
    [
      "over hours that nobody sums",
      "{sensor: rain, above: 30, clearBelow: 20, over: {hours: 2}}",
      "rules[1].when.over.hours",
      "1, 3, 6, 12 or 24",
    ],
  ])("%s", async (_, rule, path, expected) => {
    const [problem] = await problemsOf({ village: withRule(rule) });
    expect(problem).toContain(path);
    expect(problem).toContain(expected);
  });
});

test("no water's edge follows a gauge", async () => {
  const lines = "[{level: 2.1, line: [[0.1, 0.8], [0.9, 0.8]]}, {level: 3, line: [[0.1, 0.6], [0.9, 0.6]]}]";
  const end = "[0.1, 1]]}";
  const village = changed(
    end,
    `[0.1, 1]], waterline: {sensor: rain, lines: ${lines}}}`,
    changed(SENSORS, SENSORS + GAUGE),
  );
  const [problem] = await problemsOf({ village });
  expect(problem).toContain("waterline.sensor");
  expect(problem).toContain("a sensor whose value rises and falls");
});
