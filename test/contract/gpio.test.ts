import { execFileSync, spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import type { BoardReport } from "./gpio-board-child.ts";

const PROJECT = new URL("../..", import.meta.url).pathname;

/** Node 20 runs no TypeScript: vite, which vitest stands on, loads the child. */
const RUN = `
  import { runnerImport } from "vite";
  const { module } = await runnerImport("./test/contract/gpio-board-child.ts", { configFile: false, logLevel: "error" });
  process.stdout.write("\\n" + JSON.stringify(await module.runScenario(process.argv[1])));
`;

function onBoard(scenario: string): BoardReport {
  const output = execFileSync(
    "unshare",
    [
      "--mount",
      "--propagation",
      "private",
      "sh",
      "-c",
      'mount -t tmpfs board /sys/class && exec "$@"',
      "sh",
      process.execPath,
      "--input-type=module",
      "--eval",
      RUN,
      scenario,
    ],
    { cwd: PROJECT, encoding: "utf8", timeout: 50_000 },
  );
  return JSON.parse(output.slice(output.lastIndexOf("\n") + 1)) as BoardReport;
}

const canMount =
  spawnSync("unshare", ["--mount", "--propagation", "private", "mount", "-t", "tmpfs", "board", "/sys/class"])
    .status === 0;

describe.skipIf(!canMount)("onoff on a board of files in a mount namespace (needs root and unshare)", () => {
  test("an active-low relay is never energised by being opened or closed, and base 512 is added", () => {
    const { writes, levels, notes } = onBoard("a relay on an active-low board");
    expect(writes).toEqual([
      "gpio529/active_low 0",
      "gpio529/direction high",
      "gpio529/value 0",
      "gpio529/value 1",
      "unexport 529",
    ]);
    expect(levels).toEqual(["1", "0", "1"]);
    expect(notes).toEqual({ afterOpen: false, afterOn: true });
  });

  test("an active-high relay starts and ends low", () => {
    const { writes, levels } = onBoard("a relay on an active-high board");
    expect(writes[1]).toBe("gpio529/direction low");
    expect(levels).toEqual(["0", "1", "0"]);
  });

  test("a line of the second chip is exported by its number and waited for while udev hands it over", () => {
    const { writes, notes } = onBoard("a line that is not exported yet");
    expect(notes).toEqual({ asked: "573" });
    expect(writes).toContain("gpio573/direction high");
  });

  test("a contact tells each change of its pin", () => {
    const { writes, notes } = onBoard("a contact");
    expect(writes).toContain("gpio539/direction in");
    expect(notes).toEqual({ atFirst: false, seen: [true, false] });
  });

  test("a missing chip, a line beyond it and a line that never appears have codes of their own", () => {
    expect(onBoard("errors").notes).toEqual({
      unknownChip: "gpio.chip_missing",
      lineBeyondChip: "gpio.line_missing",
      neverAppears: "gpio.line_missing",
    });
  });
});
