import { describe, expect, test } from "vitest";
import { loadConfiguration } from "../../../../src/config/load.ts";
import { siteFileSchema } from "../../../../src/config/schema.ts";
import type { SetUpEntry } from "../../../../src/core/set-up.ts";
import type { VillageState } from "../../../../src/core/village.ts";
import { lastChange, watches, zonesGoingWith } from "../../../../src/panel/web/words/added-rule.ts";
import { needsShape } from "../../../../src/panel/web/words/condition-places.ts";
import {
  type FilledRule,
  filledIn,
  isUntouched,
  NEW_ZONE,
  type NewRuleDraft,
  namedWith,
  newRuleChanges,
  newRuleFault,
  ruleOf,
  watchedIn,
} from "../../../../src/panel/web/words/new-rule.ts";
import type { Phrase } from "../../../../src/panel/web/words/phrase.ts";
import { WHOLE_DAY } from "../../../../src/panel/web/words/rule-draft.ts";
import { ruleSentence } from "../../../../src/panel/web/words/rule-sentence.ts";
import { profiles } from "../../config/config-rig.ts";
import { village } from "./word-samples.ts";

const IDS = { id: "rule-1", zoneId: "zone-1" };
const POLYGON = [
  [0.1, 0.5],
  [0.9, 0.5],
  [0.5, 0.9],
] as const;
const ids = {
  since: "2026-07-01T06:00:00.000Z",
  state: "running",
  reason: "",
  occupied: [],
  faults: [],
} as const;
const LINE = {
  id: "edge",
  name: "村口大路",
  points: [
    [0, 0.5],
    [1, 0.5],
  ],
  inside: "left",
} as const;
const here: VillageState = {
  ...village,
  cameras: [
    { ...ids, id: "gate", name: "村口", zones: [], lines: [LINE, { ...LINE, id: "mine", added: true }] },
    ...village.cameras,
  ],
  speakers: ["村部喇叭", "东塘喇叭", "村口喇叭"].map((name, index) => ({
    ...{ speaker: `horn-${index}`, name, phase: "idle", waiting: 0, since: { wallMs: 0, monotonicMs: 0 } },
  })) as unknown as VillageState["speakers"],
};

const say = ({ key, params }: Phrase): string => [key, ...Object.values(params)].join(" ");
const filled = (draft: Partial<NewRuleDraft> = {}): FilledRule =>
  filledIn({ ...IDS, ...draft }, here, say) as FilledRule;
const changesOf = (draft: Partial<NewRuleDraft> = {}) => newRuleChanges(filled(draft));
const conditionOf = (draft: Partial<NewRuleDraft>) => changesOf(draft).at(-1)?.entry?.["when"];

describe("a new rule", () => {
  test("begins with what is likeliest: the first zone, its own horn, a warning, always", () => {
    expect(filled()).toMatchObject({
      when: { kind: "person", camera: "pond-east", zone: "bank", dwellSeconds: 3 },
      ...{ speakers: ["horn-1"], severity: "warning", schedule: [WHOLE_DAY] },
      words: { text: "speak.presetTexts.0", repeat: 2, volume: 80 },
    });
    expect(newRuleFault(filled())).toBeUndefined();
  });

  test("is nothing to keep before anybody filled in a part of it", () => {
    expect(isUntouched(IDS)).toBe(true);
    expect(isUntouched({ ...IDS, speakers: [] })).toBe(false);
    expect(isUntouched({ ...IDS, zone: NEW_ZONE })).toBe(false);
  });

  test("draws a zone where the camera has none", () => {
    expect(filled({ camera: "gate" })).toMatchObject({
      when: { camera: "gate", zone: "zone-1" },
      ...{ zone: { camera: "gate", id: "zone-1", polygon: [] }, speakers: ["horn-2"] },
    });
  });

  test("watches what there is and no more, of lines those of the configuration", () => {
    expect(watchedIn(here)).toEqual(["person", "line", "level", "contact"]);
    expect(watchedIn(village)).toEqual(["person", "level", "contact"]);
    const nothing = { ...here, cameras: [], sensors: [], inputs: [] };
    expect(filledIn(IDS, nothing, say)).toBeUndefined();
    expect(filled({ watched: "line", line: "mine" }).when).toMatchObject({ kind: "line", line: "edge" });
  });

  test("stays in order where what was chosen is gone", () => {
    const gone = { camera: "gone", zone: "gone", speakers: ["gone", "horn-0"] };
    expect(filled(gone)).toMatchObject({ when: { camera: "pond-east", zone: "bank" }, speakers: ["horn-0"] });
  });

  test.each<[string, Partial<NewRuleDraft>, unknown]>([
    [
      "somebody in a zone",
      { dwellSeconds: 8 },
      { person: { camera: "pond-east", zone: "bank", dwellSeconds: 8 } },
    ],
    [
      "somebody over a line",
      { watched: "line", direction: "in" },
      { line: { camera: "gate", line: "edge", direction: "in" } },
    ],
    [
      "a level",
      { watched: "level", sensor: "pond-level", above: 3.2, clearBelow: 3, holdSeconds: 60 },
      { sensor: "pond-level", above: 3.2, clearBelow: 3, holdSeconds: 60 },
    ],
    ["a contact that closes", { watched: "contact", input: "sos" }, { input: "sos", closed: true }],
  ])("of %s is written as the configuration has it", (_what, draft, when) => {
    expect(conditionOf(draft)).toEqual(when);
  });

  test("of rain tells of how many hours", () => {
    const [level] = here.sensors;
    const gauge = { ...level, id: "rain", name: "雨量", accumulates: { since: "power-up", wrapsAt: 6553.6 } };
    const wet = { ...here, sensors: [gauge] } as unknown as VillageState;
    const draft = { ...IDS, watched: "level", above: 50, clearBelow: 40, overHours: 3 } as const;
    const rule = filledIn(draft, wet, say) as FilledRule;
    expect(newRuleChanges(rule)[0]?.entry?.["when"]).toEqual({
      ...{ sensor: "rain", above: 50, clearBelow: 40, holdSeconds: 0 },
      over: { hours: 3 },
    });
  });

  test("comes after the zone that is drawn for it, both as the file's own schema takes them", () => {
    const night = { days: [6, 7], from: "20:00", to: "06:00" };
    const outlines = { gate: { name: " 石墩 ", polygon: POLYGON } };
    const changes = changesOf({
      ...{ camera: "gate", outlines, schedule: [WHOLE_DAY, night], severity: "danger" },
      words: { text: "快\n上来 ", repeat: 3, volume: 70 },
      name: "石墩有人",
    });
    expect(changes).toEqual([
      { list: "zones", camera: "gate", id: "zone-1", entry: { name: "石墩", polygon: POLYGON } },
      {
        ...{ list: "rules", id: "rule-1" },
        entry: {
          name: "石墩有人",
          when: { person: { camera: "gate", zone: "zone-1", dwellSeconds: 3 } },
          schedule: [
            { days: "all", from: "00:00", to: "24:00" },
            { days: ["sat", "sun"], from: "20:00", to: "06:00" },
          ],
          // biome-ignore lint/suspicious/noThenProperty: the key is the configuration's own word
          then: [
            { say: "快 上来", on: ["horn-2"], repeat: 3, volume: 70 },
            { alarm: { severity: "danger" } },
          ],
        },
      },
    ]);
    const [zone, rule] = changes.map(({ id, entry }) => ({ ...entry, id }));
    const cameras = [{ id: "gate", name: "村口", main: "rtsp://192.168.1.21/main", zones: [zone] }];
    const file = { site: { id: "test", name: "龙湾村" }, board: "virtual", cameras, rules: [rule] };
    expect(siteFileSchema.safeParse(file).error?.issues).toBeUndefined();
  });

  test("without a horn says nothing, whatever stands in its words", () => {
    const silent = filled({ speakers: [], words: { text: "", repeat: 1, volume: 80 } });
    expect(newRuleFault(silent)).toBeUndefined();
    expect(newRuleChanges(silent)[0]?.entry?.["then"]).toEqual([{ alarm: { severity: "warning" } }]);
  });

  test.each<[string, Partial<NewRuleDraft>]>([
    ["outline.corners", { zone: NEW_ZONE }],
    ["new_rule.zone_unnamed", { zone: NEW_ZONE, outlines: { "pond-east": { name: " ", polygon: POLYGON } } }],
    ["new_rule.no_seconds", { dwellSeconds: Number.NaN }],
    ["new_rule.no_level", { watched: "level" }],
    ["rule.bad_levels", { watched: "level", above: 3, clearBelow: 3.1 }],
    ["rule.bad_hours", { schedule: [{ ...WHOLE_DAY, days: [] }] }],
    ["rule.bad_words", { words: { text: " \n", repeat: 1, volume: 80 } }],
    ["rule.too_often", { words: { text: "快上来", repeat: 11, volume: 80 } }],
    ["rule.no_number", { words: { text: "快上来", repeat: Number.NaN, volume: 80 } }],
    ["new_rule.unnamed", { name: " " }],
  ])("is refused before it is sent: %s", (code, draft) => {
    expect(newRuleFault(filled(draft))).toBe(code);
  });

  test("is read as a sentence before it is there, with the name of its new zone", () => {
    const rule = filled({ camera: "gate", outlines: { gate: { name: "石墩", polygon: POLYGON } } });
    const sentence = ruleSentence(ruleOf(rule), namedWith(rule, here), say);
    expect(sentence).toContain("村口石墩");
    expect(sentence).toContain("村口喇叭");
  });
});

const POND = "test/fixtures/config/watched-pond.yaml";

test.each<[string, Partial<NewRuleDraft>]>([
  ["with a new zone", { zone: NEW_ZONE, outlines: { pond: { name: "石墩", polygon: POLYGON } } }],
  ["over a line", { watched: "line" }],
  ["of a level", { watched: "level", above: 3, clearBelow: 2.5 }],
])("a new rule %s fits a whole file, and is read from it as it was filled in", async (_what, draft) => {
  const alone = await loadConfiguration(POND, await profiles());
  if (!alone.ok) throw new Error("the pond is not in order");
  const { cameras, sensors, inputs, speakers } = alone.configuration;
  const there = {
    ...{ sensors, inputs, cameras: cameras.map((one) => ({ ...ids, ...one })) },
    speakers: speakers.map(({ id, name }) => ({ speaker: id, name })),
  } as unknown as VillageState;
  const rule = filledIn({ ...IDS, ...draft }, there, say) as FilledRule;
  const changes = newRuleChanges(rule).map((one) => ({ ...one, by: "installer", at: ids.since }));
  const whole = await loadConfiguration(POND, await profiles(), undefined, { changes, secrets: {} });
  expect(whole).toMatchObject({ ok: true, leftOut: [] });
  const read = whole.ok && whole.configuration.rules.at(-1);
  const { id, name, when, schedule, say: says } = ruleOf(rule);
  expect(read).toMatchObject({ id, name, when, schedule, say: says, alarm: { severity: "warning" } });
});

describe("a rule that was added on the page", () => {
  const zone: SetUpEntry = { list: "zones", camera: "gate", id: "zone-1", entry: {}, origin: "added" };
  const person = (id: string, of: string): SetUpEntry => ({
    ...{ list: "rules", id, origin: "added" },
    entry: { when: { person: { camera: "gate", zone: of } } },
  });

  test("takes its zone along, unless the file has that or another rule needs it", () => {
    const mine = person("rule-1", "zone-1");
    expect(zonesGoingWith("rule-1", { entries: [zone, mine] })).toEqual([zone]);
    expect(zonesGoingWith("rule-1", { entries: [{ ...zone, origin: "file" }, mine] })).toEqual([]);
    expect(zonesGoingWith("rule-1", { entries: [zone, mine, person("rule-2", "zone-1")] })).toEqual([]);
    expect(zonesGoingWith("rule-1", { entries: [zone, person("rule-1", "bank")] })).toEqual([]);
    expect(zonesGoingWith("rule-1", { entries: [{ ...zone, camera: "pond" }, mine] })).toEqual([]);
  });

  test("needs both zones of a way from one to another", () => {
    const when = { passage: { camera: "gate", from: "bank", to: "zone-1" } };
    expect(watches({ when }, zone)).toBe(true);
    expect(watches({ when: { sensor: "zone-1" } }, zone)).toBe(false);
  });

  test("is told who was quicker by the newest change", () => {
    const of = (by: string, at: string) => ({ ...zone, by, at });
    const entries = [zone, of("甲", "2026-07-01T06:00:00Z"), of("乙", "2026-07-01T07:00:00Z")];
    expect(lastChange({ entries })).toEqual({ by: "乙", at: "2026-07-01T07:00:00Z" });
    expect(lastChange({ entries: [zone] })).toBeUndefined();
  });
});

test.each([
  ["its zone", { kind: "person", camera: "pond", zone: "bank", dwellSeconds: 0 }, "zone", "bank", true],
  ["another zone", { kind: "person", camera: "pond", zone: "bank", dwellSeconds: 0 }, "zone", "water", false],
  [
    "the zone it ends in",
    { kind: "passage", camera: "pond", from: "bank", to: "water", withinSeconds: 9 },
    "zone",
    "water",
    true,
  ],
  ["its line", { kind: "line", camera: "pond", line: "bank", direction: "in" }, "line", "bank", true],
  [
    "a zone called as its line",
    { kind: "line", camera: "pond", line: "bank", direction: "in" },
    "zone",
    "bank",
    false,
  ],
  [
    "another camera's",
    { kind: "person", camera: "weir", zone: "bank", dwellSeconds: 0 },
    "zone",
    "bank",
    false,
  ],
  ["none, as it watches a button", { kind: "contact", input: "bank", closed: true }, "zone", "bank", false],
] as const)("a rule and %s", (_what, when, kind, id, needs) => {
  expect(needsShape(when, kind, "pond", id)).toBe(needs);
});
