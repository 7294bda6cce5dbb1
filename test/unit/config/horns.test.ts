import { describe, expect, test } from "vitest";
import { USUAL_LIMITS } from "../../../src/core/horn-limits.ts";
import { changed, configurationOf, problemsOf, VILLAGE } from "./config-rig.ts";

const with_ = (more: string): string => `${VILLAGE}\n${more}`;
const SECOND = changed("speakers:", 'speakers:\n  - {id: square, name: 广场喇叭, audio: "alsa:default"}');

describe("the limits of the horns", () => {
  test("are the usual ones without a word: quiet at night but for warnings and emergencies", async () => {
    const { hornLimits } = await configurationOf();
    expect(hornLimits).toEqual(USUAL_LIMITS);
    expect(hornLimits.quietHours[0]?.classes).toEqual(["township", "local", "schedule", "drill"]);
  });

  test("are those of the site, for groups too", async () => {
    const more = `
inputs: [{id: mute, name: 静音开关, gpio: {chip: pinctrl-bcm2711, line: 27}}]
speakerGroups: [{id: east, name: 东片, speakers: [pond, square]}]
broadcasts:
  quietHours: [{from: "21:00", to: "07:00", holds: [local, schedule], on: [east]}]
  loudest: [{from: "19:00", to: "08:00", volume: 50}]
  longestSeconds: 120
  killSwitch: mute
`;
    const { hornLimits, speakerGroups } = await configurationOf({ village: SECOND + more });
    expect(hornLimits).toEqual({
      ...USUAL_LIMITS,
      quietHours: [
        { fromMinute: 1260, toMinute: 420, classes: ["local", "schedule"], speakers: ["pond", "square"] },
      ],
      loudest: [
        {
          fromMinute: 1140,
          toMinute: 480,
          classes: ["township", "local", "schedule", "drill"],
          volume: 50,
        },
      ],
      longestSeconds: 120,
      killSwitch: "mute",
    });
    expect(speakerGroups.map(({ id }) => id)).toEqual(["east", "all"]);
  });

  test("cannot hold back an emergency", async () => {
    const problems = await problemsOf({
      village: with_('broadcasts: {quietHours: [{from: "22:00", to: "06:00", holds: [emergency]}]}'),
    });
    expect(problems[0]).toMatch(/quietHours\[0\]\.holds\[0\] .* expected one of township, local, rule/);
  });
});

describe("groups of speakers", () => {
  test("stand wherever speakers are named", async () => {
    const village = changed("on: [pond]", "on: [all]", SECOND);
    const programme = '\nprogrammes: [{id: bell, name: 铃, times: ["06:30"], say: 早, on: [all, pond]}]';
    const { rules, programmes } = await configurationOf({ village: village + programme });
    expect(rules[0]?.say[0]?.speakers).toEqual(["square", "pond"]);
    expect(programmes[0]?.speakers).toEqual(["square", "pond"]);
  });

  test.each([
    ["speakerGroups: [{id: pond, name: 东片, speakers: [pond]}]", "speakerGroups[0].id"],
    ["speakerGroups: [{id: east, name: 东片, speakers: [nowhere]}]", "speakerGroups[0].speakers[0]"],
    ["speakerGroups: [{id: east, name: 东片, speakers: []}]", "speakerGroups[0].speakers"],
    [
      'broadcasts: {loudest: [{from: "19:00", to: "08:00", volume: 50, on: [no]}]}',
      "broadcasts.loudest[0].on[0]",
    ],
    ["broadcasts: {killSwitch: no}", "broadcasts.killSwitch"],
    ['programmes: [{id: bell, name: 铃, times: ["06:30"], say: 早, on: [no]}]', "programmes[0].on[0]"],
    ['programmes: [{id: bell, name: 铃, times: ["24:00"], say: 早, on: [pond]}]', "programmes[0].times[0]"],
    ['programmes: [{id: bell, name: 铃, times: ["06:30"], on: [pond]}]', "programmes[0]"],
    ['programmes: [{id: bell, name: 铃, times: ["06:30"], say: 早, clip: c, on: [pond]}]', "programmes[0]"],
  ])("%s is told with its place", async (more, place) => {
    expect((await problemsOf({ village: with_(more) }))[0]).toContain(` ${place} `);
  });
});

test("a programme is a text or a clip by the calendar, with usual settings", async () => {
  const more = `
programmes:
  - {id: bell, name: 铃, days: [mon, fri], times: ["16:00", "06:30", "06:30"], clip: c1, on: [pond], season: {from: "09-01", to: "06-30"}}
`;
  const { programmes } = await configurationOf({ village: with_(more) });
  expect(programmes).toEqual([
    {
      id: "bell",
      name: "铃",
      days: [1, 5],
      minutes: [390, 960],
      season: { from: 901, to: 630 },
      content: { kind: "clip", clip: "c1" },
      speakers: ["pond"],
      repeat: 1,
      volume: 60,
      whenPreempted: "resume",
      latestMinutes: 10,
    },
  ]);
});
