import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errorCode } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import { bootName, startTicks } from "../process/processes.ts";

/** Remembers running children on disk, so that the next start can end what a killed gateway left behind. */
export interface ChildRegister {
  add(pid: number): void;
  remove(pid: number): void;
}

/**
 * One empty file a child, named `<boot>-<pid>-<start time in clock ticks>`: a pid alone may meanwhile belong to
 * another program, and boots of one board resemble each other to the tick.
 */
export function createChildRegister(folder: string, procRoot = "/proc"): ChildRegister {
  const names = new Map<number, string>();
  return {
    add(pid) {
      const startedAt = startTicks(pid, procRoot);
      if (startedAt === undefined) return;
      mkdirSync(folder, { recursive: true });
      const name = `${bootName(procRoot)}-${pid}-${startedAt}`;
      names.set(pid, name);
      writeFileSync(join(folder, name), "");
    },
    remove(pid) {
      const name = names.get(pid);
      names.delete(pid);
      if (name) rmSync(join(folder, name), { force: true });
    },
  };
}

/** Kills every child still alive, with its group, that an earlier gateway registered in `folder`. Returns how many. */
export function endOrphans(folder: string, log: Logger, procRoot = "/proc"): number {
  let ended = 0;
  for (const name of listFolder(folder)) {
    const [boot, number, startedAt] = name.split("-");
    const pid = Number(number);
    if (boot === bootName(procRoot) && pid > 1 && startTicks(pid, procRoot) === startedAt) {
      log.warn({ pid }, "ending a media process that an earlier run left behind");
      if (endGroupOrChild(pid, log)) ended++;
    }
    rmSync(join(folder, name), { force: true });
  }
  return ended;
}

/** A child that leads no group of its own has none by its number. */
function endGroupOrChild(pid: number, log: Logger): boolean {
  try {
    process.kill(-pid, "SIGKILL");
    return true;
  } catch (noGroup) {
    if (errorCode(noGroup) !== "ESRCH") {
      log.error({ pid, error: String(noGroup) }, "cannot end an orphan process");
      return false;
    }
  }
  try {
    process.kill(pid, "SIGKILL");
    return true;
  } catch (error) {
    log.error({ pid, error: String(error) }, "cannot end an orphan process");
    return false;
  }
}

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // No folder yet: nothing was ever started here.
    return [];
  }
}
