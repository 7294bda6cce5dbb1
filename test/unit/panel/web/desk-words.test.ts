import { describe, expect, test } from "vitest";
import type { DeskAlarm, DeskBox, KeptAct } from "../../../../src/core/township-desk.ts";
import {
  boxPhrases,
  isOwnClockOff,
  isWhole,
  placeAddress,
  rowsOf,
  rungAlarm,
  statusOf,
  toneOf,
  waitingAlarms,
} from "../../../../src/panel/web/words/desk-words.ts";

const AT = "2026-07-01T06:00:00.000Z";
const box = (change: Partial<DeskBox> = {}): DeskBox => ({
  ...{ id: "longwan", name: "龙湾村", reach: "reverse", status: "here", since: AT },
  ...{ waitingEvents: 0, openAlarms: 0, waitingAlarms: 0, keptActs: 0 },
  files: { bytes: 0, mostBytes: 1e9, letGo: 0, tooLarge: 0, denied: 0 },
  events: { bytes: 0, mostBytes: 1e9 },
  ...change,
});
const alarm = (change: Partial<DeskAlarm> = {}): DeskAlarm => ({
  ...{ box: "longwan", id: "a", rule: "bank", name: "东塘有人靠近", place: "东塘", severity: "warning" },
  ...{ status: "raised", taken: false, raisedAt: AT, seq: 1, notes: [], kept: [], refused: [] },
  ...change,
});
const kept = (kind: KeptAct["kind"]): KeptAct => ({
  ...{ id: kind, box: "longwan", alarm: "a", kind, person: "王芳", at: AT },
});
const keys = (one: DeskBox): string[] => boxPhrases(one).map(({ key }) => key);
const DAY_S = 86_400;

describe("what a desk says of a village", () => {
  test("is nothing where all is well", () => {
    expect([keys(box()), toneOf(box())]).toEqual([[], "calm"]);
  });

  test("is that all is here, whatever alarms there are, where nothing is missing, waits or may have been written since", () => {
    const ledger = { id: "l", seq: 9, head: 9, missing: 0, letGo: 0, broken: 0, before: 0, differed: 0 };
    expect(isWhole(box({ ledger, openAlarms: 3, waitingAlarms: 1 }))).toBe(true);
    const others = [
      box(),
      box({ ledger, status: "away" }),
      box({ ledger, waitingEvents: 1 }),
      box({ ledger: { ...ledger, missing: 1 } }),
      box({ ledger: { ...ledger, broken: 1 } }),
      box({ ledger: { ...ledger, letGo: 1 } }),
    ];
    expect(others.map(isWhole)).toEqual(others.map(() => false));
  });

  test("counts apart what waits for somebody and what somebody sees to", () => {
    expect(boxPhrases(box({ openAlarms: 3, waitingAlarms: 1 }))).toEqual([
      { key: "desk.alarmCount", params: { count: 1 } },
      { key: "desk.handledCount", params: { count: 2 } },
    ]);
  });

  test.each([
    [-300, "desk.clockBehind.minutes", 5],
    [3 * 3600, "desk.clockAhead.hours", 3],
    [365 * DAY_S, "desk.clockAhead.days", 365],
    [-365 * DAY_S, "desk.clockBehind.days", 365],
  ])("names a clock that is off by %i s in the unit that matters", (clockOffSeconds, key, count) => {
    const village = { version: "1", cameras: 1, blindCameras: 0, clock: "synced", clockOffSeconds } as const;
    expect(boxPhrases(box({ village }))).toEqual([{ key, params: { count } }]);
    expect(toneOf(box({ village }))).toBe("care");
  });

  test("tells a copy of the box from the box of another village", () => {
    const contested = { at: AT, address: "192.0.2.7" };
    expect(keys(box({ contested }))).toEqual(["desk.contested"]);
    expect(boxPhrases(box({ contested: { ...contested, site: "other" } }))).toEqual([
      { key: "desk.otherSite", params: { address: "192.0.2.7", site: "other" } },
    ]);
  });

  test("tells of files that went and of those that were too large; only the latter need somebody", () => {
    const files = { bytes: 9, mostBytes: 9, letGo: 4, tooLarge: 0, denied: 0 };
    expect([keys(box({ files })), toneOf(box({ files }))]).toEqual([["desk.filesLetGo"], "calm"]);
    expect(toneOf(box({ files: { ...files, tooLarge: 1 } }))).toBe("care");
  });

  test.each(["direct", "reverse"] as const)(
    "tells of clips that the desk's token may not have, and what to do where the road is %s",
    (reach) => {
      const denied = box({ reach, files: { bytes: 0, mostBytes: 9, letGo: 0, tooLarge: 0, denied: 3 } });
      expect(boxPhrases(denied)).toEqual([{ key: `desk.filesDenied.${reach}`, params: { count: 3 } }]);
      expect(toneOf(denied)).toBe("care");
    },
  );

  test("needs somebody where its earlier alarms cannot be read: that none waits is not known", () => {
    const ledger = { id: "l", seq: 9, head: 9, missing: 0, letGo: 0, broken: 0, before: 0, differed: 0 };
    const unread = box({ ledger, alarmsUnread: true });
    expect([keys(unread), toneOf(unread), isWhole(unread)]).toEqual([["desk.alarmsUnread"], "care", false]);
  });

  test("tells of alarms that came ahead with other words than its records have", () => {
    const ledger = { id: "l", seq: 9, head: 9, missing: 0, letGo: 0, broken: 0, before: 0, differed: 2 };
    expect(boxPhrases(box({ ledger }))).toEqual([{ key: "desk.differed", params: { count: 2 } }]);
    expect(toneOf(box({ ledger }))).toBe("care");
  });

  test("names why a village needs a look where only its files do not come", () => {
    const files = { bytes: 9, mostBytes: 9, letGo: 0, tooLarge: 0, denied: 0, reason: "box.timeout" };
    expect([keys(box({ files })), toneOf(box({ files }))]).toEqual([["desk.filesStuck"], "care"]);
    expect(keys(box({ files: { ...files, reason: "box.quota" } }))).toEqual(["desk.files"]);
    expect(keys(box({ files, status: "away" }))).toEqual([]);
  });
});

describe("a village that writes more than is taken", () => {
  test.each(["slowed", "alarmsOnly", "full"] as const)("says so and needs somebody (%s)", (held) => {
    const events = { bytes: 9, mostBytes: 9, held };
    expect([keys(box({ events })), toneOf(box({ events }))]).toEqual([[`desk.held.${held}`], "care"]);
  });
});

describe("a desk whose own clock is wrong", () => {
  const withClocks = (...off: readonly (number | undefined)[]): DeskBox[] =>
    off.map((clockOffSeconds) =>
      box({ village: { version: "1", cameras: 1, blindCameras: 0, clock: "synced", clockOffSeconds } }),
    );
  test.each([
    ["most are off by the same", [3600, 3601, 3590, undefined], true],
    ["one is off", [3600, undefined, undefined], false],
    ["each is off by its own", [3600, 90_000, -500], false],
    ["all are right", [undefined, undefined, undefined], false],
    ["there are but two", [3600, 3600], false],
  ] as const)("shows where of the villages' clocks %s", (_how, off, is) => {
    expect(isOwnClockOff(withClocks(...off))).toBe(is);
  });

  test("is not judged by villages that are away", () => {
    const away = withClocks(3600, 3600, 3600).map((one) => ({ ...one, status: "away" as const }));
    expect(isOwnClockOff(away)).toBe(false);
  });
});

describe("an alarm at the desk", () => {
  test("waits until somebody took it, here or there", () => {
    const all = [alarm(), alarm({ taken: true }), alarm({ status: "cleared", taken: true })];
    expect(waitingAlarms(all)).toEqual([all[0]]);
  });

  test("is known to the bell by its village too, and rings no more once it was taken here", () => {
    expect(rungAlarm(alarm(), [box()])).toMatchObject({
      ...{ id: "longwan a", village: "龙湾村", status: "raised" },
    });
    expect(rungAlarm(alarm({ taken: true }), [])).toMatchObject({
      ...{ village: "longwan", status: "acknowledged" },
    });
    expect(rungAlarm(alarm({ status: "cleared", taken: true }), []).status).toBe("cleared");
  });
});

describe("the rows of a desk's alarms", () => {
  const later = "2026-07-01T06:05:00.000Z";
  const waits = alarm({ id: "waits" });
  const newest = alarm({ id: "newest", raisedAt: later });
  const taken = alarm({ id: "taken", taken: true, status: "acknowledged" });
  const over = alarm({ id: "over", taken: true, status: "cleared" });
  const unread = { ...over, id: "unread", refused: [{ ...kept("note"), code: "alarm.unknown" }] };
  const shown = (alarms: readonly DeskAlarm[], ...writtenOn: readonly DeskAlarm[]) => {
    const { open, ended } = rowsOf(alarms, new Map(writtenOn.map((one) => [`${one.box} ${one.id}`, one])));
    const told = (row: DeskAlarm) => `${row.id} ${row.status}`;
    return [open.map(told), ended.map(told)];
  };

  test("are those that are open, as the desk orders them, and those of which all is over and read", () => {
    expect(shown([newest, waits, taken, unread, over])).toEqual([
      ["newest raised", "waits raised", "taken acknowledged", "unread cleared"],
      ["over cleared"],
    ]);
  });

  const cleared = { ...newest, taken: true, status: "cleared" } as const;
  test.each([
    ["somebody takes it elsewhere", { ...newest, taken: true, status: "acknowledged" } as const],
    ["its village clears it", cleared],
  ])("leave one on which somebody writes where it stood, also when %s", (_what, now) => {
    expect(shown([waits, taken, now, over], newest)).toEqual([
      [`newest ${now.status}`, "waits raised", "taken acknowledged"],
      ["over cleared"],
    ]);
  });

  test("keep one on which somebody writes, as it was last, where the desk has no room for it any more", () => {
    expect(shown([waits, over], newest)).toEqual([["newest raised", "waits raised"], ["over cleared"]]);
  });

  test("let a new one come before it where that is graver", () => {
    const grave = alarm({ id: "grave", severity: "danger" });
    expect(shown([grave, waits, cleared], newest)[0]).toEqual([
      "grave raised",
      "newest cleared",
      "waits raised",
    ]);
  });
});

describe("the way from an alarm to what its camera shows now", () => {
  test("is the page of its village, with the camera and the alarm for which somebody looks", () => {
    expect(placeAddress(alarm({ camera: "pond east&1" }))).toBe(
      "?village=longwan#/look?camera=pond+east%261&alarm=a",
    );
  });

  test("is none where no camera shows it", () => {
    expect(placeAddress(alarm())).toBeUndefined();
  });
});

describe("what became of an alarm", () => {
  test.each<[string, Partial<DeskAlarm>, string, string | undefined]>([
    ["nobody has seen to", {}, "desk.status_raised", undefined],
    ["somebody sees to there", { status: "acknowledged", acknowledgedBy: "李四" }, "desk.by", "李四"],
    [
      "somebody saw to before it ended",
      { status: "cleared", acknowledgedBy: "李四" },
      "desk.handled",
      "李四",
    ],
    ["ended by itself", { status: "cleared" }, "desk.status_cleared", undefined],
    ["was none", { status: "cleared", acknowledgedBy: "李四", falseBy: "张三" }, "desk.falseBy", "张三"],
    ["was taken here", { kept: [kept("acknowledge"), kept("note")] }, "desk.kept", "王芳"],
    ["was ended here", { kept: [kept("acknowledge"), kept("clear")] }, "desk.keptClear", "王芳"],
  ])("that %s is said so", (_what, change, key, name) => {
    expect(statusOf(alarm(change))).toEqual({ key, params: name === undefined ? {} : { name } });
  });
});
