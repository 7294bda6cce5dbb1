import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { changed, configurationOf, problemsOf } from "./config-rig.ts";

const WATCHED = readFileSync(new URL("../../fixtures/config/watched-pond.yaml", import.meta.url), "utf8");
const NO_SECRETS = { secrets: null };

describe("a pond that is watched in every way", () => {
  test("has each rule's condition as it was written, with defaults", async () => {
    const { rules } = await configurationOf({ village: WATCHED, ...NO_SECRETS });
    expect(rules.map(({ when }) => when)).toEqual([
      { kind: "person", camera: "pond", zone: "bank", dwellSeconds: 60 },
      { kind: "line", camera: "pond", line: "gate", direction: "in" },
      { kind: "passage", camera: "pond", from: "bank", to: "water", withinSeconds: 30 },
      { kind: "group", camera: "pond", zone: "bank", people: 3, dwellSeconds: 10 },
      { kind: "vanished", camera: "pond", zone: "water", stoodSeconds: 5, goneSeconds: 15, lyingSeconds: 10 },
    ]);
    expect(rules.every(({ alarm }) => alarm?.evidence)).toBe(true);
  });

  test("acts in its windows, each with its season, and by night more sensitively", async () => {
    const { rules } = await configurationOf({ village: WATCHED, ...NO_SECRETS });
    expect(rules[0]).toMatchObject({
      schedule: {
        ...{ fromMinute: 720, toMinute: 1140, season: { from: 701, to: 831 } },
        also: [{ days: [6, 7], fromMinute: 480, toMinute: 1200 }],
      },
      sensitivity: { day: "normal", night: "high" },
      trackCooldownSeconds: 60,
    });
  });

  test("escalates by voice, at the office, with siren and light, and to a graver alarm", async () => {
    const { rules, switches, duty } = await configurationOf({ village: WATCHED, ...NO_SECRETS });
    expect(rules[0]?.escalate).toEqual([
      { afterSeconds: 20, text: "东塘边的人请马上离开", speakers: ["pond"], repeat: 1, volume: 100 },
      { afterSeconds: 40, text: "东塘边有人不走", speakers: ["office"], repeat: 2, volume: 100 },
      { afterSeconds: 60, switchOn: { switches: ["siren"], forSeconds: 30 }, severity: "danger" },
    ]);
    expect(switches[0]).toMatchObject({ id: "siren", maxOnSeconds: 60 });
    expect(duty[0]).toMatchObject({ name: "值班员", when: { fromMinute: 480, toMinute: 1200 } });
  });
});

/** What is replaced, by what, and where and what is expected then. */
const MISFITS: readonly (readonly [
  what: string,
  piece: string,
  by: string,
  path: string,
  expected: string,
])[] = [
  ["a line that is not there", "line: gate", "line: road", "rules[1].when.line.line", "a line of pond: gate"],
  [
    "a passage to where it begins",
    "to: water",
    "to: bank",
    "rules[2].when.passage.to",
    "another zone than from",
  ],
  [
    "a zone of a passage that is not there",
    "from: bank, to",
    "from: shore, to",
    "rules[2].when.passage.from",
    "a zone of pond: bank, water",
  ],
  [
    "a finding where only a question can be asked",
    "severity: warning}}] # asks",
    "severity: emergency}}]",
    "rules[4].then[0].alarm.severity",
    "notice or warning, because",
  ],
  [
    "a siren that is not there",
    "switch: [siren]",
    "switch: [sirene]",
    "rules[0].escalate[2].switch[0]",
    "a switch: siren",
  ],
  [
    "a siren on for longer than it may",
    "forSeconds: 30",
    "forSeconds: 90",
    "rules[0].escalate[2].forSeconds",
    "at most 60, the maxOnSeconds of siren",
  ],
  [
    "a silent step",
    ", say: 东塘边的人请马上离开",
    "",
    "rules[0].escalate[0]",
    "a step with say, switch or severity",
  ],
  ["a day that no year has", '"07-01"', '"02-30"', "rules[0].schedule[0].season.from", "a day of the year"],
  [
    "night and day that nobody can tell apart",
    "location: [113.1, 27.8],",
    "",
    "rules[0].sensitivity",
    "dayHours beside day and night",
  ],
  ["no telephone", '"100 0000"', '"nobody"', "duty[0].phone", "a telephone number"],
  [
    "one person as a group",
    "people: 3",
    "people: 1",
    "rules[3].when.group.people",
    "a whole number from 2 to 50",
  ],
  [
    "a relay used twice",
    "line: 22",
    "line: 17",
    "switches[0].relay.gpio.line",
    "a line that nothing else uses",
  ],
  [
    "a zone of two corners",
    "[[0, 0.5], [1, 0.5], [1, 0.8], [0, 0.8]]",
    "[[0, 0.5], [1, 0.5]]",
    "cameras[0].zones[0].polygon",
    "at least three corners",
  ],
  [
    "a zone that crosses itself",
    "[[0, 0.5], [1, 0.5], [1, 0.8], [0, 0.8]]",
    "[[0, 0.5], [1, 0.8], [1, 0.5], [0, 0.8]]",
    "cameras[0].zones[0].polygon",
    "does not cross itself (the sides that begin at corners 1 and 3 meet)",
  ],
  [
    "a zone in which nobody has room",
    "[[0, 0.5], [1, 0.5], [1, 0.8], [0, 0.8]]",
    "[[0, 0.5], [0.5, 0.5], [1, 0.5]]",
    "cameras[0].zones[0].polygon",
    "encloses something",
  ],
  [
    "a zone that leaves the picture",
    "[1, 0.8]",
    "[1.1, 0.8]",
    "cameras[0].zones[0].polygon[2][0]",
    "a number from 0 to 1",
  ],
];

describe("a rule that cannot work is refused with its place and the reason", () => {
  test.each(MISFITS)("%s", async (_, piece, by, path, expected) => {
    const problems = await problemsOf({ village: changed(piece, by, WATCHED), ...NO_SECRETS });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`  ${path}  `);
    expect(problems[0]).toContain(expected);
    expect(problems[0]).toMatch(/^cunshao\.yaml:\d+ /);
  });
});
