import { describe, expect, test } from "vitest";
import type { Rule } from "../../../src/core/site.ts";
import { IDLE } from "../../../src/rules/rule-state.ts";
import { step } from "../../../src/rules/step.ts";
import { context, personRule } from "./rule-samples.ts";
import { expectStory, inputOf, type Row } from "./rule-story.ts";

const quiet: Rule = { ...personRule, escalate: [] };
const when = (condition: Rule["when"], change: Partial<Rule> = {}): Rule => ({
  ...quiet,
  when: condition,
  ...change,
});
const dwelling = when({ kind: "person", camera: "pond-east", zone: "bank", dwellSeconds: 3 });
/** The same look again each half second, without any effect. */
const goesOn = (from: number, to: number, words: string): Row[] =>
  Array.from({ length: Math.round((to - from) * 2) }, (_, index) => [from + index / 2, words] as const);

describe("somebody who is followed", () => {
  test("is spoken to on entering", () => {
    expectStory(quiet, [
      [0, "bank: 1", "say 水边危险", "raise alarm@0"],
      [1, "bank: 1"],
      [2, "bank:", "clear alarm@0"],
    ]);
  });

  test("must have moved: a post stands there for ever", () => {
    expectStory(quiet, [...goesOn(0, 20, "bank: 1still"), [20, "bank: 1", "say 水边危险", "raise alarm@20"]]);
  });

  test("must have been seen surely once, not in every look", () => {
    expectStory(quiet, [
      [0, "bank: 1?"],
      [1, "bank: 1", "say 水边危险", "raise alarm@1"],
      [2, "bank: 1?"],
      [3, "bank:", "clear alarm@1"],
    ]);
  });

  test("by night is taken more or less seriously, as the rule says", () => {
    // 14:00 in the samples is day by the clock, night with these hours.
    const hours = { fromMinute: 8 * 60, toMinute: 13 * 60 };
    const sharp: Rule = { ...quiet, sensitivity: { day: "low", night: "high", dayHours: hours } };
    expectStory(sharp, [[0, "bank: 1?", "say 水边危险", "raise alarm@0"]]);
    const dull: Rule = { ...quiet, sensitivity: { day: "high", night: "low", dayHours: hours } };
    expectStory(dull, [[0, "bank: 1?"]]);
  });
});

describe("dwelling", () => {
  test("is one person's own time: those who pass one after the other do not dwell together", () => {
    expectStory(dwelling, [
      ...goesOn(0, 2, "bank: 1"),
      ...goesOn(2, 4, "bank: 2"),
      ...goesOn(4, 6.5, "bank: 3"),
      [6.5, "bank: 3"],
      [7, "bank: 3", "say 水边危险", "raise alarm@7"],
    ]);
  });

  test("goes on over a step aside of less than two seconds while others are there", () => {
    expectStory(dwelling, [
      [0, "bank: 1 2"],
      [1, "bank: 2"],
      [2.5, "bank: 1"],
      [3, "bank: 1", "say 水边危险", "raise alarm@3"],
    ]);
  });

  test("is over when the one who dwelt has left, though another has just come", () => {
    expectStory(dwelling, [
      [0, "bank: 1"],
      [2, "bank: 1"],
      [3, "bank: 1", "say 水边危险", "raise alarm@3"],
      [4, "bank: 1 2"],
      [5, "bank: 2"],
      [6.1, "bank: 2", "clear alarm@3"],
    ]);
  });
});

describe("one who walks to and fro", () => {
  const rule: Rule = { ...quiet, cooldownSeconds: 10, trackCooldownSeconds: 60 };

  test("is spoken to again, without another alarm before the track's cool-down is over", () => {
    expectStory(rule, [
      [0, "bank: 1", "say 水边危险", "raise alarm@0"],
      [2, "bank:", "clear alarm@0"],
      [5, "bank: 1"],
      [7, "bank:"],
      [20, "bank: 1", "say 水边危险"],
      [22, "bank:"],
      [61, "bank: 1", "say 水边危险", "raise alarm@61"],
    ]);
  });

  test("and stays is spoken to once, however often it is seen, until it is an alarm again", () => {
    const eager: Rule = { ...rule, cooldownSeconds: 0 };
    expectStory(eager, [
      [0, "bank: 1", "say 水边危险", "raise alarm@0"],
      [2, "bank:", "clear alarm@0"],
      [20, "bank: 1", "say 水边危险"],
      ...goesOn(20.5, 60, "bank: 1"),
      [60, "bank: 1", "say 水边危险", "raise alarm@60"],
      [62, "bank:", "clear alarm@60"],
      [70, "bank: 1", "say 水边危险"],
      [72, "bank:"],
      [80, "bank: 1", "say 水边危险"],
    ]);
  });

  test("and does not hide another who comes meanwhile", () => {
    expectStory(rule, [
      [0, "bank: 1", "say 水边危险", "raise alarm@0"],
      [2, "bank:", "clear alarm@0"],
      [20, "bank: 2", "say 水边危险", "raise alarm@20"],
    ]);
  });

  test("counts anew each time where nobody can be followed", () => {
    expectStory(rule, [
      [0, "person", "say 水边危险", "raise alarm@0"],
      [2, "nobody", "clear alarm@0"],
      [20, "person", "say 水边危险", "raise alarm@20"],
    ]);
  });
});

describe("somebody else who comes after an acknowledgement", () => {
  test("is another alarm; who was there at the time is not", () => {
    expectStory(quiet, [
      [0, "bank: 1", "say 水边危险", "raise alarm@0"],
      [4, "acknowledge alarm@0"],
      [8, "bank: 1"],
      [12, "bank: 1"],
      ...goesOn(12.5, 40, "bank: 1"),
      [40, "bank: 1 2", "clear alarm@0", "say 水边危险", "raise alarm@40"],
    ]);
  });
});

describe("a passage from the bank to the water", () => {
  const rule = when({ kind: "passage", camera: "pond-east", from: "bank", to: "water", withinSeconds: 10 });

  test("is one and the same seen there and then here", () => {
    expectStory(rule, [
      [0, "bank: 1 2"],
      [4, "water: 1", "say 水边危险", "raise alarm@4"],
      [6, "water: 1"],
      [8, "water:", "clear alarm@4"],
    ]);
  });

  test("is neither another in the water, nor one who came too late or from elsewhere", () => {
    expectStory(rule, [
      [0, "bank: 1"],
      [4, "water: 2"],
      [11, "water: 1"],
      [12, "person"],
    ]);
  });

  test("goes on for as long as that one stays in the water", () => {
    expectStory(rule, [
      [0, "bank: 1"],
      [4, "water: 1", "say 水边危险", "raise alarm@4"],
      ...goesOn(5, 40, "water: 1"),
      [40, "water: 2"],
      [43, "water: 2", "clear alarm@4"],
    ]);
  });
});

describe("a line", () => {
  const rule = when(
    { kind: "line", camera: "pond-east", line: "gate", direction: "in" },
    { cooldownSeconds: 10, trackCooldownSeconds: 120 },
  );

  test("counts in its direction only, and is over half a minute after the last who went over it", () => {
    expectStory(rule, [
      [0, "crossed out: 1"],
      [1, "crossed in: 2", "say 水边危险", "raise alarm@1"],
      [20, "crossed in: 3"],
      [49, "tick"],
      [50, "tick", "clear alarm@1"],
    ]);
  });

  test("is not raised again by one who goes over it to and fro", () => {
    expectStory(rule, [
      [0, "crossed in: 1", "say 水边危险", "raise alarm@0"],
      [30, "tick", "clear alarm@0"],
      [40, "crossed in: 1"],
      [50, "crossed in: 2", "say 水边危险", "raise alarm@50"],
    ]);
  });
});

describe("a group", () => {
  const rule = when({ kind: "group", camera: "pond-east", zone: "bank", people: 3, dwellSeconds: 2 });

  test("is so many at once for so long, whoever they are", () => {
    expectStory(rule, [
      [0, "bank: 1 2"],
      [1, "bank: 1 2 3"],
      [2, "bank: 1 2 3"],
      [3, "bank: 1 2 4", "say 水边危险", "raise alarm@3"],
    ]);
  });

  test("ends when there are fewer, and one does not make it twice by being seen twice", () => {
    expectStory(rule, [
      ...goesOn(0, 1, "bank: 1 2 3"),
      [2, "bank: 1 2 3", "say 水边危险", "raise alarm@2"],
      [3, "bank: 1 2"],
      [4.5, "bank: 1 2", "clear alarm@2"],
    ]);
  });

  test("cannot be told by movement", () => {
    expectStory(rule, [
      [0, "person"],
      [9, "person"],
    ]);
  });
});

describe("who stood at the water", () => {
  const asking = when(
    {
      kind: "vanished",
      camera: "pond-east",
      zone: "bank",
      stoodSeconds: 5,
      goneSeconds: 15,
      lyingSeconds: 10,
    },
    { say: [], alarm: { severity: "warning", evidence: { camera: "pond-east" } } },
  );
  const stands = goesOn(0, 6, "all: 1@bank");

  test("and is gone without leaving is asked about, and stays asked until a person answers", () => {
    expectStory(asking, [
      ...stands,
      [6, "all:"],
      [20.4, "tick"],
      [20.5, "tick", "ask whether gone: alarm@20.5"],
      [300, "tick"],
      [301, "clear alarm@20.5"],
    ]);
  });

  test.each<[string, Row[]]>([
    [
      "walks away",
      [
        [6, "all: 1@far"],
        [7, "all:"],
        [60, "tick"],
      ],
    ],
    [
      "is found again under another number near by",
      [
        [6, "all:"],
        [8, "all: 9@bank"],
        [23, "all: 9@bank"],
      ],
    ],
    [
      "is behind a camera that was lost",
      [
        [6, "camera lost"],
        [60, "tick"],
      ],
    ],
    ["was not seen missing by any look", [[60, "tick"]]],
  ])("is not missed who %s", (_, rows) => {
    expectStory(asking, [...stands, ...rows]);
  });

  test("is not missed who only passed", () => {
    expectStory(asking, [
      [0, "all: 1@bank"],
      [2, "all: 1@bank"],
      [3, "all:"],
      [60, "tick"],
    ]);
  });

  test("and lies there is asked about once", () => {
    expectStory(asking, [
      ...stands,
      ...goesOn(6, 16, "all: 1flat@bank"),
      [16, "all: 1flat@bank", "ask whether lying: alarm@16"],
      ...goesOn(17, 30, "all: 1flat@bank"),
    ]);
  });
});

describe("steps of escalation", () => {
  const rule: Rule = {
    ...personRule,
    escalate: [
      { afterSeconds: 5, text: "东塘边有人", speakers: ["office"], repeat: 1, volume: 100 },
      { afterSeconds: 8, switchOn: { switches: ["siren"], forSeconds: 20 } },
      { afterSeconds: 12, severity: "danger" },
    ],
  };

  test("speak at the office, switch the siren on and make the alarm graver", () => {
    expectStory(rule, [
      [0, "bank: 1", "say 水边危险", "raise alarm@0"],
      [3, "bank: 1"],
      [5, "bank: 1", "escalate 1 of alarm@0", "say 东塘边有人"],
      [8, "bank: 1", "escalate 2 of alarm@0", "switch on siren for 20 s"],
      [12, "bank: 1", "escalate 3 of alarm@0 to danger"],
      [13, "bank:", "switch off for alarm@0", "clear alarm@0"],
    ]);
  });

  test("stop with an acknowledgement, the siren too", () => {
    expectStory(rule, [
      [0, "bank: 1", "say 水边危险", "raise alarm@0"],
      [4, "bank: 1"],
      [
        8,
        "bank: 1",
        "escalate 1 of alarm@0",
        "say 东塘边有人",
        "escalate 2 of alarm@0",
        "switch on siren for 20 s",
      ],
      [9, "acknowledge alarm@0", "switch off for alarm@0"],
      [13, "bank: 1"],
      [14, "bank: 1"],
    ]);
  });
});

test("a busy lane fills no memory", () => {
  const rows = Array.from({ length: 200 }, (_, index): Row => [index, `bank: ${index}still`]);
  expect(expectStory(quiet, rows).stays.length).toBeLessThan(5);
});

test("the alarm shows those alone who broke the rule: who only goes by is nobody's evidence", () => {
  let state = IDLE;
  const see = (seconds: number, words: string): void => {
    state = step(dwelling, state, inputOf(words, seconds), context(seconds)).state;
  };
  for (const second of [0, 1, 2]) see(second, "bank: 1");
  const { effects } = step(dwelling, state, inputOf("bank: 1 2", 3), context(3));
  const raised = effects.flatMap((effect) => (effect.kind === "raise" ? [effect.alarm.because] : []));
  expect(raised).toMatchObject([{ kind: "presence", tracks: [{ id: 1 }], boxes: [{ x: 0.4 }] }]);
  expect(raised.flatMap((because) => (because.kind === "presence" ? because.tracks : []))).toHaveLength(1);
});
