import { describe, expect, test } from "vitest";
import { PRIORITIES } from "../../../src/core/broadcast.ts";
import {
  brokenLaws,
  brokenMedians,
  MEASURING_MS,
  type Observed,
  type WatchedOrder,
  type WatchedSpeaker,
} from "../../safety/horn-laws.ts";
import { createJournal, outside, TONES, toneOf } from "../../safety/speaker-journal.ts";

// The judge of the horns is judged: each law that is broken is told, and nothing else.

const SPEAKER: WatchedSpeaker = {
  id: "pond",
  settleMs: 100,
  holdMs: 200,
  maxOnMs: 10_000,
  journal: {
    on: [{ fromMs: 1000, toMs: 4000 }],
    sounds: [{ priority: "local", fromMs: 1150, toMs: 3800 }],
  },
};
const ORDER: WatchedOrder = {
  id: "a",
  priority: "local",
  speakers: ["pond"],
  dueMs: 1000,
  endings: [{ speaker: "pond", atMs: 3800, result: "played", sounded: true }],
};
const HIGHER: WatchedOrder = {
  ...ORDER,
  id: "dam",
  priority: "emergency",
  endings: [{ speaker: "pond", atMs: 6000, result: "stopped", sounded: false }],
};

function told(change: Partial<Observed> = {}): string[] {
  return brokenLaws({
    speakers: [SPEAKER],
    orders: [ORDER],
    stalls: [],
    killed: [],
    isQuiet: () => false,
    ...change,
  });
}

describe("the laws of the horns", () => {
  test("hold of one broadcast that is played", () => {
    expect(told()).toEqual([]);
  });

  test.each<[string, Partial<Observed>, string]>([
    [
      "an amplifier that stays on",
      { speakers: [{ ...SPEAKER, journal: { ...SPEAKER.journal, on: [{ fromMs: 1000, toMs: 7500 }] } }] },
      "pond was on without sound for 3700 ms",
    ],
    [
      "an amplifier that is on too long",
      {
        speakers: [
          {
            ...SPEAKER,
            journal: {
              on: [{ fromMs: 1000, toMs: 14_000 }],
              sounds: [{ priority: "local", fromMs: 1100, toMs: 13_900 }],
            },
          },
        ],
      },
      "pond was on for 13000 ms",
    ],
    ["an end that is missing", { orders: [{ ...ORDER, endings: [] }] }, "a ended 0 times on pond"],
    [
      "an end that comes twice",
      { orders: [{ ...ORDER, endings: [...ORDER.endings, ...ORDER.endings] }] },
      "a ended 2 times on pond",
    ],
    [
      "something higher that waits",
      { orders: [ORDER, HIGHER] },
      "pond: local sounds 1600 ms while dam (emergency) waits",
    ],
    ["a sound in quiet hours", { isQuiet: () => true }, "pond: local sounds in quiet hours"],
    [
      "a sound under the kill switch",
      { killed: [{ fromMs: 1500, toMs: 3500 }] },
      "pond: sounds for 800 ms although the kill switch is closed",
    ],
    [
      "a broadcast that is played and not heard",
      { speakers: [{ ...SPEAKER, journal: { on: [], sounds: [] } }] },
      "a (local) was played on pond and nobody heard it",
    ],
  ])("tell of %s", (_what, change, expected) => {
    expect(told(change)).toContain(expected);
  });

  test("give the time in which the observer stood still", () => {
    const on = { fromMs: 1000, toMs: 7500 };
    const speakers = [{ ...SPEAKER, journal: { ...SPEAKER.journal, on: [on] } }];
    expect(told({ speakers, stalls: [{ fromMs: 4000, toMs: 4000 + MEASURING_MS }] })).toEqual([]);
  });

  test("tell of what is late every time, though never by much", () => {
    const late = Array.from({ length: 9 }, (_, at) => 800 + at);
    expect(
      brokenMedians(SPEAKER, { settleMs: late, holdMs: [210, 190, 230, 200, 250, 240, 220, 205] }),
    ).toEqual(["pond is usually silent for 804 ms before its first sound, not 100"]);
  });
});

describe("the journal of a speaker", () => {
  const tone = (hz: number, length = 160): Int16Array =>
    Int16Array.from({ length }, (_, at) => Math.round(3000 * Math.sin((2 * Math.PI * hz * at) / 8000 + 1)));

  test("tells every class by its tone, also where the tone is a little off or half silent", () => {
    for (const priority of PRIORITIES) {
      for (const off of [0.95, 1, 1.05]) {
        const whole = tone(TONES[priority] * off);
        expect(toneOf(whole, 8000)).toBe(priority);
        const half = Int16Array.from(whole, (sample, at) => (at < 60 ? 0 : sample));
        expect(toneOf(half, 8000)).toBe(priority);
      }
    }
    expect(toneOf(new Int16Array(160), 8000)).toBeUndefined();
  });

  test("takes pieces of one tone for one sound, and another tone for another", () => {
    const journal = createJournal();
    journal.heard(undefined, 1000, 20);
    journal.heard("rule", 1020, 20);
    journal.heard("rule", 1060, 20);
    journal.heard("local", 1080, 20);
    journal.heard("local", 1400, 20);
    expect(journal.read(2000).sounds).toEqual([
      { priority: "rule", fromMs: 1000, toMs: 1080 },
      { priority: "local", fromMs: 1080, toMs: 1100 },
      { priority: "local", fromMs: 1400, toMs: 1420 },
    ]);
  });

  test("knows what of a span is left by others", () => {
    expect(
      outside({ fromMs: 0, toMs: 10 }, [
        { fromMs: 6, toMs: 7 },
        { fromMs: -5, toMs: 2 },
        { fromMs: 1, toMs: 3 },
      ]),
    ).toEqual([
      { fromMs: 3, toMs: 6 },
      { fromMs: 7, toMs: 10 },
    ]);
  });
});
