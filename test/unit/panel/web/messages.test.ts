import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { en } from "../../../../src/panel/web/messages/en.ts";
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

const CHINESE = /[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]/;

/** They take in the month, or the kind of what was changed, by its key. */
const LINKED = /^(time\.date(Time)?|event\.setUp\w+)$/;

/** Every text by its whole key. */
function textsOf(node: unknown, key: readonly string[] = []): Map<string, string> {
  if (typeof node === "string") return new Map([[key.join("."), node]]);
  if (typeof node !== "object" || node === null) return new Map();
  return new Map(Object.entries(node).flatMap(([step, inner]) => [...textsOf(inner, [...key, step])]));
}

function parametersOf(text: string): string[] {
  return [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? ""))].sort();
}

describe("the words of the page", () => {
  test("stand in the messages only", () => {
    const spoken = sources.filter(({ text }) => CHINESE.test(text));
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
    const texts = [...textsOf(zh)].filter(([key]) => !LINKED.test(key)).map(([, text]) => text);
    expect(texts.filter((text) => /[@|]/.test(text))).toEqual([]);
  });
});

describe("the English words", () => {
  const chinese = textsOf(zh);
  const english = textsOf(en);

  test("are there for everything that is said in Chinese, and for nothing else", () => {
    expect([...english.keys()].sort()).toEqual([...chinese.keys()].sort());
  });

  test("take in what the Chinese ones take in", () => {
    const different = [...chinese].filter(
      ([key, text]) => parametersOf(text).join() !== parametersOf(english.get(key) ?? "").join(),
    );
    expect(different.map(([key]) => key)).toEqual([]);
  });

  test("hold no Chinese but what horns say, and the language's own name", () => {
    const kept = [...english].filter(([, text]) => CHINESE.test(text)).map(([key]) => key);
    const spoken = zh.speak.presetTexts.map((_text, index) => `speak.presetTexts.${index}`);
    expect(kept.sort()).toEqual(["display.languages.zh", ...spoken].sort());
  });

  test("hold no sign that the message syntax would take for its own, but between one and several", () => {
    const texts = [...english].filter(([key]) => !LINKED.test(key));
    expect(texts.filter(([, text]) => text.includes("@"))).toEqual([]);
    const plurals = texts.filter(([, text]) => text.includes("|"));
    expect(plurals.filter(([, text]) => !/^[^|]+ \| [^|]+$/.test(text) || !text.includes("{count}"))).toEqual(
      [],
    );
  });
});
