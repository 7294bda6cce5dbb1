import { describe, expect, test } from "vitest";
import { plainWords } from "../../../src/desk/plain-words.ts";

describe("what a box calls something", () => {
  test.each([
    ["东塘有人靠近", "东塘有人靠近"],
    ["<b>bold</b>", "<b>bold</b>"],
    ["two\nlines\u2028and more", "two lines and more"],
    ["turned \u202Eround", "turned  round"],
    ["  around  ", "around"],
    ["👨‍👩‍👧‍👦", "👨‍👩‍👧‍👦"],
  ])("%j is shown as %j", (text, shown) => {
    expect(plainWords(text, 120)).toBe(shown);
  });

  test("is cut between signs, not within one", () => {
    expect(plainWords("塘🏞🏞🏞", 2)).toBe("塘🏞");
    expect(plainWords("x".repeat(1e6), 120)).toHaveLength(120);
  });
});
