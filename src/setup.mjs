// What `npm start`, `npm test` and `npm run build` run first. It makes a fresh clone ready: Node, Debian packages,
// npm packages, build. Plain Node and nothing else, here and in setup/, because nothing else is there yet. Every step
// is skipped quickly when it is already done.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "./setup/build.mjs";
import { provideDebianPackages } from "./setup/debian.mjs";
import { lockSetup } from "./setup/lock.mjs";
import { npmWork, provideNpmPackages } from "./setup/npm-packages.mjs";
import { providePersonModel } from "./setup/person-model.mjs";
import { readJson, runBeside, runForeground } from "./setup/run.mjs";
import { GUARD_RUNTIME, RUNTIME } from "./setup/runtime.mjs";
import { EX_UNAVAILABLE, EX_USAGE, SetupStop, say } from "./setup/say.mjs";
import { closingLines } from "./setup/test-report.mjs";

/** package.json `engines` says the same to npm. */
const OLDEST_NODE = [20, 19];

export function nodeIsNewEnough(version) {
  const [major = 0, minor = 0] = version.replace(/^v/, "").split(".").map(Number);
  return major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
}

function checkNode() {
  if (!nodeIsNewEnough(process.version)) {
    throw new SetupStop(
      `Node ${OLDEST_NODE.join(".")} or newer is needed; this is ${process.version}. Install a newer Node and try again.`,
      EX_UNAVAILABLE,
    );
  }
  say(`Node ${process.version}: new enough`);
}

async function setUp(mode) {
  checkNode();
  const unlock = await lockSetup();
  try {
    const work = npmWork();
    await provideDebianPackages(mode, work.kind !== "none");
    await provideNpmPackages(work);
    await build();
    await providePersonModel();
  } finally {
    unlock();
  }
}

async function start(words) {
  const configured = process.env.CUNSHAO_CONFIG || existsSync("/etc/cunshao/cunshao.yaml");
  say(configured ? "starting the gateway" : "no configuration here: starting the virtual village");
  const env = { ...RUNTIME, ...process.env };
  // The kit brings its own.
  const endGuard = configured
    ? runBeside(["dist/src/guard.js"], { ...GUARD_RUNTIME, ...process.env })
    : undefined;
  const exitCode = await runForeground(
    ["dist/src/cli.js", configured ? "run" : "virtual-kit", ...words],
    env,
  );
  await endGuard?.();
  return exitCode;
}

async function test(words) {
  const folder = mkdtempSync(join(tmpdir(), "cunshao-"));
  const reportFile = join(folder, "report.json");
  const vitest = ["node_modules/vitest/vitest.mjs", "run", "--reporter=default", "--reporter=json"];
  const exitCode = await runForeground([...vitest, `--outputFile.json=${reportFile}`, ...words]);
  const { failed, lines } = closingLines(readJson(reportFile), exitCode);
  rmSync(folder, { recursive: true, force: true });
  process.stdout.write(`\n${lines.join("\n")}\n`);
  return failed > 0 ? exitCode || 1 : 0;
}

async function main([mode, ...words]) {
  const then = { start, test, build: async () => 0 }[mode];
  if (then === undefined) throw new SetupStop("usage: node src/setup.mjs start|test|build", EX_USAGE);
  await setUp(mode);
  return then(words);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  main(process.argv.slice(2)).then(
    (exitCode) => process.exit(exitCode),
    (error) => {
      process.stderr.write(`${error instanceof SetupStop ? error.message : error.stack}\n`);
      process.exit(error.exitCode ?? 1);
    },
  );
}
