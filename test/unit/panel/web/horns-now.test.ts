import { describe, expect, test } from "vitest";
import { USUAL_LIMITS } from "../../../../src/core/horn-limits.ts";
import type { HornsView } from "../../../../src/core/horns-view.ts";
import type { VillageState } from "../../../../src/core/village.ts";
import { i18n } from "../../../../src/panel/web/i18n.ts";
import { cameraNote, hornNote } from "../../../../src/panel/web/words/home-notes.ts";
import { hornsNow, quietMinutes } from "../../../../src/panel/web/words/horns-now.ts";
import type { Phrase } from "../../../../src/panel/web/words/phrase.ts";
import { village } from "./word-samples.ts";

const [pond] = village.speakers;
const [camera] = village.cameras;
if (!pond || !camera) throw new Error("The village double has a horn and a camera");
const hall = { ...pond, speaker: "hall", name: "村部喇叭" };
const NIGHT = USUAL_LIMITS.quietHours;
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
    expect(hornNote(state, "local", at(time)).map(say).join("，")).toBe(words);
  });

  test("nothing of horns that were not chosen", () => {
    const state = villageWith({ quiet: [] }, { speakers: [...ill(pond), hall] });
    expect(hornsNow(state, [hall], "local", at("12:00"))).toEqual({ well: true, phrases: [] });
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
