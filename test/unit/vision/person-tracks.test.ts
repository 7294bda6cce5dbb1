import { describe, expect, test } from "vitest";
import type { Box } from "../../../src/core/geometry.ts";
import { PersonTracks, type Sighting } from "../../../src/vision/people/person-tracks.ts";

const LOOK_MS = 200;

function person(
  x: number,
  more: Partial<Sighting> & { readonly height?: number; readonly y?: number } = {},
): Sighting {
  const { height = 0.2, y = 0.5, ...rest } = more;
  const box: Box = { x, y, width: height / 4, height };
  return { box, score: 0.7, isCut: false, unrest: 0.3, ...rest };
}

/** Shows one look after the other, 5 a second. */
function follow(looks: readonly (readonly Sighting[])[], everyMs = LOOK_MS, isSought = false) {
  const tracks = new PersonTracks({ aspect: 16 / 9, usualScore: 0.4, firstId: 1 });
  const seen = looks.map((sightings, index) => {
    tracks.look(
      sightings,
      () => isSought,
      () => 0,
      index * everyMs,
    );
    return tracks.all;
  });
  return { seen, last: seen.at(-1) ?? [] };
}

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

describe("the tracks of people", () => {
  /** How sure of the only track, after each look. */
  const surenessOf = (scores: readonly (number | undefined)[]): number[] => {
    const looks = scores.map((score, i) => (score ? [person(0.3 + i * 0.01, { score })] : []));
    return follow(looks, LOOK_MS, true).seen.map(([track]) => Number((track?.sureness ?? 0).toFixed(2)));
  };

  test.each([
    ["two looks at the usual score are enough for a rule", [0.4, 0.4], [0.5, 1]],
    ["one look never is, however sure", [0.99], [0.9]],
    [
      "many looks of little more than chance are enough in the end",
      [0.37, 0.37, 0.37, 0.37],
      [0.25, 0.51, 0.76, 1.02],
    ],
    ["looks that say nothing either way never are", [0.3, 0.3, 0.3, 0.3, 0.3], [0, 0, 0, 0, 0]],
    [
      "what flickers is not, though it often reaches the usual score",
      [0.4, 0.24, 0.4, 0.24, 0.4],
      [0.5, 0.5, 0.6, 0.6, 0.7],
    ],
    [
      "what looks sought in vain in between is not",
      [0.4, undefined, 0.4, undefined, 0.4],
      [0.5, 0.5, 0.6, 0.6, 0.7],
    ],
    ["once it was sure it stays so", [0.5, 0.5, 0.25, undefined], [0.9, 1.8, 1.8, 1.8]],
  ])("are sure of somebody by all their looks: %s", (_, scores, sureness) => {
    expect(surenessOf(scores)).toEqual(sureness);
  });

  test("stand a little inside of the picture when its edge cuts them, as a zone drawn by hand ends there", () => {
    const cut: Box = { x: 0.3, y: 0.6, width: 0.1, height: 0.4 };
    expect(follow([[{ ...person(0.3), box: cut }]]).last[0]?.feet).toEqual([0.35, 0.98]);
    expect(follow([[{ ...person(0.3), box: { ...cut, x: 0.97, width: 0.03 } }]]).last[0]?.feet).toEqual([
      0.98, 0.98,
    ]);
  });

  test("are never sure of what is wider than it is high, unless it was somebody before it lay down", () => {
    const wide = (x: number): Sighting => {
      const { box, ...rest } = person(x);
      return { ...rest, box: { ...box, width: 0.12 } };
    };
    expect(follow(times(20, (i) => [wide(0.3 + i * 0.01)])).last).toMatchObject([{ sureness: 0 }]);
    // Half in the picture anybody may look like this.
    expect(follow(times(5, () => [wide(0)])).last[0]?.sureness).toBeGreaterThan(1);
    const { last } = follow([...times(5, (i) => [person(0.3 + i * 0.01)]), ...times(5, () => [wide(0.33)])]);
    expect(last).toMatchObject([{ id: 1, moved: true }]);
    expect(last[0]?.sureness).toBeGreaterThan(1);
  });

  test("take no notice of what is smaller than anybody who is to be found", () => {
    expect(follow(times(5, (i) => [person(0.3 + i * 0.01, { height: 0.06 })])).last).toEqual([]);
    expect(follow(times(5, (i) => [person(0.3 + i * 0.01, { height: 0.07 })])).last).toHaveLength(1);
  });

  test("take no notice of what is hardly anybody", () => {
    expect(follow(times(5, () => [person(0.3, { score: 0.2 })])).last).toEqual([]);
  });

  test("tell that somebody has moved once it has gone a fifth of its own height", () => {
    const { seen } = follow(times(6, (i) => [person(0.3 + i * 0.01)]));
    // 0.01 of the width is 0.018 of the height, and a fifth of this person 0.04.
    expect(seen.map(([track]) => track?.moved)).toEqual([false, false, false, true, true, true]);
  });

  test("tell it of who comes straight on, whose feet alone go down the picture", () => {
    const { last } = follow(times(5, (i) => [person(0.4, { height: 0.3 * 1.12 ** i })]));
    expect(last[0]?.moved).toBe(true);
  });

  test("never tell it of what stands and jitters", () => {
    const { last } = follow(times(300, (i) => [person(0.3 + (i % 3) * 0.004, { y: 0.5 + (i % 2) * 0.015 })]));
    expect(last).toMatchObject([{ id: 1, moved: false }]);
  });

  test("never tell it of what jumps where nothing moves in the picture", () => {
    const { last } = follow(times(50, (i) => [person(0.3 + (i % 2) * 0.06, { unrest: 0.02 })]));
    expect(last[0]?.moved).toBe(false);
  });

  test("never tell it of a person cut by the edge of a look, whose box ends where the look does", () => {
    const { last } = follow(times(10, (i) => [person(0.3, { height: 0.1 + (i % 3) * 0.04, isCut: true })]));
    expect(last[0]?.moved).toBe(false);
  });

  test("keep the height of somebody of whom a look shows the upper half", () => {
    const whole = times(4, (i) => [person(0.3 + i * 0.02, { height: 0.4, y: 0.4 })]);
    const { last } = follow([
      ...whole,
      ...times(5, () => [person(0.36, { height: 0.2, y: 0.4, isCut: true })]),
    ]);
    expect(last.map(({ id, feet }) => [id, Number(feet[1].toFixed(2))])).toEqual([[1, 0.8]]);
  });

  test("keep two who pass each other apart by where each goes", () => {
    const { seen, last } = follow(
      times(21, (i) => [person(0.2 + i * 0.02), person(0.6 - i * 0.02, { y: 0.55 })]),
    );
    expect(last).toHaveLength(2);
    const ends = (id: number) => seen.at(-1)?.find((track) => track.id === id)?.box.x ?? 0;
    expect(ends(1)).toBeCloseTo(0.6);
    expect(ends(2)).toBeCloseTo(0.2);
  });

  test("keep a walker through looks that miss it", () => {
    const { last } = follow(times(12, (i) => (i === 5 || i === 6 ? [] : [person(0.2 + i * 0.015)])));
    expect(last.map(({ id }) => id)).toEqual([1]);
  });

  test("keep who has moved and stands, also when looks miss it for seconds", () => {
    const walk = times(8, (i) => [person(0.2 + i * 0.015)]);
    const { last } = follow([...walk, ...times(25, () => []), [person(0.31)]]);
    expect(last.map(({ id }) => id)).toEqual([1]);
  });

  test("are another one for who comes seconds after the last has gone", () => {
    const walk = times(8, (i) => [person(0.8 + i * 0.015)]);
    const { last } = follow([...walk, ...times(10, () => []), [person(0.5)]]);
    expect(last.map(({ id }) => id)).toContain(2);
  });

  test("work at one look a second as well, for who walks", () => {
    const { last } = follow(
      times(6, (i) => [person(0.2 + i * 0.07)]),
      1000,
    );
    expect(last.map(({ id, moved }) => [id, moved])).toEqual([[1, true]]);
  });

  test("put the feet of who stands at the picture's lower edge inside it", () => {
    const { last } = follow([[person(0.3, { y: 0.6, height: 0.4 })]]);
    expect(last[0]?.feet[1]).toBeLessThan(1);
  });
});
