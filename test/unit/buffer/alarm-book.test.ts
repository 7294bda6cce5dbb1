import { describe, expect, test } from "vitest";
import type { Buffer as VillageBuffer } from "../../../src/buffer/buffer.ts";
import { ledgerPath } from "../../../src/buffer/buffer.ts";
import { openDatabase } from "../../../src/buffer/database.ts";
import type { EventDraft } from "../../../src/core/event.ts";
import { scratchBuffer, scratchFolder } from "./scratch.ts";

type Step = [type: string, alarm: string, data?: EventDraft["data"]];

async function tell({ ledger }: VillageBuffer, ...steps: Step[]): Promise<void> {
  for (const [type, subject, data = {}] of steps) {
    await ledger.append({ type: `org.cunshao.${type}`, class: "alarm", subject, data });
  }
}

const raised = (alarm: string, severity = "warning"): Step => [
  "alarm.raised",
  alarm,
  { rule: "pond-bank", severity, because: { camera: "pond-east" } },
];

describe("the alarm book", () => {
  test.each<[string, Step[], object]>([
    ["raised", [], { status: "raised" }],
    ["escalated", [["alarm.escalated", "a"]], { status: "escalated" }],
    [
      "acknowledged by a person",
      [["alarm.acknowledged", "a", { by: { kind: "person", name: "wang" } }]],
      { status: "acknowledged", acknowledgedBy: "wang" },
    ],
    [
      "acknowledged by a name",
      [["alarm.acknowledged", "a", { by: "wang" }]],
      { status: "acknowledged", acknowledgedBy: "wang" },
    ],
    [
      "escalated after somebody acknowledged",
      [
        ["alarm.acknowledged", "a", { by: "wang" }],
        ["alarm.escalated", "a"],
      ],
      { status: "acknowledged", acknowledgedBy: "wang" },
    ],
    [
      "acknowledged by two",
      [
        ["alarm.acknowledged", "a", { by: "wang" }],
        ["alarm.acknowledged", "a", { by: "li" }],
      ],
      { status: "acknowledged", acknowledgedBy: "wang" },
    ],
    [
      "noted on",
      [
        ["alarm.noted", "a", { by: { kind: "person", name: "wang" }, text: "人已劝离" }],
        ["alarm.noted", "a", { by: "li", text: 7 }],
        ["alarm.noted", "a", { by: "li", text: "'); DROP TABLE alarms; --" }],
      ],
      {
        status: "raised",
        notes: [
          { at: expect.any(String), by: "wang", text: "人已劝离" },
          { at: expect.any(String), by: "li", text: "'); DROP TABLE alarms; --" },
        ],
      },
    ],
    [
      "acknowledged after it was cleared",
      [
        ["alarm.cleared", "a"],
        ["alarm.acknowledged", "a", { by: "wang" }],
      ],
      { status: "cleared", acknowledgedBy: "wang" },
    ],
    [
      "given two snapshots and a clip",
      [
        ["evidence.added", "a", { sha256: "clip", mediaType: "video/mp4", kind: "clip" }],
        ["evidence.added", "a", { sha256: "first", mediaType: "image/jpeg", kind: "snapshot" }],
        ["evidence.added", "a", { sha256: "second", mediaType: "image/jpeg", kind: "snapshot" }],
      ],
      { status: "raised", snapshot: "first", clip: "clip" },
    ],
    [
      "given no clip",
      [["evidence.missing", "a", { kind: "clip", reason: "clip.no_pictures" }]],
      { status: "raised", noClip: "clip.no_pictures" },
    ],
    [
      "given a clip after all",
      [
        ["evidence.missing", "a", { kind: "clip", reason: "clip.no_pictures" }],
        ["evidence.added", "a", { sha256: "clip", mediaType: "video/mp4", kind: "clip" }],
      ],
      { status: "raised", clip: "clip" },
    ],
  ])("tells of an alarm that was %s", async (_, steps, expected) => {
    const buffer = await scratchBuffer();
    await tell(buffer, raised("a"), ...steps);
    const [event] = await buffer.ledger.read({ after: 0, limit: 1 });
    expect(await buffer.alarms.get("a")).toEqual({
      id: "a",
      rule: "pond-bank",
      severity: "warning",
      raisedAt: event?.time,
      seq: 1,
      ...expected,
    });
  });

  test("lists open alarms and the newest of all, newest first", async () => {
    const buffer = await scratchBuffer();
    await tell(buffer, raised("a"), raised("b"), raised("c"), ["alarm.cleared", "b"]);
    expect((await buffer.alarms.open()).map(({ id }) => id)).toEqual(["c", "a"]);
    expect((await buffer.alarms.latest(2)).map(({ id }) => id)).toEqual(["c", "b"]);
    expect(await buffer.alarms.get("d")).toBeUndefined();
  });

  test("knows after a restart which alarms still wait for their clip", async () => {
    const dataFolder = await scratchFolder();
    const before = await scratchBuffer({ dataFolder });
    const clip = { camera: "square", beforeSeconds: 7, afterSeconds: 20 };
    const wanted = (alarm: string): Step => [
      "alarm.raised",
      alarm,
      { rule: "pond-bank", severity: "warning", clip, because: { camera: "pond-east" } },
    ];
    await tell(
      before,
      raised("without"),
      wanted("waiting"),
      wanted("given"),
      wanted("missed"),
      ["alarm.cleared", "waiting"],
      ["evidence.added", "given", { sha256: "clip", kind: "clip" }],
      ["evidence.missing", "missed", { kind: "clip", reason: "clip.no_pictures" }],
    );
    await before.close();
    const { alarms, ledger } = await scratchBuffer({ dataFolder });
    const [, event] = await ledger.read({ after: 0, limit: 2 });
    expect(await alarms.withoutClip()).toEqual([
      { alarm: "waiting", atMs: Date.parse(event?.time ?? ""), ...clip },
    ]);
  });

  test("knows who found it and how surely, what it asks, and both pictures", async () => {
    const buffer = await scratchBuffer();
    const data = {
      ...{ rule: "pond-bank", severity: "warning", because: { camera: "pond-east" } },
      ...{ detector: "nanodet-g", score: 0.871, sureness: 1.5, question: "gone" },
    };
    await tell(
      buffer,
      ["alarm.raised", "a", data],
      ["evidence.added", "a", { kind: "snapshot", sha256: "11" }],
      ["evidence.added", "a", { kind: "drawing", sha256: "22", of: "11" }],
    );
    expect(await buffer.alarms.get("a")).toMatchObject({
      ...{ detector: "nanodet-g", score: 0.871, sureness: 1.5, question: "gone" },
      ...{ snapshot: "11", drawing: "22" },
    });
  });

  test("takes the detector of an older event from what was observed, and no nonsense", async () => {
    const buffer = await scratchBuffer();
    const raised = { rule: "pond-bank", severity: "warning" };
    await tell(
      buffer,
      ["alarm.raised", "a", { ...raised, because: { detector: "movement" } }],
      ["alarm.raised", "b", { ...raised, detector: 7, score: "high", sureness: null, question: "why" }],
    );
    expect(await buffer.alarms.get("a")).toMatchObject({ detector: "movement" });
    const keys = Object.keys((await buffer.alarms.get("b")) ?? {});
    for (const key of ["detector", "score", "sureness", "question"]) expect(keys).not.toContain(key);
  });

  test("takes the clip's camera from what was observed where an older event names none", async () => {
    const buffer = await scratchBuffer();
    const clip = { beforeSeconds: 7, afterSeconds: 20 };
    const because = { camera: "pond-east" };
    await tell(buffer, ["alarm.raised", "older", { rule: "pond-bank", severity: "warning", clip, because }]);
    expect(await buffer.alarms.withoutClip()).toEqual([
      expect.objectContaining({ alarm: "older", camera: "pond-east", ...clip }),
    ]);
  });

  test("passes over events it cannot read, and never keeps one from the ledger", async () => {
    const buffer = await scratchBuffer();
    await tell(
      buffer,
      ["alarm.raised", "no-rule", { severity: "warning" }],
      ["alarm.raised", "odd", { rule: "r", severity: "panic" }],
      ["alarm.acknowledged", "unknown", { by: 7 }],
      raised("a"),
      raised("a", "danger"),
    );
    await buffer.ledger.append({ type: "org.cunshao.alarm.cleared", class: "alarm", data: {} });
    expect(buffer.ledger.head).toBe(6);
    expect(await buffer.alarms.latest(9)).toMatchObject([{ id: "a", severity: "warning", seq: 4 }]);
  });

  test.each([
    ["its table is gone", "DROP TABLE alarms"],
    ["it was made by another version", "UPDATE meta SET value = '0' WHERE key = 'alarm_book'"],
  ])("is made anew from the ledger when %s", async (_, damage) => {
    const dataFolder = await scratchFolder();
    const before = await scratchBuffer({ dataFolder });
    await tell(
      before,
      raised("a"),
      raised("b"),
      ["alarm.acknowledged", "a", { by: "wang" }],
      ["alarm.cleared", "b"],
    );
    const expected = await before.alarms.latest(9);
    await before.close();

    const database = await openDatabase(ledgerPath(dataFolder));
    await database.transaction(({ run }) => run(damage));
    await database.close();

    const { alarms } = await scratchBuffer({ dataFolder });
    expect(await alarms.latest(9)).toEqual(expected);
    expect(expected).toHaveLength(2);
  });
});
