import { expect, test } from "vitest";
import { scratchBuffer, scratchFolder } from "./scratch.ts";

const data = {
  camera: "pond-east",
  zone: "bank",
  rules: ["pond-bank"],
  from: "2026-07-01T06:00:00.000Z",
  until: "2026-07-01T07:00:00.000Z",
  seconds: 3600,
  clock: "synced",
  by: { kind: "person", name: "李伯" },
  reason: "有人洗衣",
};

test("a pause and its count outlive a restart until an event ends it; what is no pause pauses nothing", async () => {
  const dataFolder = await scratchFolder();
  const first = await scratchBuffer({ dataFolder });
  const tell = (kind: string, subject: string, more: object = {}) =>
    first.ledger.append({ type: `org.cunshao.pause.${kind}`, class: "state", subject, data: { ...more } });
  await tell("started", "gone", data);
  await tell("started", "stays", data);
  await tell("started", "broken", { ...data, seconds: "many" });
  await tell("started", "nobody", { ...data, by: "李伯" });
  await tell("withheld", "stays", { rule: "pond-bank" });
  await tell("withheld", "stays", { rule: "pond-bank" });
  await tell("ended", "gone", { why: "time" });
  await first.close();

  const second = await scratchBuffer({ dataFolder });
  expect(await second.pauseBook.open()).toEqual([
    {
      id: "stays",
      target: { kind: "zone", camera: "pond-east", zone: "bank" },
      fromMs: Date.parse(data.from),
      durationMs: 3_600_000,
      clock: "synced",
      by: data.by,
      reason: "有人洗衣",
      withheld: 2,
    },
  ]);
});
