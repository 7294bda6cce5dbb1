import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson } from "../../../src/buffer/json-data.ts";

const circle: Record<string, unknown> = {};
circle["self"] = circle;

let shared: unknown = [0];
for (let depth = 0; depth < 40; depth += 1) shared = [shared, shared];

describe("canonical JSON", () => {
  test.each([
    ["NaN", { a: Number.NaN }],
    ["infinity", { a: Number.POSITIVE_INFINITY }],
    ["a circle", circle],
    ["undefined in a list", { a: [undefined] }],
    ["a hole in a list", { a: new Array(1) }],
    ["a function", { a: () => 1 }],
    ["a symbol", { a: Symbol("s") }],
    ["a bigint", { a: 1n }],
    ["a date", { a: new Date(0) }],
    ["a map", { a: new Map() }],
    ["half a character in a text", { a: "塘\ud83d" }],
    ["half a character in a name", { "\udc00": 1 }],
  ])("refuses %s", (_, data) => {
    expect(() => canonicalJson(data)).toThrow(expect.objectContaining({ code: "event.not_json" }));
  });

  test.each([[undefined], [null], ["text"], [[1]]])("refuses %j in place of an object", (data) => {
    expect(() => canonicalJson(data as never)).toThrow(expect.objectContaining({ code: "event.not_json" }));
  });

  test("refuses a small object that is huge when written out", () => {
    expect(() => canonicalJson({ shared })).toThrow(expect.objectContaining({ code: "event.too_large" }));
  });

  test("leaves out members that are undefined", () => {
    expect(canonicalJson({ b: 1, a: undefined })).toBe('{"b":1}');
  });

  test("keeps a member named __proto__", () => {
    expect(canonicalJson(JSON.parse('{"__proto__":{"a":1}}'))).toBe('{"__proto__":{"a":1}}');
  });

  test("does not depend on the order of members and reads back as the same value", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue({ maxDepth: 4 })), (data) => {
        const text = canonicalJson(data);
        const turned = Object.fromEntries(Object.entries(data).reverse());
        expect(canonicalJson(turned)).toBe(text);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(data)));
      }),
    );
  });
});
