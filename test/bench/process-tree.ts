import { readdirSync, readFileSync } from "node:fs";

/** USER_HZ, the unit of the times in /proc/<pid>/stat: 100 on every architecture that Debian runs on (proc(5)). */
const TICKS_PER_SECOND = 100;
/** Fields of /proc/<pid>/stat counted from the one after the command, which is the third (proc(5)). */
const PARENT = 1;
const TIMES = { from: 11, to: 15 };

interface Process {
  readonly parent: number;
  /** Its own time and that of children it has waited for, in user and kernel mode. */
  readonly cpuSeconds: number;
}

/** CPU time of a process and all its descendants since they began, also of those that have ended, in seconds. */
export function cpuSeconds(root: number): number {
  const processes = readProcesses();
  return treeOf(root, processes).reduce((sum, pid) => sum + (processes.get(pid)?.cpuSeconds ?? 0), 0);
}

/** Memory of a process and all its descendants in MiB, what they share counted once (PSS). */
export function pssMiB(root: number): number {
  return treeOf(root, readProcesses()).reduce((sum, pid) => sum + pssKiB(pid) / 1024, 0);
}

/** CPU time of those descendants of a process whose command line has a word in it, in seconds. */
export function cpuSecondsOf(root: number, word: string): number {
  const processes = readProcesses();
  return treeOf(root, processes)
    .filter((pid) => readIfThere(`/proc/${pid}/cmdline`).includes(word))
    .reduce((sum, pid) => sum + (processes.get(pid)?.cpuSeconds ?? 0), 0);
}

function treeOf(root: number, processes: ReadonlyMap<number, Process>): number[] {
  const tree = [root];
  for (const pid of tree) {
    for (const [child, { parent }] of processes) if (parent === pid) tree.push(child);
  }
  return tree;
}

function readProcesses(): Map<number, Process> {
  const processes = new Map<number, Process>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = readIfThere(`/proc/${name}/stat`);
    // The command stands in parentheses and may hold spaces: counted from its end.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const ticks = fields.slice(TIMES.from, TIMES.to).reduce((sum, field) => sum + Number(field), 0);
    processes.set(Number(name), { parent: Number(fields[PARENT]), cpuSeconds: ticks / TICKS_PER_SECOND });
  }
  return processes;
}

function pssKiB(pid: number): number {
  return Number(/^Pss:\s+(\d+) kB/m.exec(readIfThere(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0);
}

/** Processes end while they are listed. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
