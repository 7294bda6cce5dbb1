import { expect, test } from "vitest";
import { scratchBuffer, scratchFolder } from "./scratch.ts";

const ordered = {
  by: { kind: "township", name: "town" },
  priority: "township",
  speakers: ["pond", "square"],
  text: "开会",
  repeat: 2,
  volume: 70,
  notBefore: "2026-07-01T06:00:00.000Z",
  expires: "2026-07-01T07:00:00.000Z",
  whenPreempted: "resume",
  reason: "防汛",
  person: "王",
  isByHand: true,
  address: "10.0.0.9",
};

test("orders outlive a restart with the speakers on which they have not ended; what is no order is none", async () => {
  const dataFolder = await scratchFolder();
  const first = await scratchBuffer({ dataFolder });
  const tell = (kind: string, subject: string, data: object) =>
    first.ledger.append({
      type: `org.cunshao.broadcast.${kind}`,
      class: "audit",
      subject,
      data: { ...data },
    });
  for (const id of ["half", "over", "none"]) await tell("ordered", id, ordered);
  await tell("ordered", "broken", { ...ordered, speakers: "pond" });
  await tell("ordered", "clip", { ...ordered, text: undefined, clip: "c1", clipName: "锣鼓", sha256: "ab" });
  await tell("finished", "half", { speaker: "pond", result: "played" });
  for (const speaker of ["pond", "square"]) await tell("finished", "over", { speaker, result: "played" });
  await tell("finished", "stranger", { speaker: "pond", result: "played" });
  await first.close();

  const { orderBook, close } = await scratchBuffer({ dataFolder });
  const open = await orderBook.open();
  expect(open.map(({ order, open: left }) => [order.id, left])).toEqual([
    ["half", ["square"]],
    ["none", ["pond", "square"]],
    ["clip", ["pond", "square"]],
  ]);
  expect(open[0]?.order).toEqual({
    id: "half",
    source: ordered.by,
    priority: "township",
    speakers: ["pond", "square"],
    content: { kind: "text", text: "开会" },
    repeat: 2,
    volume: 70,
    alarm: undefined,
    notBeforeMs: Date.parse(ordered.notBefore),
    expiresMs: Date.parse(ordered.expires),
    whenPreempted: "resume",
    reason: "防汛",
    person: "王",
    isByHand: true,
    address: "10.0.0.9",
  });
  expect(open[2]?.order.content).toEqual({ kind: "clip", clip: "c1", name: "锣鼓", sha256: "ab" });
  expect(await orderBook.find("over")).toMatchObject({ order: { id: "over" }, open: [] });
  expect([await orderBook.find("broken"), await orderBook.find("stranger")]).toEqual([undefined, undefined]);
  await close();
});

test("what people did with programmes outlives a restart", async () => {
  const dataFolder = await scratchFolder();
  const first = await scratchBuffer({ dataFolder });
  const tell = (kind: string, subject: string, data: object) =>
    first.ledger.append({
      type: `org.cunshao.programme.${kind}`,
      class: "state",
      subject,
      data: { ...data },
    });
  const by = { kind: "person", name: "li" };
  // Far in the future: what is long past is forgotten.
  await tell("skipped", "bell", { time: "2999-07-02T06:30", by });
  await tell("skipped", "bell", { time: "2999-07-03T06:30", by });
  await tell("unskipped", "bell", { time: "2999-07-03T06:30", by });
  await tell("skipped", "bell", { time: "2001-07-03T06:30", by });
  await tell("paused", "bell", { by, reason: "放假" });
  await tell("paused", "drum", { by, reason: "修喇叭" });
  await tell("resumed", "drum", { by });
  await first.close();

  const { programmeBook, close } = await scratchBuffer({ dataFolder });
  const { paused, skipped } = await programmeBook.marks();
  expect([...skipped]).toEqual(["bell@2999-07-02T06:30"]);
  expect([...paused]).toMatchObject([["bell", { by, reason: "放假" }]]);
  await close();
});
