import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Logger, silentLogger } from "../../../../src/core/log.ts";
import { systemClock } from "../../../../src/core/time.ts";
import type { ChildDependencies } from "../../../../src/drivers/ffmpeg/child-process.ts";
import { createChildRegister } from "../../../../src/drivers/ffmpeg/child-register.ts";

/** A folder of this test's own, gone afterwards. */
export function createScratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "cunshao-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What real children need, and how to see which of them are registered. */
export function createChildRig(log: Logger = silentLogger) {
  const folder = join(createScratchFolder(), "children");
  const dependencies: ChildDependencies = { clock: systemClock, log, register: createChildRegister(folder) };
  const registered = (): string[] => (existsSync(folder) ? readdirSync(folder) : []);
  return { folder, dependencies, registered };
}

/** Whether a process is there and not merely waiting to be reaped. */
export function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
}
