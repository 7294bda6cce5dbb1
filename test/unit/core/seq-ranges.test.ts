import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addRange,
  cutRange,
  gapsIn,
  hasSeq,
  rangesOf,
  rangesText,
  type SeqRange,
} from "../../../src/core/seq-ranges.ts";

const range = fc
  .tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 12 }))
  .map(([first, more]): SeqRange => ({ first, last: first + more }));
const steps = fc.array(fc.tuple(fc.boolean(), range), { maxLength: 20 });

function numbers(ranges: readonly SeqRange[]): number[] {
  return ranges.flatMap(({ first, last }) =>
    Array.from({ length: last - first + 1 }, (_, index) => first + index),
  );
}

describe("ranges of numbers", () => {
  test("hold what a set of numbers would, in order, and no two of them touch", () => {
    fc.assert(
      fc.property(steps, range, (all, within) => {
        let ranges: readonly SeqRange[] = [];
        const set = new Set<number>();
        for (const [isAdded, one] of all) {
          ranges = isAdded ? addRange(ranges, one) : cutRange(ranges, one);
          for (const seq of numbers([one])) isAdded ? set.add(seq) : set.delete(seq);
        }
        const sorted = [...set].sort((a, b) => a - b);
        expect(numbers(ranges)).toEqual(sorted);
        expect(ranges).toEqual(rangesOf(sorted));
        expect(numbers(gapsIn(ranges, within))).toEqual(numbers([within]).filter((seq) => !set.has(seq)));
        for (const seq of numbers([within])) expect(hasSeq(ranges, seq)).toBe(set.has(seq));
      }),
    );
  });

  test("take no empty range, and are written as people write them", () => {
    expect(addRange([], { first: 3, last: 2 })).toEqual([]);
    expect(
      rangesText([
        { first: 5, last: 9 },
        { first: 12, last: 12 },
      ]),
    ).toBe("5-9,12");
  });
});
