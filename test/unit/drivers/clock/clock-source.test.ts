import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { bootId, clockQuality, createClockQuality } from "../../../../src/drivers/clock/clock-source.ts";
import { createSteppedClock } from "../../../support/stepped-clock.ts";
import { createScratchFolder } from "../ffmpeg/children.ts";

const NETWORK_MARK = "run/systemd/timesync/synchronized";

function machine(files: Readonly<Record<string, string>>): string {
  const root = createScratchFolder();
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

describe("the clock's quality", () => {
  test.each([
    ["a board without network time and without a battery clock", {}, "unsynced"],
    ["a board whose clock the network has set", { [NETWORK_MARK]: "" }, "synced"],
    ["a battery clock that kept the time", { "sys/class/rtc/rtc0/since_epoch": "1780000000\n" }, "synced"],
    ["a battery clock that began anew", { "sys/class/rtc/rtc0/since_epoch": "130\n" }, "unsynced"],
    ["a battery clock that cannot be read", { "sys/class/rtc/rtc0/name": "dead" }, "unsynced"],
    [
      "one good battery clock of two",
      { "sys/class/rtc/rtc0/since_epoch": "0", "sys/class/rtc/rtc1/since_epoch": "1780000000" },
      "synced",
    ],
  ] as const)("of %s", (_name, files, expected) => {
    expect(clockQuality(machine(files))).toBe(expected);
  });

  test("is looked at again after some seconds, not at every question", () => {
    const clock = createSteppedClock();
    const root = machine({});
    const quality = createClockQuality(clock, root);
    expect(quality.current()).toBe("unsynced");
    mkdirSync(join(root, dirname(NETWORK_MARK)), { recursive: true });
    writeFileSync(join(root, NETWORK_MARK), "");
    clock.step(5_000);
    expect(quality.current()).toBe("unsynced");
    clock.step(6_000);
    expect(quality.current()).toBe("synced");
  });
});

test("the boot id is the kernel's", () => {
  expect(bootId(machine({ "proc/sys/kernel/random/boot_id": "5f0c9f3e-1111\n" }))).toBe("5f0c9f3e-1111");
});
