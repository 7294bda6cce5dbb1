import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Point } from "../../../src/core/geometry.ts";
import type { Lesson } from "../../../src/core/lesson.ts";
import type { Observation } from "../../../src/core/observation.ts";
import type { Rule } from "../../../src/core/site.ts";
import { learnFrom } from "../../../src/rules/false-alarm.ts";
import { heeds, LessonSieve } from "../../../src/rules/lesson-sieve.ts";
import { IDLE, type RuleState } from "../../../src/rules/rule-state.ts";
import { step } from "../../../src/rules/step.ts";
import {
  boxAt,
  everybody,
  lessonFrom,
  moving,
  presence,
  raised,
  raisedByMovement,
  trackAt,
} from "./lesson-samples.ts";
import { context, personRule } from "./rule-samples.ts";

const PLACE: Point = [0.3, 0.8];
const taught = lessonFrom(raised([trackAt(1, PLACE)]));
const byMovement = lessonFrom(raisedByMovement([boxAt(PLACE)]));

/** Ids that the rules are told of on each look, or whether anybody is there where nobody is followed. */
function told(observations: readonly Observation[], lessons: readonly Lesson[] = [taught]) {
  const sieve = new LessonSieve();
  return observations.flatMap((one) => {
    const { observation } = sieve.sift(one, lessons);
    if (observation.kind !== "presence") return [];
    return [observation.tracks?.map(({ id }) => id) ?? observation.present];
  });
}

describe("of whom a detector follows", () => {
  const near = (dx: number, dy = 0): Point => [PLACE[0] + dx, PLACE[1] + dy];
  test.each<[string, Observation[], number[][]]>([
    [
      "what stays at the place is ignored",
      [presence(0, [trackAt(5, near(0.01))]), presence(1, [trackAt(5, near(-0.01, 0.01))])],
      [[], []],
    ],
    ["others are told of all the same", [presence(0, [trackAt(5, PLACE), trackAt(6, [0.7, 0.9])])], [[6]]],
    ["what stands elsewhere is told of", [presence(0, [trackAt(5, near(0.1))])], [[5]]],
    ["what is larger is told of", [presence(0, [trackAt(5, PLACE, { size: 1.7 })])], [[5]]],
    ["what is smaller is told of", [presence(0, [trackAt(5, PLACE, { size: 0.6 })])], [[5]]],
    [
      "who walks on is told of, also when back",
      [0, 0.02, 0.07, 0.1, 0.02, 0].map((dx, second) => presence(second, [trackAt(5, near(dx))])),
      [[], [], [5], [5], [5], [5]],
    ],
    [
      "one look that is a little out is forgiven, a second is not",
      [0, 0.05, 0, 0.05, 0.051].map((dx, second) => presence(second, [trackAt(5, near(dx))])),
      [[], [], [], [], [5]],
    ],
    [
      "who came from elsewhere is told of, also while it stands there",
      [
        everybody(0, [trackAt(5, [0.05, 0.3], { zones: [] })]),
        presence(1, [trackAt(5, PLACE)]),
        presence(2, [trackAt(5, PLACE)]),
      ],
      [[5], [5]],
    ],
    [
      "who grows towards the camera is told of",
      [1, 1.2, 1.5, 1.9, 2.4].map((size, second) => presence(second, [trackAt(5, PLACE, { size })])),
      [[], [], [], [], [5]],
    ],
    [
      "who was lost beside the place may be the same with another number",
      [everybody(0, [trackAt(5, near(0.09))]), presence(2, [trackAt(6, near(0.02))])],
      [[6]],
    ],
    [
      "who was lost there long before is somebody else",
      [everybody(0, [trackAt(5, near(0.09))]), presence(20, [trackAt(6, near(0.02))])],
      [[]],
    ],
    ["another detector is told of", [presence(0, [trackAt(5, PLACE)], "yolox")], [[5]]],
  ])("%s", (_what, observations, expected) => {
    expect(told(observations)).toEqual(expected);
  });

  test("two places side by side hide nobody who goes from one to the other", () => {
    const second = lessonFrom(raised([trackAt(1, near(0.07))]), "second");
    const way = [0, 0.02, 0.035, 0.05, 0.07, 0.09].map((dx, at) => presence(at, [trackAt(5, near(dx))]));
    expect(told(way, [taught, second]).flat()).toContain(5);
  });

  test("a lesson that ends lets through at once", () => {
    const sieve = new LessonSieve();
    const look = (at: number, lessons: readonly Lesson[]) =>
      sieve.sift(presence(at, [trackAt(5, PLACE)]), lessons).ignored.length;
    expect([look(0, [taught]), look(1, []), look(2, [taught])]).toEqual([1, 0, 1]);
  });

  test("what is ignored keeps its name while it is followed, and under another number", () => {
    const sieve = new LessonSieve();
    const stays = [5, 5, 6].map(
      (id, at) => sieve.sift(presence(at, [trackAt(id, PLACE)]), [taught]).ignored[0]?.stay,
    );
    expect(new Set(stays).size).toBe(1);
    expect(sieve.sift(presence(40, [trackAt(7, PLACE)]), [taught]).ignored[0]?.stay).not.toBe(stays[0]);
  });

  test("observations of other kinds and of an empty zone pass as they are", () => {
    const sieve = new LessonSieve();
    for (const one of [everybody(0, [trackAt(5, PLACE)]), presence(0, []), moving(0, [], false)]) {
      expect(sieve.sift(one, [taught]).observation).toBe(one);
    }
  });
});

describe("of what moves where nobody is followed", () => {
  const at = (x: number, y = 0.8) => boxAt([x, y]);
  const looks = (...boxes: (readonly ReturnType<typeof boxAt>[])[]) =>
    boxes.map((one, second) => moving(second, one));
  const other = lessonFrom(raisedByMovement([at(0.6)]), "other");
  test.each<[string, Observation[], boolean[]]>([
    [
      "what stays at the place is ignored, also while no box is left",
      looks([at(0.3)], [at(0.31)], []),
      [false, false, false],
    ],
    ["what goes on is told of, also when back", looks([at(0.3)], [at(0.4)], [at(0.3)]), [false, true, true]],
    ["what is elsewhere is told of along with it", looks([at(0.3), at(0.5)]), [true]],
    ["two lessons' places may stir at once", looks([at(0.3), at(0.6)], [at(0.3), at(0.6)]), [false, false]],
    ["a second may begin while the first goes on", looks([at(0.3)], [at(0.3), at(0.6)]), [false, false]],
    ["what vanishes here and appears there may be one who went", looks([at(0.3)], [at(0.6)]), [false, true]],
    [
      "after the zone was empty it begins anew",
      [...looks([at(0.3)], [at(0.4)]), moving(2, [], false), moving(3, [at(0.3)])],
      [false, true, false, false],
    ],
    ["after a gap it begins anew", [moving(0, [at(0.4)]), moving(20, [at(0.3)])], [true, false]],
  ])("%s", (_what, observations, expected) => {
    expect(told(observations, [byMovement, other])).toEqual(expected);
  });

  test("who stood elsewhere before the lesson was taught is told of after it", () => {
    const sieve = new LessonSieve();
    sieve.sift(moving(0, [at(0.5)]), []);
    expect(sieve.sift(moving(1, [at(0.3)]), [byMovement]).ignored).toEqual([]);
  });
});

test.each<[string, Partial<Rule>, boolean]>([
  ["people in the zone", {}, true],
  [
    "a group",
    { when: { kind: "group", camera: "pond-east", zone: "bank", people: 2, dwellSeconds: 5 } },
    true,
  ],
  [
    "a passage that ends there",
    { when: { kind: "passage", camera: "pond-east", from: "lane", to: "bank", withinSeconds: 60 } },
    true,
  ],
  [
    "a passage that begins there",
    { when: { kind: "passage", camera: "pond-east", from: "bank", to: "water", withinSeconds: 60 } },
    false,
  ],
  [
    "people in another zone",
    { when: { kind: "person", camera: "pond-east", zone: "lane", dwellSeconds: 0 } },
    false,
  ],
  [
    "people of another camera",
    { when: { kind: "person", camera: "gate", zone: "bank", dwellSeconds: 0 } },
    false,
  ],
  [
    "who vanished",
    {
      when: {
        kind: "vanished",
        camera: "pond-east",
        zone: "bank",
        stoodSeconds: 5,
        goneSeconds: 15,
        lyingSeconds: 20,
      },
    },
    false,
  ],
  ["a line", { when: { kind: "line", camera: "pond-east", line: "gate", direction: "in" } }, false],
  ["emergencies", { alarm: { severity: "emergency" } }, false],
])("a rule of %s heeds a lesson of the zone: %s", (_what, change, expected) => {
  expect(heeds({ ...personRule, ...change }, { camera: "pond-east", zone: "bank" })).toBe(expected);
});

describe("whatever was learnt, the rule raises for", () => {
  const fraction = (min: number, max: number) => fc.double({ min, max, noNaN: true });
  const zone = fc
    .record({
      x: fraction(0, 0.5),
      y: fraction(0.2, 0.6),
      width: fraction(0.1, 0.5),
      height: fraction(0.05, 0.4),
    })
    .map(({ x, y, width, height }): readonly Point[] => [
      [x, y],
      [x + width, y],
      [x + width, y + height],
      [x, y + height],
    ]);
  const falseAlarm = fc.record({
    x: fraction(0, 1),
    y: fraction(0, 1),
    size: fraction(0.1, 12),
    sureness: fraction(0.75, 3),
  });

  function learn(
    polygon: readonly Point[],
    sights: readonly { x: number; y: number; size: number; sureness: number }[],
  ) {
    const cameras = [{ id: "pond-east", zones: [{ id: "bank", name: "塘埂", polygon }] }];
    let lessons: readonly Lesson[] = [];
    for (const [index, { x, y, size, sureness }] of sights.entries()) {
      const feet = placeIn(polygon, x, y);
      const data = raised([trackAt(index, feet, { size, sureness })]);
      const learnt = learnFrom(data, personRule, cameras, lessons);
      if (learnt.kind === "lesson") lessons = [...lessons, { ...learnt.draft, id: `${index}`, taught: [] }];
    }
    return lessons;
  }

  function placeIn([from, , to]: readonly Point[], x: number, y: number): Point {
    if (!from || !to) return [x, y];
    return [from[0] + x * (to[0] - from[0]), from[1] + y * (to[1] - from[1])];
  }

  function raises(observations: readonly Observation[], lessons: readonly Lesson[]): boolean {
    const sieve = new LessonSieve();
    let state: RuleState = IDLE;
    let count = 0;
    for (const one of observations) {
      const { observation } = sieve.sift(one, lessons);
      const result = step(
        personRule,
        state,
        { kind: "observation", observation },
        context(one.at.monotonicMs / 1000),
      );
      state = result.state;
      count += result.effects.filter(({ kind }) => kind === "raise").length;
    }
    return count > 0;
  }

  const crossing = fc.record({
    polygon: zone,
    sights: fc.array(falseAlarm, { maxLength: 10 }),
    isAcross: fc.boolean(),
    looks: fc.array(fraction(0, 1), { maxLength: 12 }),
    beside: fraction(0, 1),
    size: fraction(0.1, 12),
    detector: fc.constantFrom("people", "movement"),
  });

  test("who crosses the zone from one side to the other, seen on however few looks", () => {
    fc.assert(
      fc.property(crossing, ({ polygon, sights, isAcross, looks, beside, size }) => {
        const way = [0.02, ...[...looks].sort((a, b) => a - b), 0.98];
        const observations = way.map((along, index) => {
          const feet = isAcross ? placeIn(polygon, along, beside) : placeIn(polygon, beside, along);
          return presence(index * 0.4, [trackAt(99, feet, { size })]);
        });
        expect(raises(observations, learn(polygon, sights))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test("what moves across the zone, where nobody is followed", () => {
    fc.assert(
      fc.property(crossing, ({ polygon, sights, isAcross, looks, beside, size }) => {
        const lessons = learn(polygon, sights).map((lesson) => ({ ...lesson, detector: "movement" }));
        const way = [0.02, ...[...looks].sort((a, b) => a - b), 0.98];
        const observations = way.map((along, index) => {
          const feet = isAcross ? placeIn(polygon, along, beside) : placeIn(polygon, beside, along);
          return moving(index * 0.4, [boxAt(feet, size)]);
        });
        expect(raises(observations, lessons)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test("who was seen outside the taught places before", () => {
    fc.assert(
      fc.property(
        zone,
        fc.array(falseAlarm, { minLength: 1, maxLength: 6 }),
        fraction(0.1, 12),
        (polygon, sights, size) => {
          const lessons = learn(polygon, sights);
          fc.pre(lessons.length > 0);
          const feet = lessons[0]?.spots[0]?.feet ?? [0, 0];
          const far: Point = [feet[0] > 0.5 ? 0 : 1, 0];
          const observations = [
            everybody(0, [trackAt(99, far, { size, zones: [] })]),
            ...[1, 2, 3].map((second) => presence(second, [trackAt(99, feet, { size })])),
          ];
          expect(raises(observations, lessons)).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });
});
