import { describe, expect, test } from "vitest";
import {
  CLIP_CAMERA,
  CLIP_ZONE,
  type ClipDetection,
  type ClipPicture,
  type LabelledClip,
} from "../../../../src/core/clip.ts";
import { GatewayError } from "../../../../src/core/errors.ts";
import { evaluate } from "../../../../src/provision/evaluation/evaluate.ts";
import { createReplay } from "../../../../src/rules/replay.ts";

const FORMAT = { width: 1, height: 1, framesPerSecond: 5 };

/** A detection that finds whom the clip's only pixel names: each bit a track. */
function createBitDetection(): ClipDetection {
  return {
    detector: "movement",
    async look({ pixels: [bits = 0], at }) {
      const tracks = [0, 1, 2].filter((bit) => bits & (1 << bit)).map(String);
      const presence = { kind: "presence", camera: CLIP_CAMERA, zone: CLIP_ZONE, boxes: [] } as const;
      const present = tracks.length > 0;
      return { observations: [{ ...presence, present, detector: "movement", at }], tracks };
    },
  };
}

/** Five pictures a second; what each shows by its second. */
function evaluateBits(bitsAt: (seconds: number) => number, ...clips: Partial<LabelledClip>[]) {
  async function* pictures(): AsyncGenerator<ClipPicture> {
    for (let count = 0; count < 150; count++) {
      yield { seconds: count / 5, pixels: Uint8Array.of(bitsAt(count / 5)) };
    }
  }
  const examine = async (path: string) => {
    if (path === "gone") throw new GatewayError("gone", { code: "clip.missing", kind: "permanent" });
    return { width: 1, height: 1, durationSeconds: 30 };
  };
  const plain = { file: "a.mp4", path: "a.mp4", zone: [], people: [], ignore: [], hard: false };
  return evaluate(
    {
      reader: { examine, pictures },
      createDetection: createBitDetection,
      createReplay,
      formatOf: () => FORMAT,
    },
    clips.map((clip) => ({ ...plain, ...clip })),
  );
}

const between = (from: number, to: number, bits: number) => (seconds: number) =>
  seconds >= from && seconds < to ? bits : 0;

describe("a clip without a rule of its own", () => {
  test("raises once for each track, at once, however long it stays", async () => {
    const shows = (seconds: number) => between(5, 25, 1)(seconds) | between(10, 12, 2)(seconds);
    const { falseAlarms } = await evaluateBits(shows, {});
    expect(falseAlarms).toBe(2);
  });

  test("raises nothing new for a track that went and came back", async () => {
    const shows = (seconds: number) => between(5, 6, 1)(seconds) | between(15, 16, 1)(seconds);
    expect((await evaluateBits(shows, {})).falseAlarms).toBe(1);
  });

  test("is late by what passes until the first picture with somebody", async () => {
    const result = await evaluateBits(between(5.4, 8, 1), { people: [[5, 8]] });
    expect(result).toMatchObject({ recall: 1, latencySeconds: { p50: 0.4, p95: 0.4 } });
  });
});

describe("a clip with a rule", () => {
  const rule = {
    ...{ id: "clip", name: "clip", cooldownSeconds: 8, say: [], escalate: [] },
    when: { kind: "person", camera: CLIP_CAMERA, zone: CLIP_ZONE, dwellSeconds: 3 },
    schedule: { days: [1], fromMinute: 0, toMinute: 1 },
    alarm: { severity: "warning" },
  } as const;

  test("raises after the dwell, whatever the schedule says", async () => {
    const result = await evaluateBits(between(5, 10, 1), { rule, people: [[5, 10]] });
    expect(result).toMatchObject({ recall: 1, latencySeconds: { p50: 3 } });
  });

  test("raises nothing for who leaves before", async () => {
    expect((await evaluateBits(between(5, 7.8, 1), { rule })).falseAlarms).toBe(0);
  });

  test("keeps its cool-down over several tracks", async () => {
    const shows = (seconds: number) =>
      between(5, 9, 1)(seconds) | between(10, 14, 2)(seconds) | between(17, 29, 4)(seconds);
    expect((await evaluateBits(shows, { rule })).falseAlarms).toBe(2);
  });
});

test("hard clips are reported apart and leave the totals alone", async () => {
  const result = await evaluateBits(between(5, 6, 1), { file: "easy.mp4", people: [[5, 6]] }, { hard: true });
  expect(result).toMatchObject({ recall: 1, falseAlarms: 0, secondsOfFootage: 30, detector: "movement" });
  expect(result.hard).toMatchObject({ recall: null, falseAlarms: 1, secondsOfFootage: 30 });
  expect(result.clips.map(({ file, falseAlarms }) => [file, falseAlarms])).toEqual([
    ["easy.mp4", 0],
    ["a.mp4", 1],
  ]);
});

test.each([
  ["a clip that is not there", { path: "gone" }, "clips[1]: gone", "clip.missing"],
  [
    "people after the end",
    { people: [[30, 31]] },
    "clips[1]: [30,31] begins after the end",
    "labels.invalid",
  ],
  ["what is ignored after the end", { ignore: [[40, 41]] }, "clips[1]: [40,41] begins", "labels.invalid"],
] as const)("%s is refused by its place before any work", async (_, clip, message, code) => {
  const done = evaluateBits(
    () => {
      throw new Error("worked");
    },
    {},
    clip,
  );
  await expect(done).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
});
