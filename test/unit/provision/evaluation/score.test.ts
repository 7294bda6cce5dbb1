import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type JudgedClip, score, sum, tally } from "../../../../src/provision/evaluation/score.ts";

function judged(clip: Partial<JudgedClip>) {
  return score(tally({ durationSeconds: 60, people: [], ignore: [], alarmsSeconds: [], ...clip }));
}

const TWO = [
  [10, 20],
  [30, 40],
] as const;

describe("the score of a clip", () => {
  test.each([
    ["an alarm in each interval", { people: TWO, alarmsSeconds: [10.4, 31] }, 1, 0],
    ["an interval without one", { people: TWO, alarmsSeconds: [10.4] }, 0.5, 0],
    ["several in one interval, which is hit once", { people: TWO, alarmsSeconds: [11, 12, 19] }, 0.5, 0],
    ["up to a second before", { people: TWO, alarmsSeconds: [9, 29.1] }, 1, 0],
    ["up to a second after", { people: TWO, alarmsSeconds: [21, 40.9] }, 1, 0],
    ["further off, which is false", { people: TWO, alarmsSeconds: [8.9, 21.1, 50] }, 0, 3],
    ["alarms in no order", { people: TWO, alarmsSeconds: [31, 55, 10] }, 1, 1],
    ["nobody and no alarm", {}, null, 0],
    ["nobody and an alarm", { alarmsSeconds: [0] }, null, 1],
    ["an alarm where it is ignored", { people: TWO, ignore: [[44, 46]], alarmsSeconds: [45] }, 0, 0],
    ["an alarm at the very end of what is ignored", { ignore: [[44, 46]], alarmsSeconds: [46] }, null, 0],
    ["an interval wholly ignored, unseen", { people: TWO, ignore: [[5, 25]], alarmsSeconds: [31] }, 1, 0],
    ["an interval wholly ignored, seen", { people: TWO, ignore: [[5, 20]], alarmsSeconds: [19, 20.9] }, 0, 0],
    ["an interval ignored in part", { people: TWO, ignore: [[5, 15]], alarmsSeconds: [12, 31] }, 1, 0],
  ] as const)("%s", (_, clip, recall, falseAlarms) => {
    expect(judged(clip)).toMatchObject({ recall, falseAlarms });
  });

  test("between two intervals that are both near, an alarm is the nearer one's", () => {
    const people = [
      [10, 20],
      [21.5, 30],
    ] as const;
    const counted = tally({ durationSeconds: 60, people, ignore: [], alarmsSeconds: [20.9] });
    expect(counted).toMatchObject({ hits: 1, latenciesSeconds: [0] });
  });

  test("is late from the beginning of the interval to its first alarm; an alarm before is not late at all", () => {
    expect(judged({ people: TWO, alarmsSeconds: [10.4, 15, 29.5] }).latencySeconds).toEqual({
      p50: 0,
      p95: 0.4,
    });
  });

  test.each([
    [1.9, null],
    [2, 0.5],
  ])("an interval from %d s on has the latency %s", (from, p50) => {
    const clip = judged({ people: [[from, 5]], alarmsSeconds: [from + 0.5] });
    expect(clip).toMatchObject({ recall: 1, latencySeconds: { p50, p95: p50 } });
  });

  test("counts false alarms by the hour of what was not ignored", () => {
    const clip = judged({ durationSeconds: 100, ignore: [[50, 200]], alarmsSeconds: [1, 20] });
    expect(clip).toMatchObject({ secondsOfFootage: 50, falseAlarmsPerHour: 144 });
  });

  test("of nothing is nothing", () => {
    expect(score(sum([]))).toEqual({
      ...{ recall: null, falseAlarms: 0, falseAlarmsPerHour: 0, secondsOfFootage: 0 },
      latencySeconds: { p50: null, p95: null },
    });
  });
});

test("percentiles over several clips are by nearest rank, and sums count intervals, not clips", () => {
  const clips = [0.1, 0.2, 0.3, 5].map((late) =>
    tally({ durationSeconds: 10, people: [[3, 9]], ignore: [], alarmsSeconds: [3 + late] }),
  );
  const missed = tally({ durationSeconds: 10, people: [[3, 9]], ignore: [], alarmsSeconds: [] });
  expect(score(sum([...clips, missed]))).toMatchObject({
    recall: 0.8,
    latencySeconds: { p50: 0.2, p95: 5 },
    secondsOfFootage: 50,
  });
});

test("every alarm is a hit, ignored or false, and more labels never make more false alarms", () => {
  const seconds = fc.integer({ min: 0, max: 60 });
  fc.assert(
    fc.property(fc.array(seconds, { maxLength: 10 }), seconds, seconds, (alarmsSeconds, a, b) => {
      const people = a === b ? [] : ([[Math.min(a, b), Math.max(a, b)]] as const);
      const without = judged({ alarmsSeconds }).falseAlarms;
      const labelled = judged({ alarmsSeconds, people }).falseAlarms;
      expect(without).toBe(alarmsSeconds.length);
      expect(labelled).toBeLessThanOrEqual(without);
      expect(judged({ alarmsSeconds, ignore: people }).falseAlarms).toBeLessThanOrEqual(without);
    }),
  );
});
