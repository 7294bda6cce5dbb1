// drivers/clock: what this machine knows about its own time. It may import core/ only.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { uptime } from "node:os";
import { join } from "node:path";
import type { Clock } from "../../core/time.ts";
import type { MachineTime } from "../../core/village-time.ts";

/** systemd-timesyncd makes this file once the clock was set from the network (systemd-timesyncd.service(8)). */
const TIMESYNC_MARK = "run/systemd/timesync/synchronized";

/** No clock shows an earlier time honestly: this program did not exist (2026-01-01T00:00:00Z). */
const EARLIEST_S = 1_767_225_600;

/**
 * What made the clock of this machine right: the network in this boot, or a battery clock (RTC) that kept a plausible time.
 * A board without either starts with a stale time.
 */
export function timeSource(root = "/"): "network" | "battery" | undefined {
  if (existsSync(join(root, TIMESYNC_MARK))) return "network";
  return batteryClocks(root).some((seconds) => seconds > EARLIEST_S) ? "battery" : undefined;
}

/** `synced` when the clock of this machine is known to be right. */
export function clockQuality(root = "/"): "synced" | "unsynced" {
  return timeSource(root) === undefined ? "unsynced" : "synced";
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

/** What is known of the machine's clock, remembered for some seconds. */
export function createClockQuality(
  clock: Clock,
  root = "/",
): MachineTime & { current(): "synced" | "unsynced" } {
  let known = timeSource(root);
  let lookedMs = clock.now().monotonicMs;
  function source(): "network" | "battery" | undefined {
    const { monotonicMs } = clock.now();
    if (monotonicMs - lookedMs > LOOK_AGAIN_MS) {
      known = timeSource(root);
      lookedMs = monotonicMs;
    }
    return known;
  }
  return { source, current: () => (source() === undefined ? "unsynced" : "synced") };
}

/** Since this machine was booted, in ms (hundredths of a second); goes on over restarts of the gateway. */
export function uptimeMs(): number {
  return uptime() * 1000;
}

/** Changes with every boot of the machine. */
export function bootId(root = "/"): string {
  return readFileSync(join(root, "proc/sys/kernel/random/boot_id"), "utf8").trim();
}
