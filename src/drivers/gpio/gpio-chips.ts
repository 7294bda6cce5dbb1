import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { errorCode, GatewayError } from "../../core/errors.ts";
import type { GpioLine } from "../../core/output-wiring.ts";

/**
 * The kernel's global number of a line, which sysfs and onoff want. It changes with board and kernel (the first chip
 * starts at 0 before kernel 6.6 and at 512 since), so it is looked up by the chip's label at every start.
 * @param classFolder `/sys/class/gpio`.
 * @throws GatewayError `gpio.chip_missing`, `gpio.line_missing`, `gpio.denied` (permanent).
 */
export async function globalLineNumber(classFolder: string, line: GpioLine): Promise<number> {
  const chips = await listChips(classFolder);
  const named = chips.filter((chip) => chip.label === line.chip);
  const [first] = named;
  if (!first) {
    const present = chips.map((chip) => chip.label).join(", ") || "none";
    throw gpioError("gpio.chip_missing", line, `no GPIO chip is called ${line.chip}; present: ${present}`);
  }
  // RP1 and some expanders show one label on several chips; the bank that is big enough is meant.
  const chip = named.find((candidate) => line.line < candidate.lineCount);
  if (!chip) {
    throw gpioError("gpio.line_missing", line, `${first.label} has lines 0 to ${first.lineCount - 1}`);
  }
  return chip.base + line.line;
}

interface Chip {
  readonly label: string;
  readonly base: number;
  readonly lineCount: number;
}

async function listChips(classFolder: string): Promise<Chip[]> {
  let names: string[];
  try {
    names = await readdir(classFolder);
  } catch (cause) {
    const code = errorCode(cause) === "EACCES" ? "gpio.denied" : "gpio.chip_missing";
    throw new GatewayError(
      `${classFolder} cannot be read; the kernel needs GPIO_SYSFS and the service the group gpio`,
      { code, kind: "permanent", cause },
    );
  }
  const folders = names.filter((name) => /^gpiochip\d+$/.test(name)).sort();
  return Promise.all(folders.map((name) => readChip(join(classFolder, name))));
}

async function readChip(folder: string): Promise<Chip> {
  const [label = "", base = "", lineCount = ""] = await Promise.all(
    ["label", "base", "ngpio"].map((name) => readFile(join(folder, name), "utf8")),
  );
  return { label: label.trim(), base: Number(base), lineCount: Number(lineCount) };
}

export type GpioErrorCode = "gpio.chip_missing" | "gpio.line_missing" | "gpio.busy" | "gpio.denied";

export function gpioError(
  code: GpioErrorCode,
  { chip, line }: GpioLine,
  message: string,
  cause?: unknown,
): GatewayError {
  return new GatewayError(`GPIO ${chip}:${line}: ${message}`, {
    code,
    kind: "permanent",
    device: `${chip}:${line}`,
    cause,
  });
}
