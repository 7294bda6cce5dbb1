// drivers/board: what the board's own chips tell, read from the kernel's files. It may import core/ only.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { BoardReading, ReadBoard } from "../../core/board.ts";

const SUPPLY_FOLDER = "sys/class/hwmon";
/** The firmware of a Raspberry Pi behind the kernel driver `raspberrypi-hwmon`. */
const SUPPLY_CHIP = "rpi_volt";
/** 1 once the supply was too low, until it is read (kernel documentation, hwmon/raspberrypi-hwmon). */
const SUPPLY_ALARM = "in0_lcrit_alarm";
const HEAT_FOLDER = "sys/class/thermal";
/** Zones of processors, as boards call them; others are of disks, radios and batteries. */
const PROCESSOR = /cpu|soc|x86_pkg/;

/** Reads a board's supply and heat below `root`. */
export function createBoardSensors(root = "/"): ReadBoard {
  return async () => {
    const [supply, celsius] = await Promise.all([readSupply(root), readHeat(root)]);
    return { ...(supply && { supply }), ...(celsius !== undefined && { celsius }) };
  };
}

async function readSupply(root: string): Promise<BoardReading["supply"]> {
  for (const chip of await namesIn(join(root, SUPPLY_FOLDER))) {
    const folder = join(root, SUPPLY_FOLDER, chip);
    if ((await textOf(join(folder, "name"))) !== SUPPLY_CHIP) continue;
    const alarm = await textOf(join(folder, SUPPLY_ALARM));
    if (alarm === "0" || alarm === "1") return alarm === "1" ? "low" : "good";
  }
  return undefined;
}

/** The hottest of the processor's zones. */
async function readHeat(root: string): Promise<number | undefined> {
  const found: number[] = [];
  for (const zone of await namesIn(join(root, HEAT_FOLDER))) {
    const folder = join(root, HEAT_FOLDER, zone);
    const type = await textOf(join(folder, "type"));
    if (type === undefined || !PROCESSOR.test(type)) continue;
    const milliCelsius = Number((await textOf(join(folder, "temp"))) ?? Number.NaN);
    if (Number.isFinite(milliCelsius)) found.push(milliCelsius / 1000);
  }
  return found.length === 0 ? undefined : Math.max(...found);
}

async function namesIn(folder: string): Promise<string[]> {
  // A board without it has nothing to tell.
  return readdir(folder).catch(() => []);
}

async function textOf(path: string): Promise<string | undefined> {
  // Neither has one whose chip is asleep.
  return readFile(path, "utf8").then(
    (text) => text.trim(),
    () => undefined,
  );
}
