import { expect, onTestFinished, test } from "vitest";
import { createVirtualBox, type VirtualBox } from "../../../hw/virtual/fleet/virtual-box.ts";
import { openPulledCopy } from "../../../src/buffer/copies/pulled-copy.ts";
import type { LedgerEvent } from "../../../src/core/event.ts";
import { createAlarmTrace } from "../../../src/desk/alarm-trace.ts";
import { tapCopy } from "../../../src/desk/event-tap.ts";
import { fill, raiseIn, tellIn } from "../../support/desk-over-virtual.ts";
import { scratchFolder } from "../pull/pull-rig.ts";

const PAGE = 500;

function* pagesOf(events: readonly LedgerEvent[]): Generator<readonly LedgerEvent[]> {
  for (let index = 0; index < events.length; index += PAGE) yield events.slice(index, index + PAGE);
}

const alarmsOf = (box: VirtualBox): LedgerEvent[] => box.events.filter((event) => event.class === "alarm");

/** What a desk knows of one box, and what it was told last. */
async function setUp() {
  const box = createVirtualBox("longwan", "");
  const trace = createAlarmTrace();
  let told: readonly LedgerEvent[] = [];
  const sqlite = await openPulledCopy({
    folder: await scratchFolder(),
    format: "sqlite",
    newHolder: () => "a",
  });
  onTestFinished(() => sqlite.close());
  const copy = await tapCopy(sqlite, (_box, events) => {
    told = events;
    trace.take(events);
  }).open("longwan");
  return {
    box,
    trace,
    copy,
    told: () => told,
    open: () => trace.alarms().filter(({ status }) => status !== "cleared"),
  };
}

test("alarms that have ended are not open again while the pages between their beginning and their end come", async () => {
  const { box, copy, open, trace } = await setUp();
  for (let page = 0; page < 7; page++) {
    for (let index = 0; index < 50; index++) {
      if (page > 0) tellIn(box, "cleared", `of-${page - 1}-${index}`);
      if (page < 6) raiseIn(box, `of-${page}-${index}`);
    }
    fill(box, PAGE * (page + 1) - box.events.length);
  }
  const [first = [], ...rest] = pagesOf(box.events);
  await copy.take(box.ledger, first);
  for (const page of pagesOf(alarmsOf(box).filter(({ seq }) => seq > PAGE))) {
    await copy.takeAhead(box.ledger, page);
  }
  expect(open()).toEqual([]);
  for (const page of rest) {
    await copy.take(box.ledger, page);
    expect(open()).toEqual([]);
  }
  expect(trace.alarms()).toHaveLength(100);
});

test("what is no alarm, and alarms that nobody told of before, are told in their place", async () => {
  const { box, copy, told } = await setUp();
  raiseIn(box, "a1");
  fill(box, 2);
  await copy.takeAhead(box.ledger, alarmsOf(box));
  box.append({ type: "org.cunshao.clock.corrected", class: "state", data: {} });
  raiseIn(box, "a2");
  await copy.take(box.ledger, box.events);
  expect(told().map(({ seq }) => seq)).toEqual([2, 3, 4, 5]);
});

test("alarms under numbers that were heard ahead are told where they are others: the box has lost its last events, and goes on", async () => {
  const { box, copy, told, open } = await setUp();
  fill(box, 2);
  raiseIn(box, "lost");
  fill(box, 3);
  raiseIn(box, "lost-too");
  await copy.takeAhead(box.ledger, alarmsOf(box));
  box.tamper((events) => events.splice(2));
  raiseIn(box, "in-its-place");
  raiseIn(box, "where-none-was");
  await copy.take(box.ledger, box.events);
  expect(told().map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
  expect(open().map(({ id }) => id)).toEqual(expect.arrayContaining(["in-its-place", "where-none-was"]));
});
