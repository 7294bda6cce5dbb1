import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, onTestFinished, test } from "vitest";
import { silentLogger } from "../../../../src/core/log.ts";
import { createProcesses } from "../../../../src/drivers/process/processes.ts";

const processes = createProcesses({ log: silentLogger });

function startSleeper() {
  const child = spawn("sleep", ["600"], { detached: true, stdio: "ignore" });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const run = processes.childrenOf(processes.self()).find(({ pid }) => pid === child.pid);
  if (!run) throw new Error("sleep is no child of ours");
  return { child, run };
}

describe("processes", () => {
  test("are known by more than their number", () => {
    const { run } = startSleeper();
    expect(processes.isAlive(run)).toBe(true);
    expect(processes.isAlive({ ...run, startTicks: "1" })).toBe(false);
    expect(processes.isAlive({ ...run, boot: "another" })).toBe(false);
  });

  test("are ended at once, a stopped one too", async () => {
    const { child, run } = startSleeper();
    child.kill("SIGSTOP");
    const gone = once(child, "exit");
    expect(processes.end(run, "process")).toBe(true);
    await gone;
    expect(child.signalCode).toBe("SIGKILL");
    expect(processes.isAlive(run)).toBe(false);
    expect(processes.end(run, "process")).toBe(false);
  });

  test("are left alone where only the number is the same", () => {
    const signals: number[] = [];
    const careful = createProcesses({ log: silentLogger, signal: (pid) => void signals.push(pid) });
    const { run } = startSleeper();
    expect(careful.end({ ...run, startTicks: "1" }, "group")).toBe(false);
    expect(careful.end({ ...run, pid: 1 }, "group")).toBe(false);
    expect(signals).toEqual([]);
    expect(careful.end(run, "group")).toBe(true);
    expect(careful.end(run, "process")).toBe(true);
    expect(signals).toEqual([-run.pid, run.pid]);
  });

  test("that nobody has waited for count as gone", () => {
    const reads = createProcesses({ log: silentLogger, procRoot: "/nonexistent" });
    expect(reads.isAlive(processes.self())).toBe(false);
    expect(reads.childrenOf(processes.self())).toEqual([]);
  });
});
