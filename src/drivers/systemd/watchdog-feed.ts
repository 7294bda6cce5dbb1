import type { Part } from "../../core/part.ts";
import type { Clock, Timer } from "../../core/time.ts";
import type { SystemdNotify } from "./notify.ts";

/** systemd advises to feed at half the time (sd_watchdog_enabled(3)); a third forgives one lost message. */
const FEEDS_PER_TIMEOUT = 3;

/**
 * Feeds systemd's watchdog from the gateway's own loop, and only while the gateway is healthy: a process that hangs
 * or knows itself unwell is killed and started anew. Does nothing where nobody watches.
 * @param dependencies.healthy asked before each feeding; must be quick.
 * @param dependencies.intervalMs time between feedings; default a third of what systemd allows.
 */
export function createWatchdogFeed(dependencies: {
  readonly notify: SystemdNotify;
  readonly clock: Clock;
  readonly healthy: () => boolean;
  readonly intervalMs?: number | undefined;
}): Part {
  const { notify, clock, healthy } = dependencies;
  const { watchdogMs } = notify;
  const intervalMs = dependencies.intervalMs ?? (watchdogMs ?? 0) / FEEDS_PER_TIMEOUT;
  let timer: Timer | undefined;

  function feed(): void {
    if (healthy()) void notify.watchdog();
    timer = clock.after(intervalMs, feed);
  }

  return {
    name: "watchdog",
    async start() {
      if (watchdogMs === undefined || timer) return;
      feed();
    },
    async stop() {
      timer?.cancel();
      timer = undefined;
    },
  };
}
