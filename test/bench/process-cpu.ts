import { readdirSync, readFileSync } from "node:fs";

/** Linux counts in hundredths of a second (sysconf(_SC_CLK_TCK)). */
const TICKS_PER_SECOND = 100;

interface ProcessTimes {
  readonly pid: number;
  readonly parent: number;
  /** Own time, and that of children that have ended and were waited for. */
  readonly ticks: number;
}

export interface CpuReading {
  readonly atMs: number;
  /** Ticks of a process and everything below it. */
  readonly ticks: number;
}

/** Time on processors that a process, its living descendants and those that ended have used. */
export function readCpu(root: number): CpuReading {
  const processes = allProcesses();
  const family = new Set([root]);
  for (let size = 0; size !== family.size; ) {
    size = family.size;
    for (const { pid, parent } of processes) if (family.has(parent)) family.add(pid);
  }
  const ticks = processes.reduce((sum, { pid, ticks: own }) => (family.has(pid) ? sum + own : sum), 0);
  return { atMs: performance.now(), ticks };
}

/** Time that the main thread of a process has used: where Node reads, splits and sends. */
export function readMainThreadCpu(pid: number): CpuReading {
  return { atMs: performance.now(), ticks: timesOf(readText(pid, `task/${pid}/stat`), 2) };
}

/** Percent of one core between two readings. */
export function cpuPercent(before: CpuReading, after: CpuReading): number {
  const seconds = (after.atMs - before.atMs) / 1000;
  return ((after.ticks - before.ticks) / TICKS_PER_SECOND / seconds) * 100;
}

/** The process whose command line holds all these words, below `ancestor`; undefined where there is none. */
export function findProcess(ancestor: number, ...words: readonly string[]): number | undefined {
  const processes = allProcesses();
  const isBelow = (pid: number): boolean => {
    const parent = processes.find((one) => one.pid === pid)?.parent;
    return parent !== undefined && (parent === ancestor || isBelow(parent));
  };
  return processes.find(({ pid }) => {
    const line = readText(pid, "cmdline").split("\0");
    return words.every((word) => line.includes(word)) && isBelow(pid);
  })?.pid;
}

function allProcesses(): readonly ProcessTimes[] {
  return readdirSync("/proc").flatMap((name) => {
    const pid = Number(name);
    if (!Number.isInteger(pid)) return [];
    const stat = readText(pid, "stat");
    if (stat === "") return [];
    return [{ pid, parent: Number(fieldsOf(stat)[1]), ticks: timesOf(stat, 4) }];
  });
}

/** proc(5): after the command in parentheses, which may hold spaces, come state and parent. */
function fieldsOf(stat: string): readonly string[] {
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

/** Fields 14 and 15 are its own times; 16 and 17 those of children that have ended. */
function timesOf(stat: string, count: 2 | 4): number {
  return fieldsOf(stat)
    .slice(11, 11 + count)
    .reduce((sum, field) => sum + Number(field), 0);
}

function readText(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    // It ended while we looked.
    return "";
  }
}
