// drivers/systemd/: tells systemd how the gateway is. May import core/ and node:child_process.
import { execFile } from "node:child_process";
import { errorCode, errorMessage } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import { type Clock, within } from "../../core/time.ts";

/** What systemd puts into the environment of a service of Type=notify, sd_notify(3) and sd_watchdog_enabled(3). */
export interface SystemdEnvironment {
  readonly NOTIFY_SOCKET?: string | undefined;
  /** Microseconds within which systemd wants to hear from us. */
  readonly WATCHDOG_USEC?: string | undefined;
}

/** Each resolves when systemd was told, or could not be: that is logged, and never an error of the gateway. */
export interface SystemdNotify {
  /** How long systemd waits before it takes the process for hung; undefined where nobody watches. */
  readonly watchdogMs: number | undefined;
  ready(): Promise<void>;
  /** One line for `systemctl status`. */
  status(text: string): Promise<void>;
  watchdog(): Promise<void>;
  stopping(): Promise<void>;
}

/** systemd-notify waits until systemd has taken the message; on a busy Pi that takes up to a second. */
const TELL_WITHIN_MS = 5_000;

/**
 * Speaks through the tool systemd-notify, because Node has no datagram sockets in the file system. Messages go out one
 * after the other, so that READY never overtakes STOPPING. Does nothing where systemd did not start the process.
 */
export function createSystemdNotify(dependencies: {
  readonly environment: SystemdEnvironment;
  readonly log: Logger;
  readonly clock: Clock;
}): SystemdNotify {
  const { environment, log, clock } = dependencies;
  const socket = environment.NOTIFY_SOCKET;
  let last: Promise<void> = Promise.resolve();
  let feeding = false;

  async function tell(message: readonly string[]): Promise<void> {
    if (!socket) return;
    const abort = new AbortController();
    try {
      await within(clock, TELL_WITHIN_MS, "telling systemd", runTool(socket, message, abort.signal));
    } catch (error) {
      abort.abort();
      log.warn({ code: errorCode(error), error: errorMessage(error), message }, "systemd was not told");
    }
  }

  function inTurn(...message: readonly string[]): Promise<void> {
    last = last.then(() => tell(message));
    return last;
  }

  return {
    watchdogMs: socket ? watchdogMs(environment.WATCHDOG_USEC) : undefined,
    ready: () => inTurn("READY=1"),
    status: (text) => inTurn(`STATUS=${text.replaceAll("\n", " ")}`),
    stopping: () => inTurn("STOPPING=1"),
    async watchdog() {
      // One at a time: where telling hangs, a queue of old signs of life would be a lie later on.
      if (feeding) return;
      feeding = true;
      await inTurn("WATCHDOG=1");
      feeding = false;
    },
  };
}

function watchdogMs(microseconds: string | undefined): number | undefined {
  const value = Number(microseconds);
  return Number.isFinite(value) && value > 0 ? value / 1000 : undefined;
}

function runTool(socket: string, message: readonly string[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const env = { NOTIFY_SOCKET: socket };
    execFile("systemd-notify", ["--", ...message], { env, signal, killSignal: "SIGKILL" }, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}
