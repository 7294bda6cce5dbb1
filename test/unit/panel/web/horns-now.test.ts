import { describe, expect, test } from "vitest";
import { USUAL_LIMITS } from "../../../../src/core/horn-limits.ts";
import type { HornsView } from "../../../../src/core/horns-view.ts";
import type { VillageState } from "../../../../src/core/village.ts";
import { i18n } from "../../../../src/panel/web/i18n.ts";
import { cameraNote, hornNote } from "../../../../src/panel/web/words/home-notes.ts";
import {
  emergencyPhrases,
  hornsNow,
  quietMinutes,
  readyNow,
  type Voice,
  voiceOf,
} from "../../../../src/panel/web/words/horns-now.ts";
import type { Phrase } from "../../../../src/panel/web/words/phrase.ts";
import { village } from "./word-samples.ts";

const [pond] = village.speakers;
const [camera] = village.cameras;
if (!pond || !camera) throw new Error("The village double has a horn and a camera");
const hall = { ...pond, speaker: "hall", name: "村部喇叭" };
const NIGHT = USUAL_LIMITS.quietHours;
const HERE = voiceOf("operator", false);
const DESK = voiceOf("operator", true);
/** Somebody of the township who logged in at the village's own page. */
const OFFICER = voiceOf("township", false);
const emergencyOf = (voice: Voice): Voice => ({ ...voice, priority: "emergency" });
const say = ({ key, params }: Phrase): string => i18n.global.t(key, params);

function villageWith(horns: Partial<HornsView>, more: Partial<VillageState> = {}): VillageState {
  return {
    ...village,
    speakers: [pond, hall],
    horns: { queue: [], groups: [], ...horns },
    ...more,
  } as VillageState;
}

/** Of a day in July, by the village's clock. */
const at = (time: string) => `2026-07-01T${time}:00+08:00`;

describe("the quiet hours", () => {
  const lunch = { fromMinute: 12 * 60, toMinute: 14 * 60, classes: ["local"], speakers: ["hall"] } as const;
  const afternoon = { ...lunch, fromMinute: 13 * 60, toMinute: 15 * 60 };
  const always = { ...lunch, fromMinute: 0, toMinute: 1440 };

  test.each([
    ["in the evening before", "21:59", NIGHT, "local", 0],
    ["from their first minute", "22:00", NIGHT, "local", 480],
    ["over midnight", "00:30", NIGHT, "local", 330],
    ["to their last minute", "05:59", NIGHT, "local", 1],
    ["no longer", "06:00", NIGHT, "local", 0],
    ["not for an emergency", "23:00", NIGHT, "emergency", 0],
    ["one after the other", "12:30", [lunch, afternoon], "local", 150],
    ["always", "12:30", [always], "local", 1440],
    ["round the clock in two parts", "12:30", [{ ...lunch, toMinute: 720 }, lunch], "local", 1440],
  ] as const)("hold %s, at %s", (_what, time, quiet, priority, minutes) => {
    expect(quietMinutes(villageWith({ quiet }), "hall", priority, at(time))).toBe(minutes);
  });

  test("hold on the horns that they name", () => {
    expect(quietMinutes(villageWith({ quiet: [lunch] }), "pond", "local", at("12:30"))).toBe(0);
  });

  test("are not kept from whoever stands there while nobody knows the hour", () => {
    const state = villageWith({ quiet: NIGHT }, { clock: "unsynced" });
    expect(quietMinutes(state, "hall", "local", at("23:00"))).toBe(0);
  });
});

describe("the button for speaking says", () => {
  const ill = (...of: (typeof pond)[]) => of.map((one) => ({ ...one, fault: "gpio.failed" }));
  const killSwitch = { input: "kill", closed: true };

  test.each<[string, string, VillageState, string]>([
    ["how many there are", "12:00", villageWith({ quiet: NIGHT }), "2 个喇叭"],
    ["that none is there", "12:00", villageWith({}, { speakers: [] }), "还没有装喇叭"],
    [
      "that one has a fault",
      "12:00",
      villageWith({}, { speakers: [...ill(pond), hall] }),
      "2 个喇叭，1 个有故障",
    ],
    ["that all have", "12:00", villageWith({}, { speakers: ill(pond, hall) }), "2 个喇叭，都有故障"],
    [
      "until when they are silent",
      "23:00",
      villageWith({ quiet: NIGHT }),
      "2 个喇叭，静音到 06:00（应急可以）",
    ],
    [
      "that some are",
      "23:00",
      villageWith({ quiet: [{ ...NIGHT[0], speakers: ["hall"] } as (typeof NIGHT)[number]] }),
      "2 个喇叭，有的静音到 06:00（应急可以）",
    ],
    [
      "both",
      "23:00",
      villageWith({ quiet: NIGHT }, { speakers: [...ill(pond), hall] }),
      "1 个有故障，静音到 06:00（应急可以）",
    ],
    [
      "that the switch keeps all silent",
      "12:00",
      villageWith({ killSwitch }),
      "2 个喇叭，静音开关合上了，都不响",
    ],
    [
      "what sounds",
      "12:00",
      villageWith({}, { speakers: [{ ...pond, phase: "playing" }, hall] }),
      "1 个喇叭正在响",
    ],
  ])("%s, at %s", (_what, time, state, words) => {
    expect(hornNote(state, HERE, at(time)).map(say).join("，")).toBe(words);
  });

  test("nothing of horns that were not chosen", () => {
    const state = villageWith({ quiet: [] }, { speakers: [...ill(pond), hall] });
    expect(hornsNow(state, [hall], HERE, at("12:00"))).toEqual({ well: true, phrases: [] });
  });
});

test("whose words the box takes for what", () => {
  expect(HERE).toEqual({ priority: "local", isByHand: true });
  expect(DESK).toEqual({ priority: "township", isByHand: false });
  expect(OFFICER).toEqual({ priority: "township", isByHand: true });
});

describe("before anybody types, the chosen horns", () => {
  const unsynced = { clock: "unsynced" as const };
  const onHall = NIGHT.map((hours) => ({ ...hours, speakers: ["hall"] }));
  const night = villageWith({ quiet: NIGHT });
  const nightless = villageWith({ quiet: [] });
  const noHour = villageWith({ quiet: NIGHT }, unsynced);
  const silent = villageWith({ quiet: NIGHT.map((hours) => ({ ...hours, fromMinute: 0, toMinute: 1440 })) });

  test.each<[string, Voice, string, VillageState, string]>([
    ["sound", HERE, "12:00", night, "选了 2 个喇叭，现在能喊"],
    ["sound from afar, too", DESK, "12:00", night, "选了 2 个喇叭，现在能喊"],
    [
      "of a box that does not tell its quiet hours promise nothing",
      DESK,
      "23:00",
      villageWith({}),
      "选了 2 个喇叭",
    ],
    ["that could be said of no clock", DESK, "23:00", villageWith({}, unsynced), "选了 2 个喇叭"],
    ["sound for an emergency", emergencyOf(HERE), "23:00", night, "选了 2 个喇叭，应急广播现在也响"],
    [
      "sound for one of an officer who is there",
      emergencyOf(OFFICER),
      "23:00",
      night,
      "选了 2 个喇叭，应急广播现在也响",
    ],
    [
      "wait for one from afar until the village agrees",
      emergencyOf(DESK),
      "12:00",
      night,
      "选了 2 个喇叭，村里也报警才响",
    ],
    [
      "wait so with an unknown hour, too",
      emergencyOf(DESK),
      "12:00",
      noHour,
      "选了 2 个喇叭，村里也报警才响",
    ],
    ["are silent at night for a desk", DESK, "23:00", night, "静音到 06:00（应急要村里也报警）"],
    ["and for an officer who is there", OFFICER, "23:00", night, "静音到 06:00（应急可以）"],
    ["some of them", DESK, "23:00", villageWith({ quiet: onHall }), "有的静音到 06:00（应急要村里也报警）"],
    ["always", DESK, "12:00", silent, "一直静音（应急要村里也报警）"],
    [
      "speak for who stands there while nobody knows the hour",
      HERE,
      "23:00",
      noHour,
      "选了 2 个喇叭，现在能喊",
    ],
    ["do not for a desk", DESK, "12:00", noHour, "时间没校准，不知道是不是夜里，喊不了"],
    ["nor for an officer", OFFICER, "12:00", noHour, "时间没校准，不知道是不是夜里，喊不了"],
    ["nor some of them", DESK, "12:00", villageWith({ quiet: onHall }, unsynced), "时间没校准，有的喊不了"],
    [
      "speak for all where no hour is quiet",
      DESK,
      "12:00",
      { ...nightless, ...unsynced },
      "选了 2 个喇叭，现在能喊",
    ],
  ])("%s", (_what, voice, time, state, words) => {
    const { phrases } = readyNow(state, state.speakers, voice, at(time));
    expect(phrases.map(say).join("，")).toBe(words);
  });
});

describe("an emergency, before it is sent", () => {
  const words = (horns: Partial<HornsView>, voice: Voice) =>
    emergencyPhrases(villageWith(horns), voice).map(say).join("");

  test("is told to sound at night of who is there alone", () => {
    expect(words({ twoKeySeconds: 120 }, HERE)).toContain("夜里也响");
    expect(words({ twoKeySeconds: 120 }, OFFICER)).toContain("夜里也响");
    expect(words({ twoKeySeconds: 120 }, DESK)).not.toContain("夜里也响");
  });

  test("is told to wait from afar, for what, how long, and what to do where that is too long", () => {
    expect(words({ twoKeySeconds: 120 }, DESK)).toBe(
      "从乡镇下的应急广播，要村里的传感器、摄像机或按钮也报警才响，夜里也一样。您的名字和原因会记下来。" +
        "最多等 2 分钟，等不到就不响。要马上响，请打电话让村里人在村里的网页上下。",
    );
  });

  test.each([
    [30, "最多等 1 分钟"],
    [61, "最多等 2 分钟"],
  ])("names %i seconds as no less than they are", (twoKeySeconds, told) => {
    expect(words({ twoKeySeconds }, DESK)).toContain(told);
  });

  test("names no time of a box that tells none", () => {
    expect(words({}, DESK)).not.toContain("分钟");
  });
});

describe("the button for looking says", () => {
  const lost = { ...camera, state: "lost" as const };
  const connecting = { ...camera, state: "connecting" as const };
  test.each([
    [[], "还没有装摄像机"],
    [[camera], "1 个摄像机都看得见"],
    [[camera, lost], "2 个摄像机，1 个看不见"],
    [[camera, connecting], "2 个摄像机，1 个正在接通"],
    [[camera, lost, connecting], "3 个摄像机，1 个看不见，1 个正在接通"],
  ])("of %j: %s", (cameras, words) => {
    expect(say(cameraNote({ cameras }))).toBe(words);
  });
});
