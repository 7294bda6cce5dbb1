import { expect, test } from "vitest";
import { createDutyDesk } from "../../../src/act/duty-desk.ts";
import type { WrittenRoster } from "../../../src/core/duty.ts";
import { createManualClock } from "../../support/manual-clock.ts";

const BY = { kind: "person", name: "li" } as const;
const ALWAYS = { days: [1, 2, 3, 4, 5, 6, 7], fromMinute: 0, toMinute: 1440 };
const LI = { name: "李", phone: "13800000001", when: ALWAYS };
const NIGHT = { name: "王", phone: "13800000002", when: { ...ALWAYS, fromMinute: 1320, toMinute: 360 } };

function rig(kept?: WrittenRoster) {
  const stored: (WrittenRoster | undefined)[] = [];
  const book = {
    written: async () => kept,
    write: async (roster: WrittenRoster) => void stored.push(roster),
    forget: async () => void stored.push(undefined),
  };
  const clock = createManualClock(Date.parse("2026-07-01T23:00:00+08:00"));
  return { clock, stored, desk: createDutyDesk({ clock, timezone: "Asia/Shanghai", book }, [LI], kept) };
}

test("who is on duty is the configuration's until somebody writes a roster, which holds at once", async () => {
  const { desk, stored } = rig();
  expect([desk.now(), desk.roster().version]).toEqual([[{ name: "李", phone: "13800000001" }], 0]);
  let told = 0;
  desk.changes.on(() => {
    told += 1;
  });
  const roster = await desk.write([NIGHT], 0, BY);
  expect(roster).toMatchObject({ turns: [NIGHT], written: { by: BY, at: "2026-07-01T15:00:00.000Z" } });
  expect([desk.now().map(({ name }) => name), stored.length, told]).toEqual([["王"], 1, 1]);
});

test("of two who write at the same time the second is told, and nothing of his is stored", async () => {
  const { desk, stored } = rig();
  const both = await Promise.allSettled([desk.write([NIGHT], 0, BY), desk.write([], 0, BY)]);
  expect(both[1]).toMatchObject({ reason: { code: "duty.changed" } });
  expect([desk.roster().turns, stored.length]).toEqual([[NIGHT], 1]);
});

test("a roster that was put back and written anew is another one", async () => {
  const { desk, clock } = rig();
  const { version } = await desk.write([NIGHT], 0, BY);
  await desk.restore(BY);
  await clock.advance(1000);
  await desk.write([], 0, BY);
  await expect(desk.write([LI], version, BY)).rejects.toMatchObject({ code: "duty.changed" });
});

test("put back is as configured; where nothing was written nothing is recorded", async () => {
  const { desk, stored } = rig({ turns: [], by: BY, at: "2026-07-01T06:00:00Z", version: 5 });
  expect(desk.now()).toEqual([]);
  expect(await desk.restore(BY)).toEqual({ turns: [LI], version: 0 });
  await desk.restore(BY);
  expect(stored).toEqual([undefined]);
});
