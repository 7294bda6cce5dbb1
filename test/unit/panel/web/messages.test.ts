import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { zh } from "../../../../src/panel/web/messages/zh.ts";

const PAGE = "src/panel/web";

const sources = readdirSync(PAGE, { recursive: true, encoding: "utf8" })
  .filter((path) => /\.(vue|ts)$/.test(path) && !path.startsWith("messages"))
  .map((path) => ({ path, text: readFileSync(join(PAGE, path), "utf8") }));

function lookUp(key: string): unknown {
  return key.split(".").reduce<unknown>((node, step) => {
    return typeof node === "object" && node !== null ? (node as Record<string, unknown>)[step] : undefined;
  }, zh);
}

describe("the words of the page", () => {
  test("stand in the messages only", () => {
    const spoken = sources.filter(({ text }) => /[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]/.test(text));
    expect(spoken.map(({ path }) => path)).toEqual([]);
  });

  test("are there for every key that is used", () => {
    // What is handed to t or phrase, chosen between two, or kept in a table of keys.
    const places = [/\b(?:t|phrase)\(\s*/, /\?\s*/, /["'`]\s*:\s*/, /\w+:\s*/];
    const used = sources.flatMap(({ text }) =>
      places.flatMap((place) => {
        const pattern = new RegExp(`${place.source}["'\`]([a-z]+(?:\\.[A-Za-z]+)+)["'\`](?!\\s*:)`, "g");
        return [...text.matchAll(pattern)].map(([, key]) => key ?? "");
      }),
    );
    const missing = used.filter((key) => lookUp(key) === undefined);
    expect(used.length).toBeGreaterThan(100);
    expect([...new Set(missing)]).toEqual([]);
  });

  test("hold no sign that the message syntax would take for its own", () => {
    const texts: string[] = [];
    const collect = (node: unknown): void => {
      if (typeof node === "string") texts.push(node);
      else if (typeof node === "object" && node !== null) Object.values(node).forEach(collect);
    };
    collect(zh);
    expect(texts.filter((text) => /[@|]/.test(text))).toEqual([]);
  });
});
