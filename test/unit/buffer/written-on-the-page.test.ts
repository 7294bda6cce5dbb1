import { expect, test } from "vitest";
import { scratchBuffer, scratchFolder } from "./scratch.ts";

const by = { kind: "person", name: "li" } as const;
const BELL = {
  id: "bell",
  name: "早铃",
  days: [1],
  minutes: [390],
  content: { kind: "text", text: "早上好" },
  speakers: ["square"],
  repeat: 1,
  volume: 60,
  whenPreempted: "resume",
  latestMinutes: 10,
};

test("programmes as they were written last outlive a restart until they are put back; what is none is left out", async () => {
  const dataFolder = await scratchFolder();
  const first = await scratchBuffer({ dataFolder });
  const tell = (kind: string, programme: string, data: object) =>
    first.ledger.append({
      type: `org.cunshao.programme.${kind}`,
      class: "audit",
      subject: programme,
      data: { programme, ...data },
    });
  await tell("written", "bell", { by, as: { ...BELL, name: "旧" } });
  const { seq, time } = await tell("written", "bell", { by, as: BELL });
  const out = await tell("taken_out", "news", { by });
  await tell("written", "song", { by, as: BELL });
  await tell("restored", "song", { by });
  await tell("written", "odd", { by, as: { ...BELL, days: "all" } });
  await tell("written", "nobody", { as: BELL });
  await first.close();

  const second = await scratchBuffer({ dataFolder });
  expect(await second.programmeBook.written()).toEqual([
    { id: "bell", programme: BELL, by, at: time, version: seq },
    { id: "news", programme: undefined, by, at: out.time, version: out.seq },
  ]);
});

test("a duty roster outlives a restart, and its telephone numbers do not leave the box", async () => {
  const dataFolder = await scratchFolder();
  const when = { days: [1], fromMinute: 0, toMinute: 1440 };
  const turns = [
    { name: "李", phone: "13800000001", when },
    { name: "李", phone: "13800000002", when },
  ];
  const roster = { turns, by, at: "2026-07-01T06:00:00.000Z", version: 7 };
  const first = await scratchBuffer({ dataFolder });
  await first.dutyBook.write(roster);
  await first.close();

  const second = await scratchBuffer({ dataFolder });
  expect(await second.dutyBook.written()).toEqual(roster);
  const [told] = await second.ledger.latest(1);
  expect(told).toMatchObject({ type: "org.cunshao.duty.written", data: { by, names: ["李"] } });
  expect(JSON.stringify(told)).not.toContain("138");
  await second.dutyBook.forget(by);
  expect(await second.dutyBook.written()).toBeUndefined();
  expect((await second.ledger.latest(1))[0]?.type).toBe("org.cunshao.duty.restored");
});
