import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import type { ReviseRule, RuleEdit } from "../../../src/core/rule-edit.ts";
import type { Rule } from "../../../src/core/site.ts";
import { changed, load, VILLAGE } from "./config-rig.ts";

const WATCHED = readFileSync(new URL("../../fixtures/config/watched-pond.yaml", import.meta.url), "utf8");

async function reviser(village: string): Promise<{ revise: ReviseRule; rules: readonly Rule[] }> {
  const loaded = await load({ village });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return { revise: loaded.reviseRule, rules: loaded.configuration.rules };
}

let pond: Awaited<ReturnType<typeof reviser>>;
let watched: Awaited<ReturnType<typeof reviser>>;
beforeAll(async () => {
  pond = await reviser(VILLAGE);
  watched = await reviser(WATCHED);
});

const rule = (id: string, { rules } = pond): Rule => rules.find((one) => one.id === id) as Rule;
const words = { text: "水深，快上来", repeat: 3, volume: 60 };

describe("an edit of a rule", () => {
  test("that changes nothing leaves each rule as it is configured", () => {
    for (const { revise, rules } of [pond, watched]) {
      expect(rules.map(({ id }) => revise(id, {}))).toEqual(rules);
    }
  });

  test.each<[string, string, RuleEdit, object]>([
    [
      "hours",
      "pond-bank",
      { schedule: [{ days: ["sat", "sun"], from: "12:00", to: "19:30" }] },
      { schedule: { days: [6, 7], fromMinute: 720, toMinute: 1170 } },
    ],
    [
      "a stay",
      "pond-bank",
      { dwellSeconds: 12 },
      { when: { kind: "person", dwellSeconds: 12, zone: "bank" } },
    ],
    [
      "how grave it is",
      "pond-bank",
      { severity: "danger" },
      { alarm: { severity: "danger", evidence: { camera: "pond-east" } } },
    ],
    ["words", "pond-bank", { say: [words] }, { say: [{ ...words, speakers: ["pond"] }] }],
    [
      "an escalation",
      "pond-bank",
      { escalate: [{ ...words, afterSeconds: 45 }] },
      { escalate: [{ ...words, afterSeconds: 45, speakers: ["pond"] }] },
    ],
    [
      "levels",
      "pond-high",
      { above: 3.6, clearBelow: 3.1, holdSeconds: 5 },
      { when: { kind: "level", sensor: "pond-level", above: 3.6, clearBelow: 3.1, holdSeconds: 5 } },
    ],
  ])("changes %s and nothing else", (_what, id, edit, expected) => {
    const revised = pond.revise(id, edit);
    expect(revised).toMatchObject(expected);
    const [key = "id"] = Object.keys(expected) as (keyof Rule)[];
    expect({ ...revised, [key]: undefined }).toEqual({ ...rule(id), [key]: undefined });
  });

  test("keeps what its steps do beside their words, and their order in time", async () => {
    const late = "      - {afterSeconds: 60, switch: [siren], forSeconds: 30, severity: danger}\n";
    const turned = changed(late, "", WATCHED).replace("    escalate:\n", `    escalate:\n${late}`);
    const { revise } = await reviser(turned);
    const escalate = [{ ...words, afterSeconds: 10 }, { ...words, afterSeconds: 30 }, { afterSeconds: 90 }];
    expect(revise("stays", { escalate }).escalate).toEqual([
      { ...words, afterSeconds: 10, speakers: ["pond"] },
      { ...words, afterSeconds: 30, speakers: ["office"] },
      { afterSeconds: 90, switchOn: { switches: ["siren"], forSeconds: 30 }, severity: "danger" },
    ]);
  });

  test("keeps the season of its hours", () => {
    const season = { from: "07-01", to: "08-31" };
    const schedule = [{ days: "all" as const, from: "09:00", to: "24:00", season }];
    expect(watched.revise("stays", { schedule }).schedule).toEqual({
      ...{ days: [1, 2, 3, 4, 5, 6, 7], fromMinute: 540, toMinute: 1440, season: { from: 701, to: 831 } },
    });
  });
});

const always = { days: "all" as const, from: "00:00", to: "24:00" };

describe("what the file would not take", () => {
  test.each<[string, string, RuleEdit, string]>([
    ["a day in no week", "pond-bank", { schedule: [{ ...always, days: ["someday"] }] }, "rule.bad_hours"],
    ["no day", "pond-bank", { schedule: [{ ...always, days: [] }] }, "rule.bad_hours"],
    ["no time at all", "pond-bank", { schedule: [] }, "rule.bad_hours"],
    [
      "hours that never are",
      "pond-bank",
      { schedule: [{ ...always, from: "24:00", to: "00:00" }] },
      "rule.bad_hours",
    ],
    ["an hour that is none", "pond-bank", { schedule: [{ ...always, from: "25:00" }] }, "rule.bad_hours"],
    [
      "a day that no year has",
      "pond-bank",
      { schedule: [{ ...always, season: { from: "02-30", to: "03-01" } }] },
      "rule.bad_hours",
    ],
    ["ten thousand signs", "pond-bank", { say: [{ ...words, text: "水".repeat(10_000) }] }, "rule.bad_words"],
    ["no words", "pond-bank", { say: [{ ...words, text: " " }] }, "rule.bad_words"],
    ["a volume beyond all", "pond-bank", { say: [{ ...words, volume: 101 }] }, "rule.invalid"],
    ["words without end", "pond-bank", { say: [{ ...words, repeat: 11 }] }, "rule.invalid"],
    ["a stay of two days", "pond-bank", { dwellSeconds: 172_800 }, "rule.invalid"],
    ["an end above the beginning", "pond-high", { clearBelow: 3.3 }, "rule.bad_levels"],
    ["a level that is no number", "pond-high", { above: Number.NaN }, "rule.bad_levels"],
  ])("is no edit: %s", (_what, id, edit, code) => {
    expect(() => pond.revise(id, edit)).toThrow(expect.objectContaining({ code, kind: "permanent" }));
  });
});

describe("what a rule must not lose or become", () => {
  test.each<[string, string, RuleEdit, string]>([
    ["another rule", "__proto__", {}, "rule.unknown"],
    ["words more than it has", "pond-bank", { say: [words, words] }, "rule.misfit"],
    ["no words any more", "pond-bank", { say: [] }, "rule.misfit"],
    ["a step without its words", "pond-bank", { escalate: [{ afterSeconds: 20 }] }, "rule.misfit"],
    ["a step more", "pond-high", { escalate: [{ ...words, afterSeconds: 20 }] }, "rule.misfit"],
    ["a level of a camera", "pond-bank", { above: 3 }, "rule.misfit"],
    ["a stay at a sensor", "pond-high", { dwellSeconds: 3 }, "rule.misfit"],
    ["an emergency made on the page", "pond-bank", { severity: "emergency" }, "rule.fixed"],
  ])("is no edit: %s", (_what, id, edit, code) => {
    expect(() => pond.revise(id, edit)).toThrow(expect.objectContaining({ code }));
  });

  test("is the hour and the gravity of a call for help", async () => {
    const { revise } = await reviser(changed("severity: danger", "severity: emergency"));
    expect(() => revise("pond-high", { severity: "notice" })).toThrow(
      expect.objectContaining({ code: "rule.fixed" }),
    );
    expect(() => revise("pond-high", { schedule: [always] })).toThrow(
      expect.objectContaining({ code: "rule.fixed" }),
    );
    expect(revise("pond-high", { above: 3.4 }).alarm?.severity).toBe("emergency");
  });

  test("is that who vanished is asked about, and that steps follow each other", () => {
    expect(() => watched.revise("missed", { severity: "danger" })).toThrow(
      expect.objectContaining({ code: "rule.fixed" }),
    );
    const escalate = [{ ...words, afterSeconds: 50 }, { ...words, afterSeconds: 40 }, { afterSeconds: 60 }];
    expect(() => watched.revise("stays", { escalate })).toThrow(
      expect.objectContaining({ code: "rule.steps_order" }),
    );
  });

  test("is words that its voice module holds", async () => {
    const module = `{module: {bus: rs485-2, profile: dfplayer, tracks: {"水边危险，请速离开": 1, "塘边的人请马上离开，已通知村干部": 2}}}`;
    const bus = "  - {id: rs485-2, port: /dev/ttyS1}\nspeakers:";
    const { revise } = await reviser(changed("speakers:", bus, changed("alsa:default", module)));
    expect(() => revise("pond-bank", { say: [words] })).toThrow(
      expect.objectContaining({ code: "rule.bad_words" }),
    );
    expect(
      revise("pond-bank", { say: [{ ...words, text: "塘边的人请马上离开，已通知村干部" }] }).say[0]?.repeat,
    ).toBe(3);
  });
});
