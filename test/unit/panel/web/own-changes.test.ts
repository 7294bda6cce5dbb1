import { describe, expect, test } from "vitest";
import type { SetUpEntry, SetUpView } from "../../../../src/core/set-up.ts";
import { areRestored, areTaken } from "../../../../src/panel/web/words/own-changes.ts";

const place = { list: "upstreams", id: "county" } as const;
const entry = { id: "county", kind: "http", token: { secret: "page-county-token" } };
const mine = { by: "installer", at: "2026-07-01T06:00:00.000Z" };
const later = { ...mine, at: "2026-07-01T06:05:00.000Z" };
const added: SetUpEntry = { ...place, entry, origin: "added", ...mine };

const seen = (version: number, ...entries: readonly SetUpEntry[]) =>
  ({ version, entries, leftOut: [] }) satisfies Partial<SetUpView>;

describe("of an order whose answer got lost", () => {
  const order = [{ ...place, entry }];

  test.each([
    ["what stands there now as it was sent", seen(0), seen(1, added), true],
    ["nothing while the version is as before", seen(1, added), seen(1, added), false],
    ["the same words with a new secret", seen(1, added), seen(2, { ...added, ...later }), true],
    [
      "nothing where it stood there before, and another one was changed",
      seen(1, added),
      seen(2, added),
      false,
    ],
    ["nothing where somebody else said the same", seen(0), seen(1, { ...added, by: "王主任" }), false],
    ["nothing where it says otherwise", seen(0), seen(1, { ...added, entry: { ...entry, url: "x" } }), false],
    ["nothing where it is taken out", seen(0), seen(2, { ...added, origin: "removed" }), false],
  ])("is known: %s", (_what, before, now, is) => {
    expect(areTaken(order, before, now, "installer")).toBe(is);
  });

  test.each([
    ["gone", seen(1, added), seen(2), true],
    ["still there", seen(1, added), seen(2, added), false],
    [
      "removed by oneself",
      seen(1, { ...place, entry, origin: "file" }),
      seen(2, { ...added, origin: "removed" }),
      true,
    ],
    ["removed by somebody else", seen(1), seen(2, { ...added, by: "王主任", origin: "removed" }), false],
  ] as const)("is known that one was taken out: %s", (_what, before, now, is) => {
    expect(areTaken([{ ...place, entry: null }], before, now, "installer")).toBe(is);
  });

  test("is known that it was put back, however it came about", () => {
    const changed = seen(1, { ...added, origin: "changed" });
    const file = { ...place, entry, origin: "file" } as const;
    expect(areRestored([place], changed, seen(2, file))).toBe(true);
    expect(areRestored([place], seen(1, added), seen(2))).toBe(true);
    expect(areRestored([place], changed, seen(1, file))).toBe(false);
    expect(areRestored([place], changed, seen(2, { ...added, origin: "changed" }))).toBe(false);
    const left = { ...place, entry, ...mine, why: "misfit" } as const;
    expect(areRestored([place], changed, { ...seen(2), leftOut: [left] })).toBe(false);
  });
});
