import { describe, expect, test } from "vitest";
import type { Rule } from "../../../src/core/site.ts";
import { type CarriedAlarm, createRuleBook } from "../../../src/rules/rule-book.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { buttonRule, inWords, levelRule, observation, personRule, START_WALL_MS } from "./rule-samples.ts";

function createRig(rules: readonly Rule[], carried: readonly CarriedAlarm[] = []) {
  const clock = createManualClock(START_WALL_MS);
  let count = 0;
  const told: string[] = [];
  const synced = { now: true };
  const book = createRuleBook(
    {
      clock,
      timezone: "Asia/Shanghai",
      isClockSynced: () => synced.now,
      newAlarmId: () => `alarm ${++count}`,
    },
    rules,
    carried,
  );
  book.effects.on((effect) => told.push(`${clock.now().monotonicMs / 1000} ${inWords(effect)}`));
  const see = (word: string): void => book.observe(observation(word, clock.now().monotonicMs / 1000));
  const shape = (): string[] => told.map((line) => line.replace(/alarm \d+/, "it"));
  return { clock, book, told, shape, see, synced };
}

describe("the rule book", () => {
  test("acts when the hold is over, without any further observation", async () => {
    const { clock, see, shape } = createRig([levelRule]);
    see("3.4 m");
    await clock.advance(59_000);
    expect(shape()).toEqual([]);
    await clock.advance(2000);
    expect(shape()).toEqual(["60 raise it"]);
  });

  test("escalates and lets go of somebody unseen at the right time", async () => {
    const { clock, see, shape } = createRig([personRule]);
    see("person");
    for (let i = 0; i < 21; i++) {
      await clock.advance(1000);
      see("person");
    }
    await clock.advance(60_000);
    expect(shape()).toEqual([
      "0 say 水边危险",
      "0 raise it",
      "20 escalate 1 of it",
      "20 say 马上离开",
      "26 clear it",
    ]);
    expect(clock.pending()).toBe(0);
  });

  test("says while an alarm that nobody has acknowledged still has a step to come", async () => {
    const { book, see } = createRig([personRule, levelRule]);
    expect(book.isEscalating()).toBe(false);
    see("person");
    expect(book.isEscalating()).toBe(true);
    book.acknowledge("alarm 1");
    expect(book.isEscalating()).toBe(false);
    const left = createRig([personRule]);
    left.see("person");
    for (let second = 0; second < 60; second++) {
      expect(left.book.isEscalating()).toBe(true);
      await left.clock.advance(1000);
      left.see("person");
    }
    await left.clock.advance(1000);
    expect(left.book.isEscalating()).toBe(false);
  });

  test("acts by what a rule was changed to, from the next moment on", async () => {
    const { clock, book, see, shape } = createRig([{ ...levelRule, say: personRule.say }]);
    see("3.4 m");
    await clock.advance(10_000);
    const words = { text: "水涨了", speakers: ["pond"], repeat: 1, volume: 60 };
    book.replace({ ...levelRule, say: [words], when: { ...levelRule.when, holdSeconds: 5 } as Rule["when"] });
    expect(shape()).toEqual(["10 say 水涨了", "10 raise it"]);
  });

  test("goes on with an open alarm when its rule is changed, by the steps that it has now", async () => {
    const { clock, book, see, shape } = createRig([buttonRule]);
    see("pressed");
    const [step] = buttonRule.escalate;
    book.replace({ ...buttonRule, escalate: step ? [{ ...step, afterSeconds: 5 }] : [] });
    await clock.advance(5000);
    expect(shape()).toEqual(["0 raise it", "5 escalate 1 of it", "5 say 请马上过去"]);
  });

  test("keeps rules apart", async () => {
    const { see, shape } = createRig([personRule, buttonRule, { ...personRule, id: "second" }]);
    see("pressed");
    see("person");
    expect(shape()).toEqual(["0 raise it", "0 say 水边危险", "0 raise it", "0 say 水边危险", "0 raise it"]);
  });

  test("raises within a minute of the schedule's beginning", async () => {
    const schedule = { days: [1, 2, 3, 4, 5, 6, 7], fromMinute: 14 * 60 + 10, toMinute: 1440 };
    const { clock, see, shape } = createRig([{ ...buttonRule, schedule, escalate: [] }]);
    see("pressed");
    await clock.advance(11 * 60_000);
    expect(shape()).toEqual(["600 raise it"]);
  });

  test("acts at every hour until the clock is known to be right", async () => {
    const schedule = { days: [1, 2, 3, 4, 5, 6, 7], fromMinute: 0, toMinute: 60 };
    const { clock, see, shape, synced } = createRig([{ ...buttonRule, schedule, cooldownSeconds: 0 }]);
    see("pressed");
    expect(shape()).toEqual([]);
    synced.now = false;
    await clock.advance(60_000);
    expect(shape()).toEqual(["60 raise it"]);
  });

  test("takes a person's word for open alarms only", async () => {
    const { clock, book, see, told, shape } = createRig([buttonRule, personRule]);
    see("pressed");
    const alarm = /alarm \d+/.exec(told[0] ?? "")?.[0] ?? "";
    expect(book.acknowledge(alarm)).toBe(true);
    await clock.advance(30_000);
    expect(shape()).toEqual(["0 raise it"]);
    expect(book.clear(alarm)).toBe(true);
    expect(book.clear(alarm)).toBe(false);
    expect(book.acknowledge("alarm 99")).toBe(false);
  });

  test("waits longer than timers reach by looking again each minute", async () => {
    const rule: Rule = { ...levelRule, when: { ...levelRule.when, holdSeconds: 86_400 } as Rule["when"] };
    const { clock, see, shape } = createRig([rule]);
    see("3.4 m");
    await clock.advance(86_400_000);
    expect(shape()).toEqual(["86400 raise it"]);
  });

  test("has one timer a rule at most, and none when it stopped", async () => {
    const { clock, book, see, told } = createRig([personRule, levelRule, buttonRule]);
    for (const word of ["person", "3.4 m", "pressed", "person", "3.5 m"]) see(word);
    expect(clock.pending()).toBe(3);
    book.stop();
    expect(clock.pending()).toBe(0);
    const before = told.length;
    see("person");
    see("nobody");
    expect(clock.pending()).toBe(0);
    expect(told).toHaveLength(before);
  });
});

describe("alarms of an earlier run", () => {
  test("end by what is seen, or by a person", () => {
    const { book, see, shape } = createRig(
      [personRule, levelRule],
      [
        { rule: "pond-bank", id: "alarm 901", acknowledged: false },
        { rule: "pond-high", id: "alarm 902", acknowledged: true },
        { rule: "taken out", id: "alarm 903", acknowledged: false },
      ],
    );
    see("nobody");
    expect(shape()).toEqual(["0 clear it"]);
    expect(book.clear("alarm 902")).toBe(true);
    expect(book.clear("alarm 903")).toBe(false);
  });

  test("of one rule count by the newest", () => {
    const { see, told } = createRig(
      [personRule],
      [
        { rule: "pond-bank", id: "alarm 802", acknowledged: false },
        { rule: "pond-bank", id: "alarm 801", acknowledged: false },
      ],
    );
    see("nobody");
    expect(told).toEqual(["0 clear alarm 802"]);
  });
});
