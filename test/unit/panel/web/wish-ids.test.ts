import { expect, test } from "vitest";
import { createWishIds } from "../../../../src/panel/web/words/wish-ids.ts";

const WISH = { speakers: ["pond"], text: "水涨了" };
const MINUTE_MS = 60_000;

function createRig() {
  let made = 0;
  const clock = { nowMs: 0 };
  const ids = createWishIds(
    () => `id-${++made}`,
    () => clock.nowMs,
  );
  return { ids, clock };
}

test("the same wish has one id until the box has answered", () => {
  const { ids, clock } = createRig();
  expect(ids.of(WISH)).toBe("id-1");
  clock.nowMs = 5 * MINUTE_MS;
  expect(ids.of({ ...WISH })).toBe("id-1");
  ids.answered();
  expect(ids.of(WISH)).toBe("id-2");
});

test("what was changed before the next try is another wish", () => {
  const { ids } = createRig();
  const first = ids.of(WISH);
  expect(ids.of({ ...WISH, text: "水退了" })).not.toBe(first);
});

test("the same words long after are another wish: nobody who warns again is answered with what was said before", () => {
  const { ids, clock } = createRig();
  const first = ids.of(WISH);
  clock.nowMs = 11 * MINUTE_MS;
  expect(ids.of(WISH)).not.toBe(first);
});
