import { expect, test } from "vitest";
import { drillRecord } from "../../support/drills-double.ts";
import { scratchBuffer, scratchFolder } from "./scratch.ts";

test("silent speakers and the records of drills outlive a restart", async () => {
  const dataFolder = await scratchFolder();
  const first = await scratchBuffer({ dataFolder });
  const tell = (type: string, subject: string, data: object = {}) =>
    first.ledger.append({ type: `org.cunshao.${type}`, class: "state", subject, data: { ...data } });
  await tell("speaker.silent.raised", "pond", { speaker: "pond" });
  await tell("speaker.silent.raised", "square", { speaker: "square" });
  await tell("speaker.silent.cleared", "pond", { speaker: "pond" });
  await tell("drill.finished", "drill-1", drillRecord("pond", { id: "drill-1" }));
  await tell("drill.finished", "drill-2", drillRecord("pond", { id: "drill-2", result: "failed" }));
  await tell("drill.finished", "drill-3", drillRecord("square", { id: "drill-3" }));
  await tell("drill.finished", "no record at all");
  await first.close();

  const { hearingBook } = await scratchBuffer({ dataFolder });
  expect((await hearingBook.silent()).map(({ speaker }) => speaker)).toEqual(["square"]);
  expect((await hearingBook.drills("pond", 10)).map(({ id }) => id)).toEqual(["drill-2", "drill-1"]);
  expect(await hearingBook.drills("pond", 1)).toHaveLength(1);
  expect(await hearingBook.drills("moon", 10)).toEqual([]);
});
