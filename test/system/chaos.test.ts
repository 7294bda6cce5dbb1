import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { BreakName } from "../chaos/breaks.ts";
import { chaosMissing } from "../chaos/namespaces.ts";
import { PROJECT } from "../support/project.ts";

// The short form: each kind of thing that can break, once. `npm run chaos` is the long one, with all of them.

const missing = chaosMissing();
const BREAKS: readonly BreakName[] = [
  ...(["gatewayKilledTwice", "everybodyKilled", "fibreDrops", "noName", "halfOpen"] as const),
  ...(["cutAndKilled", "diskFullAndKilled", "diskReadOnly", "clockWrongAtStart"] as const),
];

test.skipIf(missing)(
  `whatever breaks while people call for help and water rises, the township has every alarm with its evidence once${missing ? ` (skipped: ${missing})` : ""}`,
  async () => {
    const program = join(PROJECT, "dist/test/chaos/run.js");
    const words = ["--rounds", String(BREAKS.length), ...BREAKS.flatMap((name) => ["--break", name])];
    const child = spawn(process.execPath, [program, ...words], { stdio: ["ignore", "pipe", "pipe"] });
    const said: Record<"stdout" | "stderr", string> = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].on("data", (text: Buffer) => {
        said[name] += text.toString();
      });
    }
    const [code] = await once(child, "close");
    expect(code, said.stderr).toBe(0);
    const { byBreak, alarms, evidenceFiles, ...result } = JSON.parse(
      said.stdout.trim().split("\n").at(-1) ?? "",
    );
    expect(result).toMatchObject({ rounds: BREAKS.length, lost: 0, duplicates: 0, failures: [] });
    expect(Object.keys(byBreak).sort()).toEqual([...BREAKS].sort());
    // Both buttons were pressed at the least.
    expect(alarms).toBeGreaterThan(1);
    // A picture and a clip at the least.
    expect(evidenceFiles).toBeGreaterThan(1);
  },
  // An upstream that refused is left alone for a minute.
  600_000,
);
