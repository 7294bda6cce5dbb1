import { beforeAll, describe, expect, test } from "vitest";
import type { Rule } from "../../../../src/core/site.ts";
import { i18n, useLanguage } from "../../../../src/panel/web/i18n.ts";
import type { Phrase } from "../../../../src/panel/web/words/phrase.ts";
import { hoursOf, type NamedThings, ruleSentence } from "../../../../src/panel/web/words/rule-sentence.ts";
import { village } from "./word-samples.ts";

const camera = village.cameras[0] as NamedThings["cameras"][number];
const named: NamedThings = {
  ...village,
  cameras: [
    {
      ...camera,
      zones: [...camera.zones, { id: "water", name: "水面", polygon: [] }],
      lines: [{ id: "gate", name: "村口", points: [], inside: "left" }],
    },
  ],
  switches: [{ id: "siren", name: "警报器", on: false }],
};

const ALWAYS = { days: [1, 2, 3, 4, 5, 6, 7], fromMinute: 0, toMinute: 1440 };
const [bank, high, sos] = village.rules as unknown as readonly [Rule, Rule, Rule];
const bare: Rule = { ...sos, say: [], escalate: [], schedule: ALWAYS, alarm: undefined };
const of = (when: Rule["when"], more: Partial<Rule> = {}): Rule => ({ ...bare, when, ...more });
const person = { kind: "person", camera: "pond-east", zone: "bank", dwellSeconds: 0 } as const;
const words = { text: "水边危险", speakers: ["pond"], repeat: 1, volume: 80 };

const say = ({ key, params }: Phrase): string => i18n.global.t(key, params);

beforeAll(async () => {
  await useLanguage("zh");
});

describe("a rule in one sentence", () => {
  test.each<[Rule, string]>([
    [
      bank,
      "东塘塘埂一有人，就报警（警告）；全天；在东塘喇叭喊“水边危险，请速离开” 2 遍，音量 80%；20 秒后还在，再在东塘喇叭喊“塘边的人请马上离开，已通知村干部”，音量 100%。",
    ],
    [high, "东塘水位超过 3.2 m，持续 60 秒，就报警（危险）；低于 3 m 解除；全天。"],
    [sos, "塘边求助按钮接通，就报警（紧急）；全天。"],
    [of({ ...person, dwellSeconds: 180 }), "东塘塘埂有人停留 3 分钟；全天。"],
    [of({ kind: "line", camera: "pond-east", line: "gate", direction: "in" }), "有人走过村口进村；全天。"],
    [of({ kind: "line", camera: "pond-east", line: "gate", direction: "both" }), "有人走过村口；全天。"],
    [
      of({ kind: "passage", camera: "pond-east", from: "bank", to: "water", withinSeconds: 30 }),
      "东塘有人 30 秒内从塘埂走到水面；全天。",
    ],
    [
      of({ kind: "group", camera: "pond-east", zone: "bank", people: 3, dwellSeconds: 10 }),
      "东塘塘埂有 3 个人以上停留 10 秒；全天。",
    ],
    [
      of({
        ...{ kind: "vanished", camera: "pond-east", zone: "water" },
        ...{ stoodSeconds: 5, goneSeconds: 15, lyingSeconds: 10 },
      }),
      "东塘水面的人不见了 15 秒，或者躺着不动 10 秒；全天。",
    ],
    [
      of({ kind: "level", sensor: "pond-level", above: 3, clearBelow: 2.5, holdSeconds: 0 }),
      "东塘水位超过 3 m；低于 2.5 m 解除；全天。",
    ],
    [of({ kind: "contact", input: "sos", closed: false }), "塘边求助按钮断开；全天。"],
    [
      of(person, {
        say: [words],
        switchOn: [{ switches: ["siren"], forSeconds: 20 }],
        look: [{ camera: "pond-east", preset: "塘边" }],
        escalate: [
          { afterSeconds: 40, switchOn: { switches: ["siren"], forSeconds: 30 }, severity: "danger" },
        ],
      }),
      "东塘塘埂一有人；全天；在东塘喇叭喊“水边危险”，音量 80%；打开警报器 20 秒；东塘转向“塘边”；40 秒后还在，再打开警报器 30 秒、改成危险报警。",
    ],
    [
      of({ kind: "contact", input: "sos", closed: true }, { escalate: [{ afterSeconds: 30, ...words }] }),
      "塘边求助按钮接通；全天；30 秒后还没人管，再在东塘喇叭喊“水边危险”，音量 80%。",
    ],
    [of({ ...person, camera: "gone", zone: "gone" }), "gonegone一有人；全天。"],
  ])("%#", (rule, sentence) => {
    expect(ruleSentence(rule, named, say)).toBe(sentence);
  });

  test.each([
    [{ ...ALWAYS, fromMinute: 450, toMinute: 1200 }, "每天 07:30 到 20:00"],
    [{ ...ALWAYS, days: [1, 2, 3, 4, 5] }, "星期一到星期五全天"],
    [{ ...ALWAYS, days: [7, 6], fromMinute: 720, toMinute: 1440 }, "星期六和星期日 12:00 到 24:00"],
    [{ ...ALWAYS, days: [1, 3], fromMinute: 1320, toMinute: 360 }, "星期一、三 22:00 到第二天 06:00"],
    [{ ...ALWAYS, fromMinute: 1320, toMinute: 0 }, "每天 22:00 到 24:00"],
    [{ ...ALWAYS, fromMinute: 480, toMinute: 480 }, "全天"],
    [
      {
        ...{ ...ALWAYS, fromMinute: 720, toMinute: 1140, season: { from: 701, to: 831 } },
        also: [{ ...ALWAYS, days: [6, 7] }],
      },
      "7月1日到8月31日，每天 12:00 到 19:00，还有星期六和星期日全天",
    ],
  ])("says when: %#", (schedule, words) => {
    expect(hoursOf(schedule, say)).toBe(words);
  });

  test("reads in English too, but for what the village itself has written", async () => {
    await useLanguage("en");
    expect(ruleSentence(high, named, say)).toBe(
      "东塘水位 above 3.2 m for 60 s: alarm (Danger); over below 3 m; at all hours.",
    );
    await useLanguage("zh");
  });
});
