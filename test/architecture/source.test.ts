import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { type Finding, inspectSource, MAX_LINES } from "./source-rules.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

function sourcesUnder(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(ts|vue|mjs)$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

/** Code that runs in the browser, and code that runs before there is anything else. */
const OUTSIDE_THE_GATEWAY = /^(hw|test)\/|^src\/(panel\/web|setup)\/|^src\/setup\.mjs$/;
const MAY_TOUCH_THE_WORLD =
  /^src\/(core\/time|main|township|county|cli|gateway|gateway-run|gateway-devices|gateway-upkeep|guard|guard-run)\.ts$|^src\/config\//;

const sources = ["src", "hw", "test"].flatMap(sourcesUnder);

function violations(rules: readonly Finding["rule"][], files: readonly string[]): string[] {
  return files.flatMap((file) =>
    inspectSource(file, readFileSync(join(root, file), "utf8"))
      .filter(({ rule }) => rules.includes(rule))
      .map(({ line, text }) => `${file}:${line} ${text}`),
  );
}

describe("the sources", () => {
  it("get time, chance and the environment handed in, but for the few files that hand them out, and leave nothing at a lasting signal", () => {
    const bound = sources.filter(
      (file) => !OUTSIDE_THE_GATEWAY.test(file) && !MAY_TOUCH_THE_WORLD.test(file) && file.endsWith(".ts"),
    );
    expect(bound.length).toBeGreaterThan(10);
    expect(violations(["time", "chance", "environment", "any-signal"], bound)).toEqual([]);
  });

  it(`are at most ${MAX_LINES} lines long`, () => {
    expect(violations(["length"], sources)).toEqual([]);
  });

  it("export by name", () => {
    // A declaration file says what another package exports.
    const modules = sources.filter((file) => !file.endsWith(".vue") && !file.endsWith(".d.ts"));
    expect(violations(["default-export"], modules)).toEqual([]);
  });
});

const folders = (parent: string): string[] =>
  existsSync(join(root, parent))
    ? readdirSync(join(root, parent), { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => `${parent}/${name}`)
        .filter((folder) => sourcesUnder(folder).length > 0)
    : [];

describe("a room", () => {
  const rooms = folders("src").filter((folder) => !["src/drivers", "src/setup"].includes(folder));
  const parts = [...folders("src/drivers"), ...folders("hw/virtual")];

  it.each([...rooms, ...parts])(
    "%s says at the head of a file what it is for and what it may import",
    (folder) => {
      const name = folder.replace(/^src\//, "");
      const heads = sourcesUnder(folder)
        .filter((file) => !file.startsWith("src/panel/web/"))
        .map((file) => readFileSync(join(root, file), "utf8").split("\n\n", 1)[0] ?? "");
      expect(
        heads.filter((head) => head.startsWith(`// ${name}/: `) || head.startsWith(`// ${name}: `)),
      ).toHaveLength(1);
    },
  );
});

describe("a rule of the sources", () => {
  const rulesIn = (text: string) => inspectSource("sample.ts", text).map(({ rule }) => rule);

  it.each([
    ["const at = Date.now();", "time"],
    ['const at = Date["now"]();', "time"],
    ["const { now } = Date;", "time"],
    ["const at = new Date();", "time"],
    ["const at = new Date;", "time"],
    ["const text = Date();", "time"],
    ["setTimeout(run, 10);", "time"],
    ["globalThis.setInterval(run, 10);", "time"],
    ["const wait = { with: setImmediate };", "time"],
    ['import { setTimeout as sleep } from "node:timers/promises";', "time"],
    ["const dice = Math.random();", "chance"],
    ["const { random } = Math;", "chance"],
    ["const port = process.env.PORT;", "environment"],
    ["const { env } = process;", "environment"],
    ["const over = AbortSignal.any([a, b]);", "any-signal"],
    ["export default {};", "default-export"],
    ["export default function run() {}", "default-export"],
    ["const part = 1; export { part as default };", "default-export"],
  ])("bites on %j", (text, rule) => {
    expect(rulesIn(text)).toContain(rule);
  });

  it.each([
    "// Date.now() and setTimeout in a comment",
    'const text = "process.env and Math.random()";',
    "const at = new Date(0);",
    "socket.setTimeout(0);",
    "const timers = { setTimeout: start };",
    "interface Timers { setTimeout(ms: number): void }",
    "const level = Math.round(0.5);",
    "export const part = 1;",
  ])("lets %j pass", (text) => {
    expect(rulesIn(text)).toEqual([]);
  });

  it("bites on the first line too many, and not before", () => {
    expect(rulesIn("\n".repeat(MAX_LINES))).toEqual([]);
    expect(rulesIn("\n".repeat(MAX_LINES + 1))).toEqual(["length"]);
  });
});
