import { expect, test } from "vitest";
import type { BoardReading } from "../../../src/core/board.ts";
import type { EventDraft } from "../../../src/core/event.ts";
import { createBoardWatch } from "../../../src/sense/board-watch.ts";
import { createManualClock } from "../../support/manual-clock.ts";

async function rig(first: BoardReading) {
  const clock = createManualClock();
  const events: EventDraft[] = [];
  let reading = first;
  const watch = createBoardWatch({ clock, read: async () => reading, record: (draft) => events.push(draft) });
  await watch.start();
  const becomes = async (next: BoardReading, forMs = 10_000): Promise<void> => {
    reading = next;
    await clock.advance(forMs);
  };
  await becomes(first);
  const told = (): unknown[] => events.map(({ data }) => data);
  return { watch, becomes, told };
}

test("a board that tells nothing is well, and nothing is told of it", async () => {
  const { watch, told } = await rig({});
  expect([watch.view(), watch.health?.().status, told()]).toEqual([{}, "ok", []]);
});

test("a supply that sags is told at once, and as good only after a minute without", async () => {
  const { watch, becomes, told } = await rig({ supply: "good", celsius: 50 });
  expect(told()).toEqual([]);
  await becomes({ supply: "low", celsius: 50 });
  expect(watch.health?.()).toMatchObject({ status: "degraded", reason: "board.supply_low" });
  await becomes({ supply: "good", celsius: 50 }, 50_000);
  expect(watch.view()).toMatchObject({ supply: "low" });
  await becomes({ supply: "low", celsius: 50 });
  await becomes({ supply: "good", celsius: 50 }, 80_000);
  expect(watch.view()).toMatchObject({ supply: "good" });
  expect(told()).toEqual([{ supply: "low" }, { supply: "good" }]);
});

test("heat is told once, and that it is over once it is well below", async () => {
  const { watch, becomes, told } = await rig({ celsius: 79 });
  await becomes({ celsius: 83.4 });
  expect(watch.health?.()).toMatchObject({ reason: "board.hot" });
  await becomes({ celsius: 78 }, 60_000);
  await becomes({ celsius: 74 });
  expect(watch.health?.().status).toBe("ok");
  expect(told()).toEqual([
    { hot: true, celsius: 83 },
    { hot: false, celsius: 74 },
  ]);
});

test("a supply of which nothing more is known is no longer shown", async () => {
  const { watch, becomes } = await rig({ supply: "low" });
  await becomes({});
  expect([watch.view(), watch.health?.().status]).toEqual([{}, "ok"]);
});
