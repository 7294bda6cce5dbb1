// drivers/clock: what this machine knows about its own time. It may import core/ only.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../core/time.ts";

/** systemd-timesyncd makes this file once the clock was set from the network (systemd-timesyncd.service(8)). */
const TIMESYNC_MARK = "run/systemd/timesync/synchronized";

/** No clock shows an earlier time honestly: this program did not exist (2026-01-01T00:00:00Z). */
const EARLIEST_S = 1_767_225_600;

/**
 * `synced` when the network has set the clock in this boot, or when a battery clock (RTC) kept a plausible time.
 * A board without either starts with a stale time.
 */
export function clockQuality(root = "/"): "synced" | "unsynced" {
  if (existsSync(join(root, TIMESYNC_MARK))) return "synced";
  return batteryClocks(root).some((seconds) => seconds > EARLIEST_S) ? "synced" : "unsynced";
}

function batteryClocks(root: string): number[] {
  const folder = join(root, "sys/class/rtc");
  if (!existsSync(folder)) return [];
  return readdirSync(folder).map((clock) => {
    try {
      return Number(readFileSync(join(folder, clock, "since_epoch"), "utf8"));
    } catch {
      // A clock chip that cannot be read keeps no time.
      return 0;
    }
  });
}

/** Looking at files for each event would be waste: the answer changes once a boot. */
const LOOK_AGAIN_MS = 10_000;

/** `clockQuality`, remembered for some seconds. */
export function createClockQuality(clock: Clock, root = "/"): { current(): "synced" | "unsynced" } {
  let known = clockQuality(root);
  let lookedMs = clock.now().monotonicMs;
  return {
    current() {
      const { monotonicMs } = clock.now();
      if (monotonicMs - lookedMs > LOOK_AGAIN_MS) {
        known = clockQuality(root);
        lookedMs = monotonicMs;
      }
      return known;
    },
  };
}

/** Changes with every boot of the machine. */
export function bootId(root = "/"): string {
  return readFileSync(join(root, "proc/sys/kernel/random/boot_id"), "utf8").trim();
}
