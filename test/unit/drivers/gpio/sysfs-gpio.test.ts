import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { systemClock } from "../../../../src/core/time.ts";
import { globalLineNumber } from "../../../../src/drivers/gpio/gpio-chips.ts";
import { createSysfsGpio, type RawLine } from "../../../../src/drivers/gpio/sysfs-gpio.ts";
import { until } from "../../../support/until.ts";

const folders: string[] = [];

afterEach(async () => {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));
});

async function writeAll(folder: string, files: Readonly<Record<string, string | number>>): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), String(content));
}

/** A /sys with chips at these bases, and line 517 exported. */
async function sysfs(chips: Readonly<Record<number, { label: string; ngpio: number }>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "cunshao-sys-"));
  folders.push(root);
  const gpio = join(root, "class", "gpio");
  for (const [base, chip] of Object.entries(chips)) {
    await writeAll(join(gpio, `gpiochip${base}`), { ...chip, base });
  }
  await writeAll(join(gpio, "gpio517"), { value: 1, direction: "in", active_low: 0 });
  return root;
}

const CHIP = { 512: { label: "chip0", ngpio: 8 } };
const LINE = { chip: "chip0", line: 5, activeLow: true };

function rawLine(overrides: Partial<RawLine> = {}): RawLine {
  return { readSync: () => 1, writeSync: () => {}, direction: () => "out", unexport: () => {}, ...overrides };
}

async function gpioWith(openLine: () => RawLine) {
  return createSysfsGpio({ clock: systemClock, sysfsRoot: await sysfs(CHIP), openLine });
}

describe("the global number of a line", () => {
  test("is the base of the chip with its label plus its offset", async () => {
    const root = await sysfs({ 0: { label: "other", ngpio: 54 }, 571: { label: "pinctrl-rp1", ngpio: 54 } });
    const folder = join(root, "class", "gpio");
    expect(await globalLineNumber(folder, { chip: "pinctrl-rp1", line: 17, activeLow: true })).toBe(588);
  });

  test("names the chips that are there when the label is not", async () => {
    const folder = join(await sysfs(CHIP), "class", "gpio");
    await expect(
      globalLineNumber(folder, { chip: "pinctrl-rp1", line: 17, activeLow: true }),
    ).rejects.toMatchObject({
      code: "gpio.chip_missing",
      kind: "permanent",
      message: expect.stringContaining("chip0"),
    });
  });

  test("cannot be had from a kernel without sysfs GPIO", async () => {
    await expect(globalLineNumber("/nonexistent/gpio", LINE)).rejects.toMatchObject({
      code: "gpio.chip_missing",
    });
  });
});

describe("opening a line", () => {
  test.each([
    ["EBUSY", "gpio.busy"],
    ["EACCES", "gpio.denied"],
    ["EPERM", "gpio.denied"],
    ["EINVAL", "gpio.line_missing"],
  ])("turns the kernel's %s into %s", async (errno, code) => {
    const gpio = await gpioWith(() => {
      throw Object.assign(new Error(errno), { code: errno });
    });
    await expect(gpio.openRelay(LINE)).rejects.toMatchObject({ code, kind: "permanent" });
  });

  test("fails when the line does not become an output, and gives it back", async () => {
    let given = 0;
    const gpio = await gpioWith(() => rawLine({ direction: () => "in", unexport: () => given++ }));
    await expect(gpio.openRelay(LINE)).rejects.toMatchObject({ code: "gpio.denied" });
    expect(given).toBe(1);
  });

  test("fails when the line does not take its safe level", async () => {
    const gpio = await gpioWith(() => rawLine({ readSync: () => 0 }));
    await expect(gpio.openRelay(LINE)).rejects.toMatchObject({ code: "gpio.denied" });
  });
});

describe("a relay", () => {
  test("refuses orders after it was closed, and closes twice without harm", async () => {
    const levels: number[] = [];
    const gpio = await gpioWith(() => rawLine({ writeSync: (level) => levels.push(level) }));
    const relay = await gpio.openRelay(LINE);
    await relay.close();
    await relay.close();
    await expect(relay.switch(true)).rejects.toMatchObject({ code: "gpio.failed" });
    expect(levels).toEqual([1]);
  });

  test("gives its line back even if it cannot be written any more", async () => {
    let given = 0;
    const gpio = await gpioWith(() =>
      rawLine({
        writeSync: () => {
          throw new Error("EIO");
        },
        unexport: () => given++,
      }),
    );
    await (await gpio.openRelay(LINE)).close();
    expect(given).toBe(1);
  });
});

describe("a contact that cannot be read", () => {
  test("says so once, and goes on when it can be read again", async () => {
    let level: 0 | 1 | "broken" = 1;
    const gpio = await gpioWith(() =>
      rawLine({
        direction: () => "in",
        readSync: () => {
          if (level === "broken") throw new Error("EIO");
          return level;
        },
      }),
    );
    const contact = await gpio.openContact(LINE);
    const seen: (boolean | string)[] = [];
    contact.watch(
      (closed) => seen.push(closed),
      (error) => seen.push(error.name),
    );
    level = "broken";
    await until(() => seen.length === 1);
    level = 0;
    await until(() => seen.length === 2);
    expect(seen).toEqual(["GatewayError", true]);
    await contact.close();
  });
});
