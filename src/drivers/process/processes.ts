// drivers/process/: which processes run on this machine, by /proc, and how one is ended. May import core/ only.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { errorCode } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import { isSameRun, type Processes, type ProcessRun } from "../../core/process-run.ts";

/** Fields 3, 4, 5 and 22 of /proc/<pid>/stat, proc(5). */
interface Stat {
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly startTicks: string;
}

export function createProcesses(dependencies: {
  readonly log: Logger;
  readonly procRoot?: string;
  readonly signal?: (pid: number, signal: "SIGKILL") => void;
}): Processes {
  const { log, procRoot = "/proc", signal = process.kill.bind(process) } = dependencies;
  const boot = bootName(procRoot);

  function runOf(pid: number): (ProcessRun & Stat) | undefined {
    const stat = readStat(pid, procRoot);
    // Dead but not waited for: its descriptors are closed.
    if (!stat || stat.state === "Z" || stat.state === "X") return undefined;
    return { boot, pid, ...stat };
  }

  function living(run: ProcessRun): (ProcessRun & Stat) | undefined {
    const now = run.pid > 1 ? runOf(run.pid) : undefined;
    return now && isSameRun(now, run) ? now : undefined;
  }

  return {
    self() {
      const own = runOf(process.pid);
      return { boot, pid: process.pid, startTicks: own?.startTicks ?? "0" };
    },
    isAlive: (run) => living(run) !== undefined,
    childrenOf(run) {
      return listProcesses(procRoot).flatMap((pid) => {
        const found = runOf(pid);
        return found?.parent === run.pid ? [{ boot, pid, startTicks: found.startTicks }] : [];
      });
    },
    end(run, reach) {
      const now = living(run);
      if (!now) return false;
      try {
        signal(reach === "group" && now.group === run.pid ? -run.pid : run.pid, "SIGKILL");
        return true;
      } catch (error) {
        if (errorCode(error) !== "ESRCH")
          log.error({ pid: run.pid, code: errorCode(error) }, "cannot end a process");
        return false;
      }
    },
  };
}

/** The first part of the kernel's id of this boot. */
export function bootName(procRoot: string): string {
  try {
    return readFileSync(join(procRoot, "sys/kernel/random/boot_id"), "utf8").slice(0, 8);
  } catch {
    return "unknown";
  }
}

/** When a process started, in clock ticks since boot; undefined when there is none of that number. */
export function startTicks(pid: number, procRoot: string): string | undefined {
  return readStat(pid, procRoot)?.startTicks;
}

function readStat(pid: number, procRoot: string): Stat | undefined {
  try {
    const stat = readFileSync(join(procRoot, String(pid), "stat"), "utf8");
    // The second field is the command in parentheses and may hold spaces; count from its end.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state = "", parent, group] = fields;
    const started = fields[19];
    if (started === undefined) return undefined;
    return { state, parent: Number(parent), group: Number(group), startTicks: started };
  } catch {
    return undefined;
  }
}

function listProcesses(procRoot: string): number[] {
  try {
    return readdirSync(procRoot).flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
  } catch {
    return [];
  }
}
