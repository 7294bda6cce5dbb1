import { describe, expect, test } from "vitest";
import type { RuleView } from "../../../../src/core/rule-edit.ts";
import {
  draftFault,
  draftOf,
  editOf,
  hoursToChoose,
  isChanged,
  onTopOf,
  type RuleDraft,
  ruleOf,
  WHOLE_DAY,
} from "../../../../src/panel/web/words/rule-draft.ts";
import { village } from "./word-samples.ts";

const [bank, high] = village.rules as readonly [RuleView, RuleView];
const workOf = (base: RuleView, change: Partial<RuleDraft> = {}) => ({
  base,
  draft: { ...draftOf(base), ...change },
});
const season = { from: 701, to: 831 };
const step = bank.escalate[0];
const seasonal: RuleView = {
  ...bank,
  schedule: { ...bank.schedule, fromMinute: 1320, toMinute: 360, season, also: [bank.schedule] },
};

describe("a rule while it is changed", () => {
  test("is no change as long as nothing is another", () => {
    for (const rule of [bank, high, seasonal]) {
      expect(isChanged(workOf(rule))).toBe(false);
      expect(editOf(workOf(rule))).toEqual({});
    }
  });

  test("is sent with what is another and no more, hours as the file writes them", () => {
    const noon = { days: [6, 7], from: "12:00", to: "24:00", season };
    expect(editOf(workOf(bank, { dwellSeconds: 5 }))).toEqual({ dwellSeconds: 5 });
    expect(editOf(workOf(bank, { schedule: [WHOLE_DAY, noon] }))).toEqual({
      schedule: [
        { days: "all", from: "00:00", to: "24:00" },
        { days: ["sat", "sun"], from: "12:00", to: "24:00", season: { from: "07-01", to: "08-31" } },
      ],
    });
  });

  test("has hours to choose from, the one that it has among them", () => {
    expect(hoursToChoose("from", "07:40").slice(29, 33)).toEqual(["07:15", "07:30", "07:40", "07:45"]);
    expect(hoursToChoose("from", "07:30")).not.toContain("24:00");
    expect(hoursToChoose("to", "24:00").at(-1)).toBe("24:00");
  });

  test("shows the rule that it makes, with what is not changed here", () => {
    for (const rule of [bank, high, seasonal]) expect(ruleOf(workOf(rule))).toEqual(rule);
    const words = { text: "快上来", repeat: 1, volume: 40 };
    expect(ruleOf(workOf(bank, { severity: "danger", say: [words] }))).toMatchObject({
      alarm: { severity: "danger", evidence: { camera: "pond-east" } },
      say: [{ ...words, speakers: ["pond"] }],
    });
  });

  test("goes on top of what somebody else has changed meanwhile", () => {
    const theirs = { ...bank, version: 7, alarm: { severity: "danger" as const } };
    const both = onTopOf(theirs, workOf(bank, { dwellSeconds: 5 }));
    expect(both).toMatchObject({ base: { version: 7 }, draft: { severity: "danger", dwellSeconds: 5 } });
    expect(editOf(both)).toEqual({ dwellSeconds: 5 });
  });
});

describe("what the box would not take", () => {
  const say = (change: object) => ({ say: [{ text: "快上来", repeat: 1, volume: 40, ...change }] });
  const after = (...seconds: number[]) => ({
    escalate: seconds.map((afterSeconds) => ({ ...step, afterSeconds })),
  });

  test.each<[string, RuleView, Partial<RuleDraft>, string | undefined]>([
    ["all in order", bank, { dwellSeconds: 3, ...say({}) }, undefined],
    ["no number", high, { above: Number.NaN }, "rule.no_number"],
    ["a stay that is none", bank, { dwellSeconds: Number.NaN }, "rule.no_number"],
    ["a stay of less than nothing", bank, { dwellSeconds: -1 }, "rule.no_number"],
    ["no day", bank, { schedule: [{ ...WHOLE_DAY, days: [] }] }, "rule.bad_hours"],
    ["an end above the beginning", high, { clearBelow: 9 }, "rule.bad_levels"],
    ["steps in no order", bank, after(30, 20), "rule.steps_order"],
    ["no words", bank, say({ text: " " }), "rule.bad_words"],
    ["words half a time", bank, say({ repeat: 0.5 }), "rule.no_number"],
    ["words too often", bank, say({ repeat: 11 }), "rule.too_often"],
  ])("%s", (_what, base, change, fault) => {
    expect(draftFault(workOf(base, change))).toBe(fault);
  });
});
