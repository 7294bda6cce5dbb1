import fs from "node:fs";
import { join } from "node:path";
import { errorCode } from "../../src/core/errors.ts";
import { systemClock } from "../../src/core/time.ts";
import { createSysfsGpio } from "../../src/drivers/gpio/sysfs-gpio.ts";
import { until } from "../support/until.ts";

// Runs in a mount namespace of its own, where /sys/class is a tmpfs: the real onoff on a board made of files.
// What a kernel does behind those files (export, `high` meaning "out and 1") is done here, and every write is noted.

const CLASS_FOLDER = "/sys/class/gpio";
/** Kernel 6.6 and later number the first chip's lines from here. */
const BASE = 512;

export interface BoardReport {
  /** `gpio529/direction high`, in order. */
  readonly writes: readonly string[];
  /** Level of the pin of the line under test after each write to it. */
  readonly levels: readonly string[];
  readonly notes: Readonly<Record<string, unknown>>;
}

const writes: string[] = [];
const levels: string[] = [];

function file(...parts: string[]): string {
  return join(CLASS_FOLDER, ...parts);
}

const { writeFileSync } = fs;
/** Node's own writeFileSync may use openSync and writeSync, which are watched here. */
let quiet = false;

function writeQuietly(path: string, content: string | Buffer): void {
  quiet = true;
  writeFileSync(path, content);
  quiet = false;
}

function addLine(number: number, level: "0" | "1"): void {
  fs.mkdirSync(file(`gpio${number}`), { recursive: true });
  for (const [name, content] of Object.entries({
    value: level,
    direction: "in",
    active_low: "0",
    edge: "none",
  })) {
    writeQuietly(file(`gpio${number}`, name), content);
  }
}

function addChip(label: string, base: number, lineCount: number): void {
  fs.mkdirSync(file(`gpiochip${base}`), { recursive: true });
  for (const [name, content] of Object.entries({ label, base, ngpio: lineCount })) {
    writeQuietly(file(`gpiochip${base}`, name), `${content}\n`);
  }
}

/** Takes the place of the kernel behind the files, for the writes of onoff, which are all synchronous. */
function standInForTheKernel(): void {
  const opened = new Map<number, string>();
  const noteWrite = (path: string, content: string): void => {
    writes.push(`${path.slice(CLASS_FOLDER.length + 1)} ${content}`);
    const folder = path.slice(0, path.lastIndexOf("/"));
    if (path.endsWith("/direction") && (content === "high" || content === "low")) {
      writeQuietly(path, "out");
      writeQuietly(join(folder, "value"), content === "high" ? "1" : "0");
    }
    if (path.endsWith("/direction") || path.endsWith("/value")) {
      levels.push(fs.readFileSync(join(folder, "value"), "utf8"));
    }
  };
  const { openSync, writeSync } = fs;
  Object.assign(fs, {
    openSync(path: string, ...rest: [string]) {
      const descriptor = openSync(path, ...rest);
      opened.set(descriptor, String(path));
      return descriptor;
    },
    writeFileSync(path: string, content: string | Buffer) {
      writeQuietly(path, content);
      if (String(path).startsWith(CLASS_FOLDER)) noteWrite(String(path), content.toString());
    },
    writeSync(descriptor: number, bytes: Buffer, ...rest: [number, number, number]) {
      const written = writeSync(descriptor, bytes, ...rest);
      const path = opened.get(descriptor);
      if (!quiet && path?.startsWith(CLASS_FOLDER)) noteWrite(path, bytes.toString());
      return written;
    },
  });
}

const scenarios: Record<string, () => Promise<Record<string, unknown>>> = {
  async "a relay on an active-low board"() {
    addLine(BASE + 17, "1");
    const gpio = createSysfsGpio({ clock: systemClock });
    const relay = await gpio.openRelay({ chip: "pinctrl-bcm2711", line: 17, activeLow: true });
    const afterOpen = await relay.readBack();
    await relay.switch(true);
    const afterOn = await relay.readBack();
    await relay.close();
    return { afterOpen, afterOn };
  },
  async "a relay on an active-high board"() {
    addLine(BASE + 17, "0");
    const gpio = createSysfsGpio({ clock: systemClock });
    const relay = await gpio.openRelay({ chip: "pinctrl-bcm2711", line: 17, activeLow: false });
    await relay.switch(true);
    await relay.close();
    return {};
  },
  async "a line that is not exported yet"() {
    const gpio = createSysfsGpio({ clock: systemClock });
    const opening = gpio.openRelay({ chip: "raspberrypi-exp-gpio", line: 3, activeLow: true });
    const exported = file("export");
    await until(() => fs.readFileSync(exported, "utf8") !== "");
    const asked = fs.readFileSync(exported, "utf8");
    // As udev does: the line is there at once, but usable only later.
    fs.mkdirSync(file(`gpio${asked}`));
    await systemClock.sleep(60);
    addLine(Number(asked), "1");
    const relay = await opening;
    await relay.close();
    return { asked };
  },
  async "a contact"() {
    addLine(BASE + 27, "1");
    const value = file(`gpio${BASE + 27}`, "value");
    const gpio = createSysfsGpio({ clock: systemClock });
    const contact = await gpio.openContact({ chip: "pinctrl-bcm2711", line: 27, activeLow: true });
    const atFirst = await contact.read();
    const seen: boolean[] = [];
    const stop = contact.watch(
      (closed) => seen.push(closed),
      (error) => {
        throw error;
      },
    );
    writeQuietly(value, "0");
    await until(() => seen.length === 1);
    writeQuietly(value, "1");
    await until(() => seen.length === 2);
    stop();
    await contact.close();
    return { atFirst, seen };
  },
  async errors() {
    const gpio = createSysfsGpio({ clock: systemClock });
    const codeFor = async (chip: string, line: number): Promise<string> => {
      try {
        await gpio.openRelay({ chip, line, activeLow: true });
        return "none";
      } catch (error) {
        return errorCode(error);
      }
    };
    return {
      unknownChip: await codeFor("pinctrl-rp1", 17),
      lineBeyondChip: await codeFor("pinctrl-bcm2711", 58),
      neverAppears: await codeFor("pinctrl-bcm2711", 5),
    };
  },
};

/** @param name one of the scenarios. */
export async function runScenario(name: string): Promise<BoardReport> {
  fs.mkdirSync(CLASS_FOLDER, { recursive: true });
  addChip("pinctrl-bcm2711", BASE, 58);
  addChip("raspberrypi-exp-gpio", BASE + 58, 8);
  writeQuietly(file("export"), "");
  writeQuietly(file("unexport"), "");
  standInForTheKernel();
  const scenario = scenarios[name];
  if (!scenario) throw new Error(`no scenario ${name}`);
  const notes = await scenario();
  return { writes, levels, notes };
}
