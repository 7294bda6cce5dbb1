import { expect, test } from "vitest";
import { openDeskCursor } from "../../../src/desk/desk-cursor.ts";
import { createManualClock } from "../../support/manual-clock.ts";

async function openCursor() {
  const clock = createManualClock();
  const left: string[] = [];
  let words = 0;
  const cursor = await openDeskCursor(
    {
      book: {
        cursor: async () => ({ name: undefined, runs: new Set<string>() }),
        beginRun: async () => undefined,
        nameCursor: async () => undefined,
      },
      newWord: () => `word${words++}`,
      onLeft: (_from, to) => left.push(to),
      clock,
    },
    { desk: "zhuting", copy: "copy" },
  );
  return { clock, cursor, left };
}

test("a name that two boxes find taken at the same time is left once", async () => {
  const { cursor, left } = await openCursor();
  await Promise.all([cursor.leave?.("desk-zhuting", "now"), cursor.leave?.("desk-zhuting", "now")]);
  expect([cursor.name(), left]).toEqual(["desk-zhuting.word1", ["desk-zhuting.word1"]]);
});

test("a box that says again and again that somebody else has the name moves the desk once a day, at all boxes", async () => {
  const { clock, cursor, left } = await openCursor();
  for (let hour = 0; hour < 24; hour++) {
    await cursor.leave?.(cursor.name(), hour % 2 === 0 ? "now" : "start");
    await clock.advance(3_600_000);
  }
  expect(left).toHaveLength(1);
  await cursor.leave?.(cursor.name(), "now");
  expect(left).toHaveLength(2);
});
