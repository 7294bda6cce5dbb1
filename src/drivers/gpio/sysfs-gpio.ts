// drivers/gpio/: relays and contacts on GPIO lines through sysfs and the package onoff.
// May import core/ and onoff; `main.ts` hands it out as the port `Gpio`.
import { access, constants, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Direction, Gpio as OnoffGpio } from "onoff";
import type { Contact, Gpio, Relay } from "../../core/devices.ts";
import { errorCode, errorMessage, GatewayError } from "../../core/errors.ts";
import type { GpioLine } from "../../core/output-wiring.ts";
import type { Clock, Timer } from "../../core/time.ts";
import { globalLineNumber, gpioError } from "./gpio-chips.ts";

/** The part of an onoff line that this driver uses. Levels are those of the pin, polarity is ours. */
export interface RawLine {
  readSync(): 0 | 1;
  writeSync(level: 0 | 1): void;
  direction(): string;
  unexport(): void;
}

export interface SysfsGpioDependencies {
  readonly clock: Clock;
  /** Default `/sys`. onoff itself knows only `/sys`: name another only together with `openLine`. */
  readonly sysfsRoot?: string;
  readonly openLine?: (globalNumber: number, direction: Direction) => RawLine;
}

/** udev gives a new line to the group gpio some 100 ms after its export. */
const READY_WITHIN_MS = 2_000;
const READY_POLL_MS = 20;
/**
 * Contacts are polled: chips without interrupts and expanders offer no edges, an edge that comes while the pin bounces
 * can be missed for good, and a poll sees every state that lasts. Nobody presses an SOS button for less than 20 ms.
 */
const CONTACT_POLL_MS = 20;

export function createSysfsGpio(dependencies: SysfsGpioDependencies): Gpio {
  const { clock, sysfsRoot = "/sys", openLine = openWithOnoff } = dependencies;
  const classFolder = join(sysfsRoot, "class", "gpio");

  /**
   * Exports the line ahead of onoff and waits without blocking, because onoff's constructor spins until udev is done.
   */
  async function exportLine(line: GpioLine): Promise<number> {
    const number = await globalLineNumber(classFolder, line);
    const folder = join(classFolder, `gpio${number}`);
    if (!(await exists(folder))) {
      try {
        await writeFile(join(classFolder, "export"), String(number));
      } catch (cause) {
        // Somebody else, or a start before a crash, may have exported it in between: then it is there.
        if (!(await exists(folder))) throw exportError(line, cause);
      }
    }
    const deadlineMs = clock.now().monotonicMs + READY_WITHIN_MS;
    for (;;) {
      const obstacle = await firstObstacle(folder);
      if (obstacle === undefined) return number;
      if (clock.now().monotonicMs >= deadlineMs) throw exportError(line, obstacle);
      await clock.sleep(READY_POLL_MS);
    }
  }

  async function open(line: GpioLine, direction: "in" | "high" | "low"): Promise<RawLine> {
    const number = await exportLine(line);
    let raw: RawLine;
    try {
      raw = openLine(number, direction);
    } catch (cause) {
      throw exportError(line, cause);
    }
    // onoff says nothing when it may not configure a line that was exported before.
    const wanted = direction === "in" ? "in" : "out";
    const found = raw.direction();
    const atSafeLevel = direction === "in" || raw.readSync() === (direction === "high" ? 1 : 0);
    if (found === wanted && atSafeLevel) return raw;
    raw.unexport();
    throw gpioError(
      "gpio.denied",
      line,
      `cannot be made an ${wanted}put: it stays ${found}; ${ADVICE.denied}`,
    );
  }

  return {
    async openRelay(line) {
      // `high` and `low` set level and direction in one step, so that the relay does not click at start.
      return createRelay(line, await open(line, line.activeLow ? "high" : "low"));
    },
    async openContact(line) {
      return createContact(line, await open(line, "in"), clock);
    },
  };
}

function createRelay(line: GpioLine, raw: RawLine): Relay {
  const levelOf = (on: boolean): 0 | 1 => (on === line.activeLow ? 0 : 1);
  let open = true;

  function use<T>(action: () => T): T {
    if (!open) throw lineFailed(line, new Error("it was closed"));
    try {
      return action();
    } catch (cause) {
      throw lineFailed(line, cause);
    }
  }

  return {
    switch: async (on) => use(() => raw.writeSync(levelOf(on))),
    readBack: async () => use(() => raw.readSync() === levelOf(true)),
    async close() {
      if (!open) return;
      open = false;
      release(raw, () => raw.writeSync(levelOf(false)));
    },
  };
}

function createContact(line: GpioLine, raw: RawLine, clock: Clock): Contact {
  const watchers = new Set<() => void>();
  let open = true;

  function isClosed(): boolean {
    if (!open) throw lineFailed(line, new Error("it was closed"));
    try {
      return raw.readSync() === (line.activeLow ? 0 : 1);
    } catch (cause) {
      throw lineFailed(line, cause);
    }
  }

  return {
    read: async () => isClosed(),
    watch(listener, onError) {
      let timer: Timer | undefined;
      let last: boolean | undefined;
      let failing = false;
      const stop = (): void => {
        timer?.cancel();
        watchers.delete(stop);
      };
      const look = (): void => {
        timer = clock.after(CONTACT_POLL_MS, look);
        let closed: boolean;
        try {
          closed = isClosed();
        } catch (error) {
          if (!failing && error instanceof Error) onError(error);
          failing = true;
          return;
        }
        failing = false;
        const changed = last !== undefined && last !== closed;
        last = closed;
        if (changed) listener(closed);
      };
      watchers.add(stop);
      look();
      return stop;
    },
    async close() {
      if (!open) return;
      open = false;
      for (const stop of [...watchers]) stop();
      release(raw, () => {});
    },
  };
}

/** Closing must go on whatever fails: the line is given back even if it cannot be written any more. */
function release(raw: RawLine, first: () => void): void {
  for (const step of [first, () => raw.unexport()]) {
    try {
      step();
    } catch {
      // Nothing is left to do for a line that the kernel has taken away.
    }
  }
}

function openWithOnoff(globalNumber: number, direction: Direction): RawLine {
  return new OnoffGpio(globalNumber, direction, "none", { activeLow: false });
}

function lineFailed({ chip, line }: GpioLine, cause: unknown): GatewayError {
  return new GatewayError(`GPIO ${chip}:${line} failed: ${errorMessage(cause)}`, {
    code: "gpio.failed",
    kind: "transient",
    device: `${chip}:${line}`,
    cause,
  });
}

const ADVICE = {
  busy: "another driver uses the line; look in /sys/kernel/debug/gpio and free it in config.txt",
  denied: "add the service's account to the group gpio",
  missing: "the kernel does not know the line; check chip and number in the configuration",
} as const;

/** What the kernel's answer to an export (or to opening what it made) means. */
function exportError(line: GpioLine, cause: unknown): GatewayError {
  switch (errorCode(cause)) {
    case "EBUSY":
      return gpioError("gpio.busy", line, ADVICE.busy, cause);
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return gpioError("gpio.denied", line, ADVICE.denied, cause);
    default:
      return gpioError("gpio.line_missing", line, ADVICE.missing, cause);
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return false;
    throw error;
  }
}

/** Why the files of an exported line cannot be used yet; undefined when they can. */
async function firstObstacle(folder: string): Promise<unknown> {
  try {
    for (const name of ["value", "direction", "active_low"]) {
      await access(join(folder, name), constants.R_OK | constants.W_OK);
    }
    return undefined;
  } catch (error) {
    return error;
  }
}
