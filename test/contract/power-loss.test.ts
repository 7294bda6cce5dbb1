import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { replayPowerLoss } from "../support/power-loss/power-loss.ts";
import { startChild, stripTypes } from "./buffer-child.ts";

const SHIM = resolve(import.meta.dirname, "../support/power-loss/write-log.c");
const compiler = spawnSync("gcc", ["--version"]).status === 0;

test.skipIf(!compiler || process.platform !== "linux")(
  "a power cut at any place where something was synced costs nothing that was called durable (needs gcc)",
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "cunshao-power-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const shim = join(folder, "write-log.so");
    const built = spawnSync("gcc", [
      "-Wall",
      "-Werror",
      "-O1",
      "-shared",
      "-fPIC",
      "-o",
      shim,
      SHIM,
      "-ldl",
      "-lpthread",
    ]);
    expect(built.stderr.toString()).toBe("");

    const child = await stripTypes(["core", "buffer"], "test/support/power-loss/power-loss.child.ts");
    onTestFinished(() => child.remove());
    const data = join(folder, "data");
    const log = join(folder, "writes");
    await mkdir(data);
    const environment = [`LD_PRELOAD=${shim}`, `CUNSHAO_WRITE_LOG=${log}`, `CUNSHAO_WRITE_ROOT=${data}`];
    const running = startChild("env", ...environment, process.execPath, child.script, data, "60");
    expect(await running.ended, running.errors()).toMatchObject({ code: 0 });

    const result = await replayPowerLoss({ log, cuts: 60, random: Math.random });
    expect(result.lost).toEqual([]);
    expect(result).toMatchObject({ takenForDamaged: 0 });
    // A log in which nothing was synced, or nothing promised, would prove nothing.
    expect(result.boundaries).toBeGreaterThan(60);
    expect(result.promised).toBeGreaterThan(500);
  },
  120_000,
);
