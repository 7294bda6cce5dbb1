import { expect, test } from "vitest";
import { readWord } from "../../../src/forward/answers.ts";

const BATCHES = "application/cloudevents-batch+json";
const read = (more: Record<string, unknown>) =>
  readWord(JSON.stringify({ ledger: "one", stored: 7, ...more }), "one");

test("a word that says nothing of batches counts, and offers none", () => {
  expect(read({})).toMatchObject({ stored: 7, batches: undefined });
});

test("a word that takes batches may leave out their limits, all or one of them", () => {
  const all = { events: 10_000, bytes: 268_435_455 };
  expect(read({ accepts: [BATCHES] })).toMatchObject({ batches: all });
  expect(read({ accepts: ["text/plain", BATCHES], batch: { events: 5 } })).toMatchObject({
    batches: { ...all, events: 5 },
  });
});

test("limits without the type, and other types, offer none", () => {
  expect(read({ batch: { events: 5 } })).toMatchObject({ batches: undefined });
  expect(read({ accepts: [] })).toMatchObject({ batches: undefined });
  expect(read({ accepts: ["application/cloudevents+json"] })).toMatchObject({ batches: undefined });
});

test.each([
  { accepts: BATCHES },
  { accepts: null },
  { accepts: [1] },
  { accepts: Array.from({ length: 21 }, () => BATCHES) },
  { accepts: [BATCHES], batch: { events: 0 } },
  { accepts: [BATCHES], batch: { events: 10_001 } },
  { accepts: [BATCHES], batch: { bytes: 1023 } },
  { accepts: [BATCHES], batch: [] },
])("nonsense about batches spoils nothing else of the word: %j", (more) => {
  expect(read(more)).toMatchObject({ stored: 7, batches: "nonsense" });
});
