import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { formatProblem } from "../../../src/config/problems.ts";
import { loadTownship } from "../../../src/config/township.ts";

const SECRETS = "longwan: token-of-longwan-0001\ntaohua: token-of-taohua-0002\nshort: abc\n";

async function load(yaml: string, { secrets = SECRETS, mode = 0o600 } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "cunshao-township-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, "township.yaml"), yaml);
  await writeFile(join(folder, "secrets.yaml"), secrets);
  await chmod(join(folder, "secrets.yaml"), mode);
  const loaded = await loadTownship(join(folder, "township.yaml"));
  return { folder, loaded, problems: loaded.ok ? [] : loaded.problems.map(formatProblem).join("\n") };
}

const withBoxes = (...boxes: string[]): string =>
  `desk: {id: zhuting, name: 朱亭镇}\ndata: data\nboxes:\n${boxes.map((box) => `  - ${box}\n`).join("")}`;
const LONGWAN = "{id: longwan, name: 龙湾村, reach: reverse, token: {secret: longwan}}";
const TAOHUA = '{id: taohua, name: 桃花村, reach: {url: "https://10.8.0.12:8080"}, token: {secret: taohua}}';

test("a township is its villages, each with the way to it and its token", async () => {
  const { folder, loaded } = await load(withBoxes(LONGWAN, TAOHUA));
  expect(loaded).toMatchObject({
    ok: true,
    township: {
      desk: { id: "zhuting", name: "朱亭镇", timezone: "Asia/Shanghai" },
      panel: { host: "0.0.0.0", port: 8090, tls: { kind: "auto" } },
      dataFolder: join(folder, "data"),
      mostFileBytes: 10e9,
      mostEventBytes: 5e9,
      boxes: [
        { id: "longwan", name: "龙湾村", reach: "reverse", token: "token-of-longwan-0001" },
        { id: "taohua", reach: { url: "https://10.8.0.12:8080" }, token: "token-of-taohua-0002" },
      ],
    },
  });
});

test.each([
  [
    "two villages with one id",
    [LONGWAN, LONGWAN.replace("secret: longwan", "secret: taohua")],
    /each id once/,
  ],
  [
    "two villages with one token",
    [LONGWAN, TAOHUA.replace("secret: taohua", "secret: longwan")],
    /a token of its own/,
  ],
  [
    "a token that could be guessed",
    [LONGWAN.replace("secret: longwan", "secret: short")],
    /at least 16 characters/,
  ],
  [
    "a secret that is not there",
    [LONGWAN.replace("secret: longwan", "secret: nobody")],
    /a secret that .* defines/,
  ],
  ["a way that is none", [LONGWAN.replace("reverse", "by-pigeon")], /reverse, or \{url/],
  ["no village", [], /list of boxes|at least one box/],
])("%s is refused", async (_what, boxes, expected) => {
  expect((await load(withBoxes(...boxes))).problems).toMatch(expected);
});

test("secrets that others can read are refused, and no token is shown", async () => {
  const { problems } = await load(withBoxes(LONGWAN), { mode: 0o644 });
  expect(problems).toMatch(/chmod 600/);
  expect(problems).not.toContain("token-of");
});
