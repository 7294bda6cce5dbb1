import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Lesson, Teaching } from "../../../src/core/lesson.ts";
import type { Rule } from "../../../src/core/site.ts";
import { learnFrom, MOST_SHARE } from "../../../src/rules/false-alarm.ts";
import { hoursOf } from "../../../src/rules/lesson-hours.ts";
import { coveredShare } from "../../../src/rules/lesson-place.ts";
import {
  BANK,
  boxAt,
  CAMERAS,
  draftFrom,
  lessonFrom,
  raised,
  raisedByMovement,
  trackAt,
} from "./lesson-samples.ts";
import { personRule } from "./rule-samples.ts";

const duck = trackAt(7, [0.3, 0.8]);
const learnt = (
  data: Readonly<Record<string, unknown>>,
  lessons: readonly Lesson[] = [],
  rule: Rule = personRule,
) => learnFrom(data, rule, CAMERAS, lessons);

describe("what a false alarm teaches", () => {
  test("is the size and place of what raised it, by the means that found it", () => {
    expect(draftFrom(raised([duck]))).toEqual({
      camera: "pond-east",
      zone: "bank",
      detector: "people",
      isPerson: false,
      spots: [
        {
          feet: [0.3, 0.8],
          reach: [0.04, 0.03],
          width: duck.box.width,
          height: duck.box.height,
          factor: 1.6,
        },
      ],
    });
  });

  test("is of those tracks only for which the rule acted", () => {
    const bystander = trackAt(8, [0.6, 0.9]);
    const { spots } = draftFrom(raised([duck, bystander], { raisedBy: [7] }));
    expect(spots.map(({ feet }) => feet)).toEqual([[0.3, 0.8]]);
  });

  test("is narrower and shorter where a model was sure to see a person", () => {
    const { isPerson, spots } = draftFrom(raised([{ ...duck, sureness: 2 }]));
    expect(isPerson).toBe(true);
    expect(spots[0]?.factor).toBe(1.3);
    expect(spots[0]?.reach[0]).toBeCloseTo(0.024);
    expect(spots[0]?.reach[1]).toBeCloseTo(0.018);
  });

  test("is by movement the boxes that moved, up to three", () => {
    const places = [0.2, 0.4, 0.6, 0.8].map((x) => boxAt([x, 0.8]));
    expect(draftFrom(raisedByMovement(places.slice(0, 3))).spots).toHaveLength(3);
    expect(learnt(raisedByMovement(places))).toEqual({ kind: "nothing", code: "lesson.several" });
  });

  test("is nothing new where it was taught before", () => {
    const lesson = lessonFrom(raised([duck]));
    expect(learnt(raised([trackAt(9, [0.31, 0.81])]), [lesson])).toEqual({ kind: "repeats", lesson });
    expect(learnt(raised([trackAt(9, [0.5, 0.8])]), [lesson]).kind).toBe("lesson");
    expect(learnt(raised([trackAt(9, [0.31, 0.81], { size: 2 })]), [lesson]).kind).toBe("lesson");
  });

  const level = { kind: "reading", sensor: "pond-level", value: 3.4, unit: "m", quality: "good" };
  const contact = { kind: "contact", input: "sos", closed: true };
  const crossing = { kind: "crossing", camera: "pond-east", line: "gate", direction: "in", box: duck.box };
  const because = raised([duck])["because"] as object;
  test.each<[string, string, object]>([
    ["a level", "lesson.no_picture", { because: level }],
    ["a button", "lesson.no_picture", { because: contact }],
    ["nothing", "lesson.no_picture", {}],
    ["a number", "lesson.no_picture", { because: 7 }],
    ["a crossing", "lesson.line", { because: crossing }],
    ["a question about who vanished", "lesson.question", { because, question: "gone" }],
    ["nobody", "lesson.no_box", { because: { ...because, tracks: [], boxes: [] } }],
    [
      "movement whose boxes are over",
      "lesson.no_box",
      { because: { ...because, tracks: undefined, boxes: [] } },
    ],
    [
      "boxes that are none",
      "lesson.no_box",
      { because: { ...because, tracks: undefined, boxes: [{ x: "0" }] } },
    ],
    [
      "a box without height",
      "lesson.no_box",
      { because: { ...because, tracks: undefined, boxes: [{ ...duck.box, height: 0 }] } },
    ],
    [
      "a box that is not a number",
      "lesson.no_box",
      { because: { ...because, tracks: [{ ...duck, box: { ...duck.box, x: null } }] } },
    ],
    ["a zone of no name", "lesson.no_box", { because: { ...because, zone: 3 } }],
    ["a zone that was taken out", "lesson.zone_gone", { because: { ...because, zone: "pier" } }],
    ["a camera that was taken out", "lesson.zone_gone", { because: { ...because, camera: "gate" } }],
  ])("is nothing from %s (%s)", (_what, code, data) => {
    expect(learnt(data as Record<string, unknown>)).toEqual({ kind: "nothing", code });
  });

  test("is nothing of a call for help", () => {
    const emergency: Rule = { ...personRule, alarm: { severity: "emergency" } };
    expect(learnt(raised([duck]), [], emergency)).toEqual({ kind: "nothing", code: "lesson.emergency" });
  });

  test("is nothing where the zone is too small beside it", () => {
    const near = trackAt(1, [0.5, 0.95], { size: 14 });
    expect(learnt(raised([near]))).toEqual({ kind: "nothing", code: "lesson.zone_small" });
  });

  test("stops before a quarter of the zone is covered, or eight lessons stand", () => {
    let lessons: readonly Lesson[] = [];
    const refused: string[] = [];
    for (let index = 0; index < 16; index++) {
      const feet = [0.15 + (index % 4) * 0.22, 0.5 + Math.floor(index / 4) * 0.13] as const;
      const result = learnt(raised([trackAt(index, feet, { size: 3 })]), lessons);
      if (result.kind === "nothing") refused.push(result.code);
      if (result.kind === "lesson") lessons = [...lessons, { ...result.draft, id: `${index}`, taught: [] }];
    }
    expect(lessons.length).toBeGreaterThan(1);
    expect(new Set(refused)).toEqual(new Set(["lesson.zone_full"]));
    expect(
      coveredShare(
        BANK,
        lessons.flatMap(({ spots }) => spots),
      ),
    ).toBeLessThanOrEqual(MOST_SHARE);
  });

  test("never covers more than a quarter, whatever is called false", () => {
    const sight = fc.record({
      x: fc.double({ min: 0.1, max: 0.9, noNaN: true }),
      y: fc.double({ min: 0.4, max: 1, noNaN: true }),
      size: fc.double({ min: 0.1, max: 15, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(sight, { maxLength: 30 }), (sights) => {
        let lessons: readonly Lesson[] = [];
        for (const [index, { x, y, size }] of sights.entries()) {
          const result = learnt(raised([trackAt(index, [x, y], { size })]), lessons);
          if (result.kind === "lesson")
            lessons = [...lessons, { ...result.draft, id: `${index}`, taught: [] }];
        }
        expect(lessons.length).toBeLessThanOrEqual(8);
        const share = coveredShare(
          BANK,
          lessons.flatMap(({ spots }) => spots),
        );
        expect(share).toBeLessThanOrEqual(MOST_SHARE);
      }),
      { numRuns: 30 },
    );
  });
});

describe("the times of day at which a lesson holds", () => {
  const teaching = (time: string, clock: Teaching["clock"] = "synced"): Teaching => ({
    alarm: time,
    by: { kind: "person", name: "王干部" },
    atMs: Date.parse(`2026-07-0${time}+08:00`),
    clock,
  });
  const hours = (...taught: Teaching[]) => hoursOf(taught, "Asia/Shanghai");
  test.each<[string, Teaching[], ReturnType<typeof hours>]>([
    ["one", [teaching("1T14:00")], undefined],
    ["two that agree", [teaching("1T14:00"), teaching("2T14:10")], undefined],
    [
      "three within four hours",
      [teaching("1T13:00"), teaching("2T15:30"), teaching("3T14:00")],
      { fromMinute: 12 * 60, toMinute: 16 * 60 + 30 },
    ],
    [
      "three over midnight",
      [teaching("1T23:30"), teaching("2T00:30"), teaching("3T23:45")],
      { fromMinute: 22 * 60 + 30, toMinute: 90 },
    ],
    ["three that disagree", [teaching("1T08:00"), teaching("2T14:00"), teaching("3T20:00")], undefined],
    ["three just too far apart", [teaching("1T08:00"), teaching("2T10:00"), teaching("3T12:01")], undefined],
    [
      "three of which one clock was wrong",
      [teaching("1T13:00"), teaching("2T13:00", "unsynced"), teaching("3T13:00")],
      undefined,
    ],
    [
      "three at the same minute",
      [teaching("1T13:00"), teaching("2T13:00"), teaching("3T13:00")],
      { fromMinute: 12 * 60, toMinute: 14 * 60 },
    ],
  ])("of %s", (_what, taught, expected) => {
    expect(hours(...taught)).toEqual(expected);
  });
});
