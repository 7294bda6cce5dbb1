import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { silentLogger } from "../../../../src/core/log.ts";
import { createChildRegister, endOrphans } from "../../../../src/drivers/ffmpeg/child-register.ts";
import { createScratchFolder } from "./children.ts";

interface LeftBehind {
  readonly pid: number;
  readonly process: ChildProcess;
  readonly ended: Promise<unknown>;
}

/** A process in a group of its own, as a gateway that was killed leaves it. */
function leaveBehind(): LeftBehind {
  const child = spawn("sleep", ["600"], { detached: true, stdio: "ignore" });
  const { pid } = child;
  if (pid === undefined) throw new Error("sleep did not start");
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  return { pid, process: child, ended: once(child, "exit") };
}

describe("the register of children", () => {
  test("lets the next start end what a killed gateway left behind", async () => {
    const folder = createScratchFolder();
    const orphan = leaveBehind();
    createChildRegister(folder).add(orphan.pid);
    expect(endOrphans(folder, silentLogger)).toBe(1);
    await orphan.ended;
    expect(orphan.process.signalCode).toBe("SIGKILL");
    expect(readdirSync(folder)).toEqual([]);
  });

  test("leaves alone a process that only got the same number later", () => {
    const folder = createScratchFolder();
    const stranger = leaveBehind();
    createChildRegister(folder).add(stranger.pid);
    const [name = ""] = readdirSync(folder);
    renameSync(
      join(folder, name),
      join(
        folder,
        name.replace(/\d+$/, (ticks) => String(Number(ticks) - 1)),
      ),
    );
    expect(endOrphans(folder, silentLogger)).toBe(0);
    expect(stranger.process.exitCode ?? stranger.process.signalCode).toBeNull();
    expect(readdirSync(folder)).toEqual([]);
  });

  test("leaves alone a process of this boot when the register is of an earlier one", () => {
    const folder = createScratchFolder();
    const stranger = leaveBehind();
    createChildRegister(folder).add(stranger.pid);
    const [name = ""] = readdirSync(folder);
    renameSync(join(folder, name), join(folder, name.replace(/^[^-]+/, "00000000")));
    expect(endOrphans(folder, silentLogger)).toBe(0);
    expect(stranger.process.exitCode ?? stranger.process.signalCode).toBeNull();
  });

  test("forgets a child that ended by itself", async () => {
    const folder = createScratchFolder();
    const register = createChildRegister(folder);
    const child = leaveBehind();
    register.add(child.pid);
    register.remove(child.pid);
    expect(readdirSync(folder)).toEqual([]);
    expect(endOrphans(folder, silentLogger)).toBe(0);
  });

  test("knows nothing where no gateway ever ran, and clears away what it does not understand", () => {
    expect(endOrphans(join(createScratchFolder(), "none"), silentLogger)).toBe(0);
    const folder = createScratchFolder();
    mkdirSync(folder, { recursive: true });
    for (const name of ["1-1", "x", "--", "abcdefgh-1-1"]) writeFileSync(join(folder, name), "");
    expect(endOrphans(folder, silentLogger)).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("finds the start time of a command whose name holds spaces and brackets", () => {
    const root = createScratchFolder();
    const folder = createScratchFolder();
    mkdirSync(join(root, "sys/kernel/random"), { recursive: true });
    writeFileSync(join(root, "sys/kernel/random/boot_id"), "0a1b2c3d-0000-0000-0000-000000000000\n");
    mkdirSync(join(root, "4242"));
    const fields = ["S", ...Array.from({ length: 18 }, (_, index) => String(index)), "987654", "0"];
    writeFileSync(join(root, "4242/stat"), `4242 (odd ) name) ${fields.join(" ")}\n`);
    createChildRegister(folder, root).add(4242);
    expect(readdirSync(folder)).toEqual(["0a1b2c3d-4242-987654"]);
  });
});
