import { expect, test } from "vitest";
import { joinForBar, joinPassages, type Passage } from "../../../../src/panel/web/words/passages.ts";

const SECOND = 1_000;
function passage(from: number, to: number, more: Partial<Passage> = {}): Passage {
  const [fromMs, toMs] = [from * SECOND, to * SECOND];
  return { fromMs, toMs, jumpToMs: fromMs - 3_000, isDated: true, ...more };
}

test("who walks, stands and walks on is one passage, with where it ended", () => {
  const found = [passage(0, 12), passage(12, 20, { towards: "left" }), passage(24, 30)];
  expect(joinPassages([], found)).toEqual([passage(0, 30, { towards: "left" })]);
});

test("who comes later is another, and so is what an unset clock dated", () => {
  const found = [passage(0, 5), passage(11, 12), passage(13, 14, { isDated: false })];
  expect(joinPassages([], found)).toEqual(found);
});

test("a page goes on with the last passage of the one before", () => {
  const first = joinPassages([], [passage(0, 5), passage(60, 72)]);
  expect(joinPassages(first, [passage(72, 80), passage(100, 101)])).toEqual([
    passage(0, 5),
    passage(60, 80),
    passage(100, 101),
  ]);
  expect(first).toHaveLength(2);
});

test("a bar draws as one what its pixels cannot keep apart, and no more than it has pixels", () => {
  const range = { fromMs: 0, toMs: 86_400 * SECOND };
  const busy = Array.from({ length: 20_000 }, (_, i) => ({ fromMs: i * 4_000, toMs: i * 4_000 + 500 }));
  expect(joinForBar(busy, range, 600)).toEqual([{ fromMs: 0, toMs: 19_999 * 4_000 + 500 }]);
  const sparse = Array.from({ length: 5_000 }, (_, i) => ({ fromMs: i * 17_000, toMs: i * 17_000 }));
  expect(joinForBar(sparse, range, 600).length).toBeLessThanOrEqual(600);
  const few = [
    { fromMs: 0, toMs: 10 },
    { fromMs: 10_000_000, toMs: 10_000_010 },
  ];
  expect(joinForBar(few, range, 600)).toEqual(few);
});

test("a long stretch is not cut short by a short one within it", () => {
  const range = { fromMs: 0, toMs: 600_000 };
  const within = [
    { fromMs: 0, toMs: 60_000 },
    { fromMs: 1_000, toMs: 2_000 },
  ];
  expect(joinForBar(within, range, 600)).toEqual([{ fromMs: 0, toMs: 60_000 }]);
});
