import { describe, expect, test } from "vitest";
import type { Condition, Rule } from "../../../../src/core/site.ts";
import { afterMs, NO_RULE, rulesOf, triedRules } from "../../../../src/provision/zone-trial/trial-rules.ts";

const tried = { camera: "pond", zone: "bank" };
const rule = (id: string, when: Condition, more: Partial<Rule> = {}): Rule => ({
  id,
  name: id,
  when,
  schedule: { days: [1], fromMinute: 0, toMinute: 1 },
  cooldownSeconds: 30,
  say: [],
  escalate: [],
  ...more,
});
const person = { kind: "person", camera: "pond", zone: "bank", dwellSeconds: 3 } as const;

describe("the rules of a zone", () => {
  test.each<[string, Condition, boolean]>([
    ["that ask for a person in it", person, true],
    ["of another zone", { ...person, zone: "gate" }, false],
    ["of a zone of that name before another camera", { ...person, camera: "weir" }, false],
    [
      "of a way that begins there",
      { kind: "passage", camera: "pond", from: "bank", to: "x", withinSeconds: 9 },
      true,
    ],
    [
      "of a way that ends there",
      { kind: "passage", camera: "pond", from: "x", to: "bank", withinSeconds: 9 },
      true,
    ],
    ["of a group", { kind: "group", camera: "pond", zone: "bank", people: 3, dwellSeconds: 0 }, true],
    ["of a line", { kind: "line", camera: "pond", line: "bank", direction: "both" }, false],
    ["of a level", { kind: "level", sensor: "bank", above: 1, clearBelow: 1, holdSeconds: 0 }, false],
  ])("%s", (_, when, isOne) => {
    expect(rulesOf([rule("one", when)], tried).length).toBe(isOne ? 1 : 0);
  });
});

describe("the rules that are tried", () => {
  test("keep dwell, cool-down and sureness, and no schedule", () => {
    const sensitivity = { day: "low", night: "high" } as const;
    const [only, ...others] = triedRules([rule("one", person, { sensitivity })], tried);
    expect(others).toEqual([]);
    expect(only).toMatchObject({ id: "one", when: person, cooldownSeconds: 30, sensitivity });
    expect(only?.schedule).toEqual({ days: [1, 2, 3, 4, 5, 6, 7], fromMinute: 0, toMinute: 1440 });
  });

  test("count what only speaks", () => {
    expect(triedRules([rule("one", person)], tried)[0]?.alarm).toEqual({ severity: "notice" });
  });

  test("are anybody in the zone, at once, where no rule watches it", () => {
    expect(triedRules([], tried)).toMatchObject([{ id: NO_RULE, when: { ...person, dwellSeconds: 0 } }]);
  });

  test("ask for as much after somebody was seen as it takes to miss somebody", () => {
    const vanished = { kind: "vanished", stoodSeconds: 5, goneSeconds: 30, lyingSeconds: 20 } as const;
    expect(afterMs([rule("one", { ...vanished, ...tried })])).toBeGreaterThan(30_000);
    expect(afterMs([rule("one", person)])).toBeLessThan(13_000);
  });
});
