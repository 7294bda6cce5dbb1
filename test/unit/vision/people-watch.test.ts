import { describe, expect, test } from "vitest";
import type { Box, Polygon } from "../../../src/core/geometry.ts";
import type { PlannedLook } from "../../../src/vision/people/look-gate.ts";
import type { PersonModelFacts } from "../../../src/vision/people/person-model.ts";
import type { PeopleFinding } from "../../../src/vision/people-findings.ts";
import { PeopleWatch } from "../../../src/vision/people-watch.ts";
import { Unrest } from "../../../src/vision/unrest.ts";

const FACTS: PersonModelFacts = {
  id: "by-hand",
  sha256: "",
  sides: { multiple: 32, width: 640, height: 640 },
  usualScore: 0.4,
};
const RIGHT_HALF: Polygon = [
  [0.5, 0],
  [1, 0],
  [1, 1],
  [0.5, 1],
];
const RESTLESS = new Unrest(new Uint8Array(80 * 45).fill(1), 80);
const CALM = new Unrest(new Uint8Array(80 * 45), 80);

/** A person of 20 % of the height with the feet at 0.7. */
const standing = (x: number): Box => ({ x: x - 0.025, y: 0.5, width: 0.05, height: 0.2 });

/** A picture that differs from the background in these boxes. */
function unrestIn(boxes: readonly Box[]): Unrest {
  const [columns, rows] = [80, 45];
  const cells = Uint8Array.from({ length: columns * rows }, (_, cell) => {
    const [x, y] = [((cell % columns) + 0.5) / columns, (Math.floor(cell / columns) + 0.5) / rows];
    return boxes.some((box) => x > box.x && x < box.x + box.width && y > box.y && y < box.y + box.height)
      ? 1
      : 0;
  });
  return new Unrest(cells, columns);
}

/** A model that sees what is there, wherever it is looked at. */
function createScene(unrestOf: (people: readonly Box[]) => Unrest = unrestIn) {
  const watch = new PeopleWatch(
    {
      zones: [{ id: "bank", polygon: RIGHT_HALF }],
      lines: [
        {
          id: "gate",
          name: "gate",
          points: [
            [0.7, 0],
            [0.7, 1],
          ],
          inside: "left",
        },
      ],
    },
    { width: 640, height: 360 },
    FACTS,
  );
  let atMs = 0;
  const show = (
    people: readonly Box[],
    isMoving = true,
    score = 0.7,
    unrest = unrestOf(people),
  ): PeopleFinding | undefined => {
    atMs += 200;
    const looks = watch.plan({ moving: isMoving ? people : [], isLearning: false }, atMs);
    if (looks.length === 0) return undefined;
    const results = looks.map((look) => {
      const { box: area } = look.crop;
      const inCrop = people.map((box) => ({
        x: (box.x - area.x) / area.width,
        y: (box.y - area.y) / area.height,
        width: box.width / area.width,
        height: box.height / area.height,
      }));
      const seen = inCrop.filter(
        ({ x, y, width, height }) => x >= 0 && y >= 0 && x + width <= 1 && y + height <= 1,
      );
      return { look, people: seen.map((box) => ({ box, score })) };
    });
    return watch.take(results, unrest, atMs);
  };
  return {
    show,
    /** Walks from one place to another, 0.02 of the width a picture. */
    walk(from: number, to: number): (PeopleFinding | undefined)[] {
      const steps = Math.round(Math.abs(to - from) / 0.02);
      return Array.from({ length: steps + 1 }, (_, i) => show([standing(from + ((to - from) * i) / steps)]));
    },
    wait(seconds: number, people: readonly Box[]): (PeopleFinding | undefined)[] {
      return Array.from({ length: seconds * 5 }, () => show(people, false));
    },
    /** People are there, but the model sees nobody. */
    miss(seconds: number, people: readonly Box[]): (PeopleFinding | undefined)[] {
      return Array.from({ length: seconds * 5 }, () => show([], false, 0, unrestOf(people)));
    },
  };
}

const presence = (findings: readonly (PeopleFinding | undefined)[]): boolean[] =>
  findings.flatMap((finding) => finding?.zones.map(({ present }) => present) ?? []);

describe("the watch for people", () => {
  test("finds who walks into a zone with the feet, and not before", () => {
    const scene = createScene();
    expect(presence(scene.walk(0.2, 0.48))).not.toContain(true);
    const looked = scene.walk(0.5, 0.6).findLast((finding) => finding !== undefined);
    const [zone] = looked?.zones ?? [];
    expect(zone).toMatchObject({ zone: "bank", present: true });
    expect(zone?.tracks).toMatchObject([{ id: 1, moved: true, zones: ["bank"], score: 0.7 }]);
  });

  test("finds who appears inside of a zone within 0.6 s", () => {
    const found = createScene().walk(0.7, 0.9);
    expect(found.findIndex((finding) => finding?.zones[0]?.present)).toBeLessThanOrEqual(3);
  });

  test("never finds what stands there like a person, whatever moves around it", () => {
    const scene = createScene(() => RESTLESS);
    expect(presence(Array.from({ length: 300 }, () => scene.show([standing(0.7)])))).not.toContain(true);
  });

  test("never finds what only its box says has moved", () => {
    const scene = createScene(() => CALM);
    expect(presence(scene.walk(0.6, 0.9))).not.toContain(true);
  });

  test("finds again and again who came and stands still", () => {
    const scene = createScene();
    scene.walk(0.3, 0.7);
    const standingStill = presence(scene.wait(60, [standing(0.7)]));
    expect(standingStill.length).toBeGreaterThanOrEqual(60);
    expect(standingStill).not.toContain(false);
  });

  test("keeps who came and stands there while looks miss him for 10 s, and not for 20", () => {
    const scene = createScene();
    scene.walk(0.3, 0.7);
    scene.wait(3, [standing(0.7)]);
    const missed = presence(scene.miss(10, [standing(0.7)]));
    expect(missed.length).toBeGreaterThanOrEqual(10);
    expect(missed).not.toContain(false);
    expect(presence(scene.miss(10, [standing(0.7)]))).toContain(false);
  });

  test("takes nobody for gone while time was too short to look for him", () => {
    const watch = new PeopleWatch(
      { zones: [{ id: "bank", polygon: RIGHT_HALF }] },
      { width: 640, height: 360 },
      FACTS,
    );
    const lookAt = (x: number): PlannedLook => ({
      isPatrol: false,
      crop: { box: { x, y: 0.3, width: 0.3, height: 0.5 }, width: 416, height: 224 },
    });
    const walker = (x: number) => ({ box: { x, y: 0.4, width: 0.15, height: 0.4 }, score: 0.8 });
    for (const [i, x] of [0.2, 0.3, 0.4, 0.5].entries()) {
      watch.take([{ look: lookAt(0.6), people: [walker(x)] }], RESTLESS, 200 * i);
    }
    const elsewhere = watch.take([{ look: lookAt(0), people: [] }], CALM, 4600);
    expect(elsewhere.zones).toMatchObject([{ present: true }]);
    const inVain = watch.take([{ look: lookAt(0.6), people: [] }], CALM, 4800);
    expect(inVain.zones).toMatchObject([{ present: false, changed: true }]);
  });

  test("says once that a zone is empty again, within 4 s after the last has gone", () => {
    const scene = createScene();
    scene.walk(0.5, 0.7);
    const after = scene.wait(4, []).flatMap((finding) => finding?.zones ?? []);
    expect(after.filter(({ changed }) => changed)).toMatchObject([{ present: false, boxes: [], tracks: [] }]);
  });

  test("tells who goes over a line, and which way", () => {
    const crossings = createScene()
      .walk(0.5, 0.9)
      .flatMap((finding) => finding?.crossings ?? []);
    expect(crossings).toMatchObject([{ line: "gate", direction: "in", track: 1, score: 0.7 }]);
    const [{ path = [], box, sureness = 0 } = { box: standing(0) }] = crossings;
    expect(sureness).toBeGreaterThan(1);
    expect(path.length).toBeGreaterThan(3);
    expect(path.at(-1)?.[0]).toBeCloseTo(box.x + box.width / 2, 3);
  });

  test("asks for every picture while somebody may be about to be found, and no longer", () => {
    const scene = createScene();
    const walked = scene.walk(0.5, 0.7).flatMap((finding) => (finding ? [finding.isPending] : []));
    expect([walked[0], walked.at(-1)]).toEqual([true, false]);
  });

  test("goes on with the ids of tracks where it is told to", () => {
    const watch = new PeopleWatch({ zones: [], firstTrack: 41 }, { width: 640, height: 360 }, FACTS);
    const look = watch.plan({ moving: [], isLearning: true }, 0)[0];
    if (!look) throw new Error("no look");
    const see = (atMs: number) =>
      watch.take([{ look, people: [{ box: standing(0.4), score: 0.9 }] }], RESTLESS, atMs).tracks;
    see(0);
    expect(see(200).map(({ id }) => id)).toEqual([41]);
  });

  test("sees one person in two looks that overlap once", () => {
    const watch = new PeopleWatch({ zones: [] }, { width: 640, height: 360 }, FACTS);
    const whole = {
      isPatrol: true,
      crop: { box: { x: 0, y: 0, width: 1, height: 1 }, width: 416, height: 224 },
    };
    const part = {
      isPatrol: false,
      crop: { box: { x: 0.5, y: 0.25, width: 0.5, height: 0.5 }, width: 416, height: 224 },
    };
    for (const atMs of [0, 200]) {
      const finding = watch.take(
        [
          { look: whole, people: [{ box: { x: 0.7, y: 0.4, width: 0.05, height: 0.2 }, score: 0.6 }] },
          { look: part, people: [{ box: { x: 0.41, y: 0.31, width: 0.09, height: 0.39 }, score: 0.8 }] },
        ],
        RESTLESS,
        atMs,
      );
      if (atMs > 0) expect(finding.tracks).toHaveLength(1);
    }
  });
});
