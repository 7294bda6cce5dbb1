import { describe, expect, test } from "vitest";
import type { BoxView } from "../../../src/core/pull-view.ts";
import { boxText, isTelling, tableText, totalText } from "../../../src/pull/progress-text.ts";
import { type Standing, standingText } from "../../../src/pull/standing.ts";

function view(change: Partial<BoxView> = {}): BoxView {
  return {
    ...{ box: "longwan", phase: "events", seq: 0, head: 0, answers: 0, events: 0, files: 0, bytes: 0 },
    ...{
      fileBytes: 0,
      eventBytes: 0,
      missing: 0,
      broken: 0,
      filesMissing: 0,
      filesChanged: 0,
      filesDenied: 0,
      filesTooLarge: 0,
      filesLetGo: 0,
      newLedgers: [],
    },
    ...change,
  };
}

describe("a line about one box", () => {
  test.each<[Partial<BoxView>, string]>([
    [{ phase: "waiting" }, "longwan: waits, 0 events"],
    [{ events: 40, seq: 40, head: 2540 }, "longwan: events, 40 events, 2500 to go"],
    [{ phase: "files", events: 40, files: 3, seq: 40, head: 40 }, "longwan: files, 40 events, 3 files"],
    [{ phase: "listening", seq: 41, head: 40 }, "longwan: listens, 0 events"],
    [{ phase: "done", events: 7 }, "longwan: done, 7 events"],
    [{ phase: "resting", detail: "no answer" }, "longwan: tries again, 0 events, no answer"],
    [
      { phase: "failed", seq: 5, head: 9, detail: "another village" },
      "longwan: FAILED, 0 events, 4 to go, another village",
    ],
    [
      { phase: "done", newLedgers: ["b7"], missing: 2, broken: 1 },
      "longwan: done, 0 events, NEW LEDGER b7, 2 events MISSING, chain BROKEN in 1 places",
    ],
    [
      { phase: "done", filesChanged: 1, filesMissing: 2, filesDenied: 3 },
      "longwan: done, 0 events, 1 files CHANGED, 2 files gone, 3 files not allowed for this token",
    ],
  ])("with %j", (change, text) => {
    expect(boxText(view(change))).toBe(text);
  });
});

describe("the line about all boxes", () => {
  test("counts those that are up to date, what came and what is to go", () => {
    const views = [
      view({ phase: "done", events: 10, files: 1, bytes: 1_500_000 }),
      view({ phase: "listening", events: 5 }),
      view({ phase: "events", events: 100, seq: 100, head: 400 }),
      view({ phase: "failed", seq: 1, head: 3 }),
      view({ phase: "resting" }),
    ];
    expect(totalText(views)).toBe(
      "2 of 5 boxes up to date, 115 events, 1 files (1.5 MB), 302 events to go, 2 not reached",
    );
  });

  test.each([
    [0, "0 kB"],
    [999_000, "999 kB"],
    [1_000_000, "1.0 MB"],
    [2_340_000_000, "2.34 GB"],
  ])("says of %i bytes of files %s, and nothing of what is not so", (bytes, text) => {
    const all = totalText([view({ phase: "done", files: 1, bytes })]);
    expect(all).toBe(`1 of 1 boxes up to date, 0 events, 1 files (${text})`);
  });
});

describe("the table", () => {
  const views = [
    view({ box: "well", phase: "done" }),
    view({ box: "near", seq: 1, head: 5 }),
    view({ box: "far", seq: 1, head: 900 }),
    view({ box: "lost", phase: "failed" }),
  ];
  const boxes = (lines: readonly string[]) => lines.map((line) => line.split(/[: ]/)[0]);

  test("shows what failed first, then who is most behind, and the total last", () => {
    expect(boxes(tableText(views, 24, 80))).toEqual(["lost", "far", "near", "well", "1"]);
  });

  test("fits into the terminal and says how many it leaves out", () => {
    const lines = tableText(views, 4, 30);
    expect(boxes(lines)).toEqual(["lost", "far", "…", "1"]);
    expect(lines[2]).toBe("… and 2 more");
    expect(Math.max(...lines.map((line) => line.length))).toBe(29);
  });
});

test.each<[string, BoxView | undefined, Partial<BoxView>, boolean]>([
  ["the first events", undefined, {}, false],
  ["more events", view(), { events: 5 }, false],
  ["files that begin", view(), { phase: "files" }, false],
  ["an end", view(), { phase: "done" }, true],
  ["the same end again", view({ phase: "done" }), { phase: "done", events: 5 }, false],
  ["a failure", view(), { phase: "failed" }, true],
  ["a rest", view(), { phase: "resting" }, true],
  ["events that are missing", view(), { missing: 1 }, true],
  ["a broken chain", view(), { broken: 1 }, true],
  ["a new ledger", view(), { newLedgers: ["b7"] }, true],
])("%s: worth a line of a log", (_what, before, change, isWorth) => {
  expect(isTelling(before, view(change))).toBe(isWorth);
});

describe("how far behind each box is", () => {
  const NOW = Date.parse("2026-07-01T06:00:00Z");
  const MINUTE = 60_000;
  const rows = (...standings: Standing[]) =>
    standingText(standings, NOW)
      .trimEnd()
      .split("\n")
      .map((line) => line.split(/ {2,}/));

  test("stands in columns under their names", () => {
    const at = new Date(NOW - 5 * MINUTE).toISOString();
    expect(
      standingText(
        [
          { box: "longwan", waitingEvents: 1200, waitingAlarms: 3, at },
          { box: "a", waitingEvents: 0, waitingAlarms: 0, at },
        ],
        NOW,
      ),
    ).toBe(
      `box      events behind  alarms  pulled
longwan  1200           3       5 min ago
a        0              0       5 min ago
`,
    );
  });

  test("says why a box did not answer, and does not guess", () => {
    expect(rows({ box: "lost", reason: "box.unreachable", detail: "no answer" })[1]).toEqual([
      ...["lost", "?", "?", "never", "no answer"],
    ]);
    expect(rows({ box: "new", waitingEvents: 12 })[1]).toEqual(["new", "12", "?", "never"]);
  });

  test.each([
    [-MINUTE, "0 min ago"],
    [0.4 * MINUTE, "0 min ago"],
    [119 * MINUTE, "119 min ago"],
    [120 * MINUTE, "2 h ago"],
    [71 * 60 * MINUTE, "71 h ago"],
    [72 * 60 * MINUTE, "3 days ago"],
  ])("pulled %i ms ago is %s", (agoMs, text) => {
    const at = new Date(NOW - agoMs).toISOString();
    expect(rows({ box: "a", waitingEvents: 0, waitingAlarms: 0, at })[1]?.[3]).toBe(text);
  });
});
