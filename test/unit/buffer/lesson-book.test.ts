import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ledgerPath } from "../../../src/buffer/buffer.ts";
import { openDatabase } from "../../../src/buffer/database.ts";
import { draft, scratchBuffer, scratchFolder } from "./scratch.ts";

const spot = { feet: [0.3, 0.8], reach: [0.04, 0.03], width: 0.04, height: 0.06, factor: 1.6 };
const data = {
  camera: "pond-east",
  zone: "bank",
  detector: "people",
  isPerson: false,
  spots: [spot],
  alarm: "alarm-1",
  by: { kind: "person", name: "王干部" },
  at: "2026-07-01T06:00:00.000Z",
  clock: "synced",
};

const teller =
  ({ ledger }: Awaited<ReturnType<typeof scratchBuffer>>) =>
  (kind: string, subject: string, more: object = {}) =>
    ledger.append({ type: `org.cunshao.lesson.${kind}`, class: "state", subject, data: { ...more } });

test("a lesson, what taught it and what it ignored outlive a restart until an event ends it", async () => {
  const dataFolder = await scratchFolder();
  const first = await scratchBuffer({ dataFolder });
  const tell = teller(first);
  const { lessonBook } = first;
  await tell("taught", "gone", data);
  await tell("taught", "stays", data);
  await tell("taught", "stays", {
    ...data,
    alarm: "alarm-2",
    at: "2026-07-02T06:00:00.000Z",
    repeated: true,
  });
  for (const lesson of ["gone", "stays", "stays", "nobody"]) await lessonBook.count(lesson, "2026-07-01");
  await lessonBook.count("stays", "2026-07-02");
  await tell("ignored", "stays", { day: "2026-07-01", count: 2 });
  await tell("ended", "gone", { why: "person" });
  await lessonBook.count("gone", "2026-07-02");
  await first.close();

  const { by } = data;
  const second = await scratchBuffer({ dataFolder });
  expect(await second.lessonBook.open()).toEqual({
    lessons: [
      {
        ...{
          id: "stays",
          camera: "pond-east",
          zone: "bank",
          detector: "people",
          isPerson: false,
          spots: [spot],
        },
        taught: [
          { alarm: "alarm-1", by, atMs: Date.parse("2026-07-01T06:00:00Z"), clock: "synced" },
          { alarm: "alarm-2", by, atMs: Date.parse("2026-07-02T06:00:00Z"), clock: "synced" },
        ],
      },
    ],
    counts: [
      { lesson: "stays", day: "2026-07-01", count: 2, told: true },
      { lesson: "stays", day: "2026-07-02", count: 1, told: false },
    ],
  });
});

test.each([
  ["no spots", { spots: [] }],
  ["a spot without a size", { spots: [{ ...spot, width: "wide" }] }],
  ["a spot of half a place", { spots: [{ ...spot, feet: [0.3] }] }],
  ["spots that are none", { spots: "everywhere" }],
  ["no camera", { camera: 1 }],
  ["nobody who taught it", { by: "王干部" }],
  ["no time", { at: "yesterday" }],
])("what is no lesson ignores nothing: %s", async (_what, change) => {
  const buffer = await scratchBuffer();
  await teller(buffer)("taught", "odd", { ...data, ...change });
  expect((await buffer.lessonBook.open()).lessons).toEqual([]);
});

test("the newest picture of a lesson takes the place of the one before, and goes with the lesson", async () => {
  const dataFolder = await scratchFolder();
  const { lessonBook } = await scratchBuffer({ dataFolder });
  await lessonBook.keepOnly([]);
  expect(await lessonBook.picture("one")).toBeUndefined();
  await lessonBook.keepPicture("one", Buffer.from("first"));
  await lessonBook.keepPicture("one", Buffer.from("second"));
  await lessonBook.keepPicture("../../evil", Buffer.from("third"));
  expect((await lessonBook.picture("one"))?.jpeg.toString()).toBe("second");
  expect(await readdir(join(dataFolder, "lessons"))).toHaveLength(2);
  await lessonBook.keepOnly(["one"]);
  expect(await lessonBook.picture("../../evil")).toBeUndefined();
  expect(await readdir(join(dataFolder, "lessons"))).toHaveLength(1);
});

test("who called an alarm false stands in the book until it is withdrawn", async () => {
  const { ledger, alarms } = await scratchBuffer();
  const tell = (kind: string, more: object = {}) =>
    ledger.append({ type: `org.cunshao.alarm.${kind}`, class: "alarm", subject: "a", data: { ...more } });
  await tell("raised", { rule: "pond-bank", severity: "warning" });
  expect(await alarms.get("a")).not.toHaveProperty("falseBy");
  await tell("false", { by: data.by });
  expect(await alarms.get("a")).toMatchObject({ falseBy: "王干部", status: "raised" });
  await tell("false_withdrawn", { by: data.by });
  expect(await alarms.get("a")).not.toHaveProperty("falseBy");
});

test("a ledger of before gets the tables, and keeps its events and alarms", async () => {
  const dataFolder = await scratchFolder();
  const first = await scratchBuffer({ dataFolder });
  await first.ledger.append(
    draft({
      type: "org.cunshao.alarm.raised",
      class: "alarm",
      subject: "a",
      data: { rule: "r", severity: "danger" },
    }),
  );
  await first.close();
  const database = await openDatabase(ledgerPath(dataFolder));
  // As the version before wrote it.
  await database.transaction(async ({ run }) => {
    for (const table of [
      "lessons",
      "lesson_teachings",
      "lesson_counts",
      "drawn_shapes",
      "village_map",
      "rule_changes",
      "clips",
      "orders",
      "order_ends",
      "programme_marks",
      "programmes_written",
      "duty_written",
      "silent_speakers",
      "drills",
      "commands",
      "delivered_lanes",
      "lane_deliveries",
      "upstream_words",
      "dead_letters",
      "former_deliveries",
      "clock_spans",
      "clock_corrections",
    ])
      await run(`DROP TABLE ${table}`);
    for (const index of ["events_evicted", "events_of_sheet", "events_of_evictions"])
      await run(`DROP INDEX ${index}`);
    for (const column of ["holder", "at", "keep_days"])
      await run(`ALTER TABLE cursors DROP COLUMN ${column}`);
    await run("ALTER TABLE alarms DROP COLUMN false_by");
    await run("UPDATE meta SET value = '2' WHERE key = 'alarm_book'");
    await run("PRAGMA user_version = 7");
  });
  await database.close();

  const second = await scratchBuffer({ dataFolder });
  expect(second.ledger.head).toBe(1);
  expect(await second.alarms.open()).toMatchObject([{ id: "a", rule: "r" }]);
  await teller(second)("taught", "one", data);
  expect((await second.lessonBook.open()).lessons).toHaveLength(1);
});
