import { expect, test } from "vitest";
import { isNight, keptDisplay } from "../../../../src/panel/web/words/display.ts";

test.each([
  ["nothing", null],
  ["no JSON", "{"],
  ["another shape", "[1]"],
  ["null", "null"],
  ["choices that there are not", `{"language":"xx","size":3,"light":{}}`],
])("of %s that a browser has kept, all is as usual", (_what, kept) => {
  expect(keptDisplay(kept)).toEqual({ language: "zh", size: "usual", light: "auto" });
});

test("what was chosen is kept, and what is new beside it is as usual", () => {
  expect(keptDisplay(`{"size":"large"}`)).toEqual({ language: "zh", size: "large", light: "auto" });
});

test.each([
  ["day", true, 23, false],
  ["night", false, 12, true],
  ["auto", true, 12, true],
  ["auto", false, 18, false],
  ["auto", false, 19, true],
  ["auto", false, 5, true],
  ["auto", false, 6, false],
] as const)("by %s, the browser's wish %s, at %i: dark is %s", (light, prefers, hour, dark) => {
  expect(isNight(light, prefers, hour)).toBe(dark);
});
