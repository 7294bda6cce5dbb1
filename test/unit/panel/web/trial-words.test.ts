import { describe, expect, test } from "vitest";
import {
  groundPhrases,
  minutesOf,
  seenPhrase,
  type TrialFindings,
} from "../../../../src/panel/web/words/trial-words.ts";

const NOTHING: TrialFindings = {
  ...{ recordedSeconds: 3600, stillSeconds: 3000, detector: "nanodet-g", rules: [{}] },
  seen: { people: 0, inZone: 0, longestStaySeconds: 0 },
};
const seen = (news: Partial<TrialFindings["seen"]>, more: Partial<TrialFindings> = {}) =>
  seenPhrase({ ...NOTHING, ...more, seen: { ...NOTHING.seen, ...news } });

describe("what was seen where no alarm would have come of it", () => {
  test.each([
    [
      "people who did not stay",
      seen({ people: 3, inZone: 2, longestStaySeconds: 4 }),
      "cameIn",
      { count: 2, seconds: 4 },
    ],
    ["people beside the zone", seen({ people: 3 }), "beside", { count: 3 }],
    ["movement of nobody", seen({}), "nobody", { minutes: 10 }],
    ["nothing at all", seen({}, { stillSeconds: 3600 }), "nothing", {}],
    [
      "something in the zone, where nobody is followed",
      seen({ people: undefined, inZone: 2, longestStaySeconds: 4 }),
      "movedIn",
      { count: 2, seconds: 4 },
    ],
    ["nothing, where nobody is followed", seen({ people: undefined }), "nothing", {}],
  ])("is %s", (_, phrase, key, params) => {
    expect(phrase).toMatchObject({ key: `zone.trial.${key}`, params });
  });
});

describe("what a dry run stands on", () => {
  const keys = (findings: Partial<TrialFindings>) =>
    groundPhrases({ ...NOTHING, ...findings }).map(({ key }) => key.replace("zone.trial.", ""));

  test("is how much was recorded, and that schedules do not count", () => {
    expect(groundPhrases(NOTHING)[0]).toMatchObject({ params: { minutes: 60, still: 50 } });
    expect(keys({})).toEqual(["recorded", "regardless"]);
  });

  test("is no rule, and movement alone, where that is so", () => {
    expect(keys({ rules: [], detector: "movement" })).toEqual([
      ...["recorded", "regardless", "noRule", "byMovement"],
    ]);
  });

  test.each([
    [0, 0],
    [3, 1],
    [89, 1],
    [91, 2],
  ])("%i seconds are %i minutes", (seconds, minutes) => {
    expect(minutesOf(seconds)).toBe(minutes);
  });
});
