import { expect, test } from "vitest";
import type { Speaker } from "../../../src/core/site.ts";
import { longestOnAnySeconds, recordingLimits, speakerLimits } from "../../../src/core/speaker-limits.ts";

const POND: Speaker = {
  ...{ id: "pond", name: "东塘喇叭", settleMs: 800, holdMs: 300, maxOnSeconds: 180 },
  audio: { kind: "alsa", device: "default" },
};
const READER: Speaker = {
  ...{ ...POND, id: "reader" },
  audio: { kind: "module", module: { bus: "voice", profile: "syn6288" } },
};

test.each([
  [{}, 600, 179_200],
  [{}, 60, 60_000],
  [{ settleMs: 0, maxOnSeconds: 3600 }, 600, 600_000],
  [{ settleMs: 0, maxOnSeconds: 1 }, 600, 1000],
])(
  "a speaker with %j and at most %d s a broadcast plays %d ms to the end",
  (change, longestSeconds, longestMs) => {
    expect(speakerLimits([{ ...POND, ...change }, READER], { longestSeconds })).toEqual([
      { speaker: "pond", name: "东塘喇叭", longestMs },
    ]);
  },
);

test("the most patient speaker is the limit of all, and none where no speaker plays recordings", () => {
  const speakers = [POND, { ...POND, id: "hall", maxOnSeconds: 300 }];
  expect(longestOnAnySeconds(speakerLimits(speakers, { longestSeconds: 600 }))).toBe(299);
  expect(longestOnAnySeconds(speakerLimits([READER], { longestSeconds: 600 }))).toBeUndefined();
});

test("a recording in place of words is a warning's length, and shorter where no speaker plays so long", () => {
  const of = (speakers: readonly Speaker[]) =>
    recordingLimits({ speakers, hornLimits: { longestSeconds: 600 }, clips: { maxUploadBytes: 5 } });
  expect(of([POND])).toEqual({ seconds: 60, bytes: 5 });
  expect(of([{ ...POND, maxOnSeconds: 20 }])).toEqual({ seconds: 19, bytes: 5 });
  expect(of([READER])).toEqual({ seconds: 60, bytes: 5 });
});
