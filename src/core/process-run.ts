/** One run of a process. A number alone may meanwhile belong to another, and boots of one board resemble each other. */
export interface ProcessRun {
  /** The first part of the kernel's id of this boot. */
  readonly boot: string;
  readonly pid: number;
  /** When it started, in clock ticks since boot. */
  readonly startTicks: string;
}

/** Processes of this machine. */
export interface Processes {
  self(): ProcessRun;
  /** Whether that very run still executes; one that ended and was not waited for does not. Never throws. */
  isAlive(run: ProcessRun): boolean;
  childrenOf(run: ProcessRun): readonly ProcessRun[];
  /**
   * SIGKILL to exactly that run.
   * @param reach `group`: with the group it leads, if it leads one.
   * @returns false when it was gone already, or may not be ended: that is logged.
   */
  end(run: ProcessRun, reach: "process" | "group"): boolean;
}

export function isSameRun(one: ProcessRun, other: ProcessRun): boolean {
  return one.pid === other.pid && one.startTicks === other.startTicks && one.boot === other.boot;
}
