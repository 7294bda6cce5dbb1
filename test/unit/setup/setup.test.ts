import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { until } from "../../support/until.ts";

const project = join(import.meta.dirname, "../../..");
const load = (name: string) => import(join(project, "src", name));

const { nodeIsNewEnough } = (await load("setup.mjs")) as { nodeIsNewEnough(version: string): boolean };
const { lockIsInstalled } = (await load("setup/npm-packages.mjs")) as {
  lockIsInstalled(lock: unknown, installed: unknown): boolean;
};
const { closingLines } = (await load("setup/test-report.mjs")) as {
  closingLines(report: unknown, exitCode: number): { failed: number; lines: string[] };
};

describe("the version of Node", () => {
  it.each([
    ["v18.20.4", false],
    ["v20.18.3", false],
    ["v20.19.0", true],
    ["v20.20.2", true],
    ["v22.0.0", true],
    ["v24.1.0", true],
  ])("%s is new enough: %s", (version, expected) => {
    expect(nodeIsNewEnough(version)).toBe(expected);
  });
});

describe("the installed packages match the lock file", () => {
  const lock = {
    packages: {
      "": { version: "1.0.0" },
      "node_modules/zod": { version: "4.6.7" },
      "node_modules/for-another-system": { version: "1.0.0", optional: true },
    },
  };
  const installed = (packages: object) => ({ packages });

  it("when every package is there in its version; those for other systems may be missing", () => {
    expect(lockIsInstalled(lock, installed({ "node_modules/zod": { version: "4.6.7" } }))).toBe(true);
  });

  it.each([
    ["a package is missing", installed({})],
    ["a version differs", installed({ "node_modules/zod": { version: "4.6.6" } })],
    [
      "an optional one differs",
      installed({
        "node_modules/zod": { version: "4.6.7" },
        "node_modules/for-another-system": { version: "0.9.0" },
      }),
    ],
    ["nothing was ever installed", undefined],
  ])("but not when %s", (_, there) => {
    expect(lockIsInstalled(lock, there)).toBe(false);
  });
});

describe("the end of a test run", () => {
  const passing = { status: "passed", fullName: "speaks", failureMessages: [] };
  const failing = {
    status: "failed",
    fullName: "the pond is heard",
    failureMessages: ["AssertionError: expected 1 to be 2\n    at pond.test.ts:3:1"],
  };
  const report = (status: string, message: string, ...assertionResults: object[]) => ({
    numPassedTests: 3,
    testResults: [{ name: join(project, "test/unit/pond.test.ts"), status, message, assertionResults }],
  });

  it.each([
    ["all passed", { numPassedTests: 3 }, 0, ["3 passed, 0 failed"]],
    [
      "some skipped",
      { numPassedTests: 3, numPendingTests: 1, numTodoTests: 1 },
      0,
      ["3 passed, 0 failed, 2 skipped"],
    ],
    [
      "some failed, they are named",
      report("failed", "", passing, failing, failing),
      1,
      [
        "failed: test/unit/pond.test.ts > the pond is heard: AssertionError: expected 1 to be 2",
        "failed: test/unit/pond.test.ts > the pond is heard: AssertionError: expected 1 to be 2",
        "3 passed, 2 failed",
      ],
    ],
    [
      "a file did not load",
      report("failed", "Cannot find module\n  somewhere"),
      1,
      ["failed: test/unit/pond.test.ts: Cannot find module", "3 passed, 1 failed"],
    ],
    [
      "a file could not clear up after its tests",
      report("failed", "Error: EBUSY", passing),
      1,
      ["failed: test/unit/pond.test.ts: Error: EBUSY", "3 passed, 1 failed"],
    ],
    [
      "one ran out of time",
      report("failed", "", {
        ...failing,
        failureMessages: ["Error: STACK_TRACE_ERROR\n    at pond.test.ts"],
      }),
      1,
      ["failed: test/unit/pond.test.ts > the pond is heard: it took too long", "3 passed, 1 failed"],
    ],
    [
      "an error came outside any test",
      report("passed", "", passing),
      1,
      ["failed: the run itself, with exit code 1", "3 passed, 1 failed"],
    ],
    [
      "nothing ran",
      { numPassedTests: 0 },
      0,
      ["failed: the run itself, with exit code 0", "0 passed, 1 failed"],
    ],
    [
      "the runner died without a report",
      undefined,
      137,
      ["failed: the run itself, with exit code 137", "0 passed, 1 failed"],
    ],
  ])("when %s", (_, given, exitCode, lines) => {
    expect(closingLines(given, exitCode)).toEqual({ failed: lines.length - 1, lines });
  });
});

describe("without the Debian packages and without apt-get", () => {
  it("the set-up names the one line to run and exits with 69", () => {
    const { status, stderr } = spawnSync(process.execPath, ["src/setup.mjs", "build"], {
      cwd: project,
      env: { PATH: "/nowhere" },
      encoding: "utf8",
    });
    expect(stderr).toContain("sudo apt-get install -y --no-install-recommends ffmpeg espeak-ng socat");
    expect(status).toBe(69);
  });

  it("an unknown word is an error of usage", () => {
    expect(spawnSync(process.execPath, ["src/setup.mjs", "strat"], { cwd: project }).status).toBe(64);
  });
});

describe("two set-ups in one folder", () => {
  const holders: ChildProcess[] = [];
  const folder = join(project, `not-a-folder-${process.pid}`);

  function takeLock() {
    const script = `
      import { lockSetup } from "./src/setup/lock.mjs";
      const unlock = await lockSetup(${JSON.stringify(folder)});
      console.log("mine");
      process.stdin.once("data", () => { unlock(); console.log("given back"); });
    `;
    const words = ["--input-type=module", "-e", script];
    const child = spawn(process.execPath, words, { cwd: project, stdio: ["pipe", "pipe", "inherit"] });
    const holder = { child, output: "" };
    child.stdout.on("data", (chunk: Buffer) => {
      holder.output += chunk.toString();
    });
    holders.push(child);
    return holder;
  }

  afterEach(() => {
    for (const child of holders.splice(0)) child.kill("SIGKILL");
  });

  it("go one after the other", async () => {
    const first = takeLock();
    await until(() => first.output.includes("mine"));
    const second = takeLock();
    await until(() => second.output.includes("waiting"));
    expect(second.output).not.toContain("mine");
    first.child.stdin.write("\n");
    await until(() => second.output.includes("mine"));
    expect(first.output).toContain("given back");
  });

  it("do not wait for one that was killed", async () => {
    const first = takeLock();
    await until(() => first.output.includes("mine"));
    const second = takeLock();
    await until(() => second.output.includes("waiting"));
    first.child.kill("SIGKILL");
    await once(first.child, "exit");
    await until(() => second.output.includes("mine"));
  });
});
