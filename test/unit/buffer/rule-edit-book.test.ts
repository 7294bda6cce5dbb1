import { expect, test } from "vitest";
import { scratchBuffer, scratchFolder } from "./scratch.ts";

const by = { kind: "person", name: "安装员" };

test("the last change of each rule outlives a restart, put back or not; what is no change is left out", async () => {
  const dataFolder = await scratchFolder();
  const first = await scratchBuffer({ dataFolder });
  const tell = (kind: string, data: object) =>
    first.ledger.append({ type: `org.cunshao.rule.${kind}`, class: "audit", data: { ...data } });
  await tell("edited", { rule: "bank", edit: { dwellSeconds: 5 }, by });
  const edited = await tell("edited", { rule: "bank", edit: { dwellSeconds: 7 }, by });
  await tell("edited", { rule: "high", edit: { above: 4 }, by });
  const restored = await tell("restored", { rule: "high", by });
  await tell("edited", { rule: "nobody", edit: {}, by: "安装员" });
  await tell("edited", { rule: "no-edit", edit: "louder", by });
  await tell("edited", { rule: "no-list", edit: { say: "水边危险" }, by });
  await tell("edited", { rule: "no-words", edit: { say: [7] }, by });
  await tell("edited", { rule: 7, edit: {}, by });
  await first.close();

  const second = await scratchBuffer({ dataFolder });
  const found = await second.ruleEditBook.latest();
  expect(found.sort((a, b) => a.version - b.version)).toEqual([
    { rule: "bank", version: edited.seq, at: edited.time, by, edit: { dwellSeconds: 7 } },
    { rule: "high", version: restored.seq, at: restored.time, by },
  ]);
});
