import { expect, test } from "vitest";
import { readWord } from "../../../src/forward/answers.ts";

test("more commands than are done at once spoil nothing else of a word", () => {
  const commands = Array.from({ length: 101 }, () => ({}));
  expect(readWord(JSON.stringify({ ledger: "one", stored: 7, commands }), "one")).toMatchObject({
    stored: 7,
    commands,
  });
});
