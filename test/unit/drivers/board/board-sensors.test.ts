import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createBoardSensors } from "../../../../src/drivers/board/board-sensors.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "board-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function kernelSays(files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, "sys/class", path)), { recursive: true });
    await writeFile(join(root, "sys/class", path), text);
  }
}

test("a board without such files tells nothing", async () => {
  expect(await createBoardSensors(root)()).toEqual({});
});

test.each([
  ["1\n", "low"],
  ["0\n", "good"],
] as const)("an alarm of %j means that the supply is %s", async (alarm, supply) => {
  await kernelSays({
    "hwmon/hwmon0/name": "cpu_thermal\n",
    "hwmon/hwmon1/name": "rpi_volt\n",
    "hwmon/hwmon1/in0_lcrit_alarm": alarm,
  });
  expect(await createBoardSensors(root)()).toEqual({ supply });
});

test("the hottest of the processor's zones counts; a disk's does not, nor what is no number", async () => {
  await kernelSays({
    "thermal/thermal_zone0/type": "cpu-thermal\n",
    "thermal/thermal_zone0/temp": "48312\n",
    "thermal/thermal_zone1/type": "soc-thermal\n",
    "thermal/thermal_zone1/temp": "51000\n",
    "thermal/thermal_zone2/type": "nvme\n",
    "thermal/thermal_zone2/temp": "80000\n",
    "thermal/thermal_zone3/type": "cpu1\n",
    "thermal/thermal_zone3/temp": "?\n",
    "hwmon/hwmon1/name": "rpi_volt\n",
    "hwmon/hwmon1/in0_lcrit_alarm": "yes\n",
  });
  expect(await createBoardSensors(root)()).toEqual({ celsius: 51 });
});
