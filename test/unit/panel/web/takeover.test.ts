import { describe, expect, test } from "vitest";
import type { LedgerEvent } from "../../../../src/core/event.ts";
import type { RuleView } from "../../../../src/core/rule-edit.ts";
import type { AlarmView, CameraView } from "../../../../src/core/village.ts";
import { fateOf, wasOrderedFor } from "../../../../src/panel/web/words/alarm-words.ts";
import { placeToPause } from "../../../../src/panel/web/words/pause-words.ts";
import { alarmOnPage, isCutOff, keyOf, TYPING_MS } from "../../../../src/panel/web/words/takeover.ts";
import { waterCameras } from "../../../../src/panel/web/words/water-cameras.ts";

const alarm = (id: string, change: Partial<AlarmView> = {}): AlarmView => ({
  ...{ id, rule: "pond-bank", name: "东塘有人靠近", place: "东塘", severity: "warning", status: "raised" },
  ...{ raisedAt: "2026-07-01T06:00:00.000Z", seq: 1, delivered: [] },
  ...change,
});
const seen = alarm("a", { status: "acknowledged" });
const over = alarm("a", { status: "cleared" });

interface Case {
  readonly what: string;
  readonly shown?: string;
  readonly putOff?: readonly string[];
  readonly alarms: readonly AlarmView[];
  readonly busy?: boolean;
  readonly has: string | undefined;
}

describe("the page", () => {
  test.each<Case>([
    { what: "has no alarm where there is none", alarms: [], has: undefined },
    { what: "goes to an alarm that nobody has seen to", alarms: [alarm("a")], has: "a" },
    { what: "does not go to one that somebody has seen to", alarms: [seen], has: undefined },
    { what: "does not go to one that is over", alarms: [over], has: undefined },
    { what: "waits for who types or speaks", alarms: [alarm("a")], busy: true, has: undefined },
    {
      what: "goes to the gravest first",
      alarms: [alarm("a", { seq: 9 }), alarm("b", { severity: "danger" })],
      has: "b",
    },
    {
      what: "does not come back to one that was put off",
      putOff: ["a raised"],
      alarms: [alarm("a")],
      has: undefined,
    },
    {
      what: "comes back to one that became more urgent",
      putOff: ["a raised"],
      alarms: [alarm("a", { status: "escalated" })],
      has: "a",
    },
    {
      what: "stays with its alarm when another comes",
      shown: "a",
      alarms: [alarm("b", { seq: 9 }), alarm("a")],
      has: "a",
    },
    {
      what: "leaves it for a graver one",
      shown: "a",
      alarms: [alarm("b", { severity: "emergency" }), alarm("a")],
      has: "b",
    },
    {
      what: "stays with its alarm while somebody writes in it, though a graver one comes",
      shown: "a",
      alarms: [alarm("b", { severity: "emergency" }), alarm("a")],
      busy: true,
      has: "a",
    },
    {
      what: "stays with what has ended while somebody writes in it, though another waits",
      shown: "a",
      alarms: [over, alarm("b")],
      busy: true,
      has: "a",
    },
    { what: "stays with it when it ends", shown: "a", alarms: [over], has: "a" },
    { what: "stays with it when somebody else sees to it", shown: "a", alarms: [seen], has: "a" },
    { what: "leaves what has ended for what waits", shown: "a", alarms: [over, alarm("b")], has: "b" },
    { what: "leaves what the box does not tell of any more", shown: "a", alarms: [], has: undefined },
    {
      what: "stays with what somebody opened, put off or not",
      shown: "a",
      putOff: ["a raised"],
      alarms: [alarm("a")],
      has: "a",
    },
  ])("$what", ({ shown, putOff = [], alarms, busy = false, has }) => {
    expect(alarmOnPage(shown, new Set(putOff), alarms, busy)).toBe(has);
  });

  const idle = { speaks: false, writes: false, inField: false, sinceKeyMs: Number.POSITIVE_INFINITY };
  test.each([
    ["who does nothing", {}, false],
    ["who speaks", { speaks: true }, true],
    ["who has a dialog open to write in", { writes: true }, true],
    ["who types", { inField: true, sinceKeyMs: 0 }, true],
    ["who thinks about the next word", { inField: true, sinceKeyMs: TYPING_MS - 1 }, true],
    ["who left the cursor in a field and went away", { inField: true, sinceKeyMs: TYPING_MS }, false],
    ["who has put the cursor into a field and typed nothing", { inField: true }, false],
    ["who has typed, and left the field", { sinceKeyMs: 0 }, false],
  ])("of %s: %o would be cut off: %s", (_who, now, isIt) => {
    expect(isCutOff({ ...idle, ...now })).toBe(isIt);
  });

  test("names an alarm that was put off by what it was then", () => {
    expect(keyOf(alarm("a"))).not.toBe(keyOf(alarm("a", { status: "escalated" })));
  });
});

const rule = (id: string, when: unknown, severity = "danger") =>
  ({ id, name: id, when, say: [], escalate: [], alarm: { severity } }) as unknown as RuleView;
const bank = { kind: "person", camera: "pond", zone: "bank" };
const camera = (id: string, zones = [{ id: "bank", name: "塘埂" }]) =>
  ({ id, name: id, zones }) as unknown as CameraView;

describe("what is paused from an alarm", () => {
  const pausing = (rules: readonly RuleView[], id: string, paused: readonly string[] = []) =>
    placeToPause(
      { rules, cameras: [camera("pond")], pauses: [{ state: "paused", rules: paused } as never] },
      id,
    )?.target;

  test("is the place where several rules watch it, else the rule", () => {
    expect(pausing([rule("near", bank)], "near")).toEqual({ rule: "near" });
    expect(pausing([rule("near", bank), rule("stay", bank)], "near")).toEqual({
      camera: "pond",
      zone: "bank",
    });
  });

  test("is nothing for an emergency, for what is paused already, and for a rule that is gone", () => {
    expect(pausing([rule("sos", { kind: "contact" }, "emergency")], "sos")).toBeUndefined();
    expect(pausing([rule("near", bank)], "near", ["near"])).toBeUndefined();
    expect(pausing([], "near")).toBeUndefined();
  });
});

describe("what became of an alarm", () => {
  test.each([
    [{ status: "raised" }, "waiting", ""],
    [{ status: "escalated" }, "waiting", ""],
    [{ status: "acknowledged", acknowledgedBy: "wang" }, "handling", "wang"],
    [{ status: "cleared" }, "over", ""],
    [{ status: "cleared", acknowledgedBy: "wang" }, "handled", "wang"],
    [{ status: "acknowledged", acknowledgedBy: "wang", falseBy: "li" }, "false", "li"],
  ] as const)("%o is %s by %s", (change, kind, name) => {
    expect(fateOf(alarm("a", change))).toEqual({ kind, name });
  });
});

describe("words for an alarm", () => {
  test("have been ordered once an order names it", () => {
    const ordered = (id: string) => [
      { type: "org.cunshao.broadcast.ordered", data: { alarm: id } } as unknown as LedgerEvent,
    ];
    expect(wasOrderedFor({ id: "a" }, ordered("a"))).toBe(true);
    expect(wasOrderedFor({ id: "a" }, ordered("b"))).toBe(false);
  });
});

describe("the cameras at the water", () => {
  test("are those whose places rules watch, in the order of the site, and else the first", () => {
    const cameras = [camera("gate", []), camera("pond"), camera("weir")];
    const rules = [rule("a", { kind: "person", camera: "weir", zone: "bank" }), rule("b", bank)];
    const found = waterCameras({ cameras, rules }, 2);
    expect([found.isWater, found.cameras.map(({ id }) => id)]).toEqual([true, ["pond", "weir"]]);
    const none = waterCameras({ cameras, rules: [] }, 1);
    expect([none.isWater, none.cameras.map(({ id }) => id)]).toEqual([false, ["gate"]]);
  });
});
