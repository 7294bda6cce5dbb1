import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const cruiser = join(root, "node_modules/dependency-cruiser/bin/dependency-cruise.mjs");

interface Violation {
  readonly from: string;
  readonly to: string;
  readonly rule: { readonly name: string };
}

function cruise(folder: string): Violation[] {
  const words = [
    cruiser,
    "--config",
    ".dependency-cruiser.cjs",
    "--output-type",
    "json",
    "src",
    "hw",
    "test",
  ];
  const { stdout, stderr } = spawnSync(process.execPath, words, {
    cwd: folder,
    encoding: "utf8",
    maxBuffer: 100_000_000,
  });
  if (!stdout) throw new Error(stderr);
  return (JSON.parse(stdout) as { summary: { violations: Violation[] } }).summary.violations;
}

it("every import of the project goes along the arrows between the rooms", () => {
  const found = cruise(root).map(({ from, to, rule }) => `${from} → ${to} (${rule.name})`);
  expect(found).toEqual([]);
});

/** What each rule must catch: a file with one wrong import. */
const CRIMES: readonly (readonly [rule: string, file: string, imports: string])[] = [
  ["core-imports-no-room", "src/core/alarm.ts", "../rules/rule.ts"],
  ["core-imports-no-package", "src/core/event.ts", "zod"],
  ...(
    [
      "video",
      "vision",
      "sense",
      "rules",
      "act",
      "buffer",
      "forward",
      "pull",
      "reverse",
      "desk",
      "county",
      "command",
      "panel",
      "config",
      "drivers",
    ] as const
  ).map((room) => {
    const other = room === "buffer" ? "act" : "buffer";
    return [`${room}-imports-core-only`, `src/${room}/thief.ts`, `../${other}/honest.ts`] as const;
  }),
  ["act-imports-core-only", "src/act/reach.ts", "../../hw/virtual/board.ts"],
  ["rules-are-pure", "src/rules/reader.ts", "node:fs"],
  ["rules-are-pure", "src/rules/parser.ts", "yaml"],
  ["provision-imports-core-and-config", "src/provision/bundle.ts", "../drivers/honest.ts"],
  ["page-imports-core-types-only", "src/panel/web/app.ts", "../server.ts"],
  ["nobody-imports-the-composition", "src/panel/server.ts", "../main.ts"],
  ["nobody-imports-the-composition", "hw/virtual/wire.ts", "../../src/gateway.ts"],
  ["virtual-kit-knows-core-only", "hw/virtual/amplifier.ts", "../../src/drivers/honest.ts"],
  ["virtual-kit-never-imports-drivers", "hw/virtual/kit/kit.ts", "../../../src/drivers/honest.ts"],
  ["no-product-imports-tests", "src/sense/tested.ts", "../../test/support/until.ts"],
  ["no-cycles", "src/video/egg.ts", "./hen.ts"],
  ["resolvable", "src/video/lost.ts", "./nowhere.ts"],
  ["wires-and-processes-in-drivers", "src/video/encoder.ts", "node:child_process"],
  ["wires-and-processes-in-drivers", "src/sense/bus.ts", "modbus-serial"],
  ["wires-and-processes-in-drivers", "src/act/relay.ts", "onoff"],
  ["wires-and-processes-in-drivers", "src/act/amplifier.ts", "serialport"],
  ["wires-and-processes-in-drivers", "src/panel/live.ts", "node-rtsp-stream"],
  ["mqtt-in-forward", "src/panel/broker.ts", "mqtt"],
  ["sqlite-in-buffer", "src/forward/outbox.ts", "sqlite3"],
  ["postgres-in-buffer", "src/pull/store.ts", "pg"],
  ["axios-in-forward", "src/panel/proxy.ts", "axios"],
  ["onnx-in-vision", "src/sense/model.ts", "onnxruntime-node"],
  ["pm2-nowhere", "test/system/pm2.ts", "pm2"],
];

/** What must stay allowed, so that a rule cannot pass its test by forbidding everything. */
const HONEST: readonly (readonly [file: string, imports: readonly string[]])[] = [
  [
    "src/drivers/honest.ts",
    ["../core/time.ts", "node:child_process", "serialport", "onoff", "modbus-serial"],
  ],
  ["src/buffer/honest.ts", ["../core/time.ts", "sqlite3", "pg", "./neighbour.ts"]],
  ["src/forward/honest.ts", ["../core/time.ts", "axios"]],
  ["src/pull/honest.ts", ["../core/time.ts", "axios"]],
  ["src/county/honest.ts", ["../core/time.ts", "mqtt"]],
  ["src/vision/honest.ts", ["../core/time.ts", "onnxruntime-node"]],
  ["src/provision/honest.ts", ["../core/time.ts", "../config/honest.ts"]],
  ["src/gateway.ts", ["./buffer/honest.ts", "./drivers/honest.ts", "./act/honest.ts"]],
  ["src/main.ts", ["./gateway.ts", "./config/honest.ts"]],
  ["src/cli.ts", ["./main.ts", "./drivers/honest.ts"]],
  ["hw/virtual/gateway.ts", ["../../src/main.ts", "./board.ts"]],
];

const SUPPORTING = [
  "src/core/time.ts",
  "src/rules/rule.ts",
  "src/act/honest.ts",
  "src/config/honest.ts",
  "src/buffer/neighbour.ts",
  "hw/virtual/board.ts",
  "test/support/until.ts",
];

describe("a rule of the rooms", () => {
  let folder: string;
  let violations: Violation[];

  function write(file: string, imports: readonly string[]): void {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    const lines = imports.map((path, index) => `import * as part${index} from ${JSON.stringify(path)};`);
    const uses = `export const parts = [${imports.map((_, index) => `part${index}`).join(", ")}];`;
    writeFileSync(join(folder, file), [...lines, uses, ""].join("\n"));
  }

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "cunshao-rooms-"));
    for (const name of [".dependency-cruiser.cjs", "tsconfig.json", "package.json"]) {
      cpSync(join(root, name), join(folder, name));
    }
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    for (const file of SUPPORTING) write(file, []);
    write("src/video/hen.ts", ["./egg.ts"]);
    for (const [file, imports] of HONEST) write(file, imports);
    for (const [, file, imports] of CRIMES) write(file, [imports]);
    violations = cruise(folder);
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(CRIMES)("%s bites: %s may not import %s", (rule, file) => {
    const found = violations.filter(({ from }) => from === file).map(({ rule: { name } }) => name);
    expect(found).toContain(rule);
  });

  it.each(HONEST)("lets %s import %j", (file) => {
    expect(violations.filter(({ from }) => from === file)).toEqual([]);
  });
});
