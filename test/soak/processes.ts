import { readdirSync, readFileSync } from "node:fs";

export interface Process {
  readonly pid: number;
  readonly command: string;
  readonly isZombie: boolean;
}

/** The children of a process, by /proc/<pid>/stat (proc(5)). */
export function childrenOf(parent: number): Process[] {
  return readdirSync("/proc").flatMap((name) => {
    const process = /^\d+$/.test(name) ? readProcess(Number(name)) : undefined;
    return process?.parent === parent ? [process] : [];
  });
}

/** Whether the process is still there and the same: numbers are given anew. */
export function isAlive({ pid, command }: Process): boolean {
  const now = readProcess(pid);
  return now !== undefined && now.command === command && !now.isZombie;
}

function readProcess(pid: number): (Process & { readonly parent: number }) | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state = "", parent = "0"] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const command = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
    return { pid, command, isZombie: state === "Z", parent: Number(parent) };
  } catch {
    // It ended meanwhile.
    return undefined;
  }
}

/** Proportional set size of a process, in MiB. */
export function pssMiB(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1]) / 1024;
}
