import { describe, expect, test } from "vitest";
import type { ClipDetection } from "../../../../src/core/clip.ts";
import type { Observation, SeenTrack } from "../../../../src/core/observation.ts";
import type { Rule } from "../../../../src/core/site.ts";
import type { TrialAnswer } from "../../../../src/provision/zone-trial/trial-messages.ts";
import { triedRules } from "../../../../src/provision/zone-trial/trial-rules.ts";
import { type RecordedPicture, runTrial } from "../../../../src/provision/zone-trial/trial-run.ts";
import { createReplay } from "../../../../src/rules/replay.ts";

// Who is where is told by the test, second by second; the rules are the real ones.

const tried = { camera: "pond", zone: "bank" };
const RULE: Rule = {
  id: "pond-bank",
  name: "东塘有人靠近",
  when: { kind: "person", ...tried, dwellSeconds: 3 },
  // Armed at no time of the day that is recorded.
  schedule: { days: [1], fromMinute: 0, toMinute: 1 },
  cooldownSeconds: 0,
  say: [],
  escalate: [],
};
const box = { x: 0.4, y: 0.4, width: 0.1, height: 0.3 };
const START_MS = Date.parse("2026-07-01T06:00:00Z");

interface Story {
  /** Ids of who is in the zone and who in the picture, by the second of the recording. */
  readonly inZone?: Readonly<Record<number, readonly number[]>>;
  readonly elsewhere?: Readonly<Record<number, readonly number[]>>;
  readonly sureness?: number;
  readonly stretches?: readonly (readonly [from: number, to: number])[];
  readonly rules?: readonly Rule[];
  readonly picture?: Uint8Array;
}

const from = (first: number, last: number, id: number): Record<number, readonly number[]> =>
  Object.fromEntries(Array.from({ length: last - first + 1 }, (_, i) => [first + i, [id]]));

async function tell(story: Story): Promise<TrialAnswer[]> {
  const { inZone = {}, elsewhere = {}, sureness = 1.2, stretches = [[0, 20]], rules = [RULE] } = story;
  const answers: TrialAnswer[] = [];
  const track =
    (zones: readonly string[]) =>
    (id: number): SeenTrack => ({
      ...{ id, box, score: 0.5, sureness, moved: true, zones },
      feet: [0.45, 0.7],
    });
  const detection: ClipDetection = {
    detector: "told",
    async look({ at }) {
      const second = Math.round((at.wallMs - START_MS) / 1000);
      const inside = (inZone[second] ?? []).map(track(["bank"]));
      const all = [...inside, ...(elsewhere[second] ?? []).map(track([]))];
      const observations: Observation[] = [
        {
          ...{ kind: "presence", ...tried, detector: "told", at },
          ...{ present: inside.length > 0, boxes: inside.map((one) => one.box), tracks: inside },
        },
        { kind: "tracks", camera: "pond", tracks: all, detector: "told", at },
      ];
      return { observations, tracks: [] };
    },
  };
  async function* pictures({
    fromMs,
    toMs,
  }: {
    fromMs: number;
    toMs: number;
  }): AsyncGenerator<RecordedPicture> {
    for (let atMs = fromMs; atMs < toMs; atMs += 1000) {
      yield { atMs, width: 2, height: 2, pixels: new Uint8Array(6) };
    }
  }
  await runTrial(
    {
      pictures,
      detection,
      createReplay: (rule) => createReplay(rule, { timezone: "Asia/Shanghai", clockSynced: true }),
      portray: async () => story.picture,
      tell: (answer) => answers.push(answer),
    },
    {
      tried,
      rules: triedRules(rules, tried),
      stretches: stretches.map(([a, b]) => ({ fromMs: START_MS + a * 1000, toMs: START_MS + b * 1000 })),
    },
  );
  return answers;
}

const alarmsOf = (answers: readonly TrialAnswer[]) =>
  answers.flatMap((answer) => (answer.kind === "alarm" ? [answer.alarm] : []));
const secondOf = ({ atMs }: { readonly atMs: number }) => (atMs - START_MS) / 1000;
function seenIn(answers: readonly TrialAnswer[]) {
  const told = answers.flatMap((answer) => (answer.kind === "progress" ? [answer] : []));
  return told.at(-1)?.seen;
}

describe("a dry run", () => {
  test("tells what the rule would have raised, whatever its schedule, with who broke it", async () => {
    const picture = Uint8Array.of(1, 2, 3);
    const answers = await tell({ inZone: { ...from(2, 8, 1), ...from(14, 19, 2) }, picture });
    const alarms = alarmsOf(answers);
    expect(alarms.map(secondOf)).toEqual([5, 17]);
    expect(alarms[0]).toMatchObject({ rule: "pond-bank", boxes: [box] });
    expect(answers.filter(({ kind }) => kind === "alarm")).toMatchObject([{ picture }, { picture }]);
    expect(answers[0]).toEqual({ kind: "began", detector: "told" });
    expect(answers.at(-1)).toEqual({ kind: "done" });
    expect(seenIn(answers)).toEqual({ people: 2, inZone: 2, longestStaySeconds: 6 });
  });

  test("tells who came and did not stay for long enough", async () => {
    const answers = await tell({ inZone: from(2, 3, 1) });
    expect(alarmsOf(answers)).toEqual([]);
    expect(seenIn(answers)).toEqual({ people: 1, inZone: 1, longestStaySeconds: 1 });
  });

  test("tells of people beside the zone, and of nobody", async () => {
    expect(seenIn(await tell({ elsewhere: { ...from(2, 9, 1), ...from(12, 14, 2) } }))).toEqual({
      ...{ people: 2, inZone: 0, longestStaySeconds: 0 },
    });
    expect(seenIn(await tell({}))).toEqual({ people: 0, inZone: 0, longestStaySeconds: 0 });
  });

  test("asks for as much sureness as the rule", async () => {
    const sensitivity = { day: "low", night: "low" } as const;
    const inZone = from(2, 9, 1);
    expect(alarmsOf(await tell({ inZone, rules: [{ ...RULE, sensitivity }] }))).toEqual([]);
    expect(alarmsOf(await tell({ inZone, sureness: 1.7, rules: [{ ...RULE, sensitivity }] }))).toHaveLength(
      1,
    );
  });

  test("counts whoever comes, once, where no rule watches the zone", async () => {
    const alarms = alarmsOf(await tell({ inZone: from(2, 9, 1), rules: [] }));
    expect(alarms.map(secondOf)).toEqual([2]);
    expect(alarms[0]?.rule).toBeUndefined();
  });

  test("counts one who stays over a stretch that is left out as two: nothing moved there, so he had gone", async () => {
    const inZone = { ...from(2, 9, 1), ...from(100, 109, 1) };
    const alarms = alarmsOf(
      await tell({
        inZone,
        stretches: [
          [0, 20],
          [95, 120],
        ],
      }),
    );
    expect(alarms.map(secondOf)).toEqual([5, 103]);
  });

  test("goes on where one stretch reaches into the next, without going back in time", async () => {
    const alarms = alarmsOf(
      await tell({
        inZone: from(2, 18, 1),
        stretches: [
          [0, 10],
          [8, 20],
        ],
      }),
    );
    expect(alarms.map(secondOf)).toEqual([5]);
  });

  test("tells how far it is", async () => {
    const answers = await tell({
      stretches: [
        [0, 12],
        [100, 110],
      ],
    });
    const done = answers.flatMap((answer) => (answer.kind === "progress" ? [answer.lookedAtSeconds] : []));
    expect(done).toEqual([5, 10, 12, 17, 22]);
  });
});
