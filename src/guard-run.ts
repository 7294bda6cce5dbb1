// Composes and runs the guard as a process. It shares none of the gateway's: what it imports is what it weighs.
import { lockDataFolder } from "./config/data-folder-lock.ts";
import { type Environment, runtimeFolderOf } from "./config/environment.ts";
import type { Gpio } from "./core/devices.ts";
import { errorCode, errorMessage } from "./core/errors.ts";
import type { Logger } from "./core/log.ts";
import { type Clock, isoTime, systemClock } from "./core/time.ts";
import { endOrphans } from "./drivers/ffmpeg/child-register.ts";
import { createProcesses } from "./drivers/process/processes.ts";
import { createSystemdNotify, type SystemdEnvironment } from "./drivers/systemd/notify.ts";
import { createWatchdogFeed } from "./drivers/systemd/watchdog-feed.ts";
import { createGuard } from "./guard/guard.ts";
import { makeSignFolder, signsIn } from "./guard/signs.ts";
import { carryOut, loadDrivers } from "./safe-plan.ts";

const EXIT = { ok: 0, unavailable: 69, cannotCreate: 73 } as const;

export interface GuardOptions {
  readonly environment: Environment;
  readonly systemd: SystemdEnvironment;
  /** Lines of another board than this machine's own. */
  readonly gpio?: Gpio;
  /** Ends the guard as SIGTERM does. */
  readonly signal?: AbortSignal;
}

/** Guards until SIGTERM or SIGINT; resolves with the exit code. Needs no configuration: the gateway leaves a plan. */
export async function runGuard({ environment, systemd, gpio, signal }: GuardOptions): Promise<number> {
  const clock = systemClock;
  const log = createLineLog(clock, {});
  const folder = runtimeFolderOf(environment);
  const ended = waitForEnd(signal);
  try {
    makeSignFolder(folder);
    await lockDataFolder(signsIn(folder).acts);
  } catch (error) {
    const taken = errorCode(error) === "data.in_use";
    const message = taken ? `Another guard watches ${folder}` : errorMessage(error);
    process.stderr.write(`cunshao guard: ${message} [${taken ? "guard.in_use" : errorCode(error)}]\n`);
    return taken ? EXIT.unavailable : EXIT.cannotCreate;
  }
  const processes = createProcesses({ log });
  const lines = gpio ?? (await import("./drivers/gpio/sysfs-gpio.ts")).createSysfsGpio({ clock });
  const guard = createGuard(
    {
      clock,
      processes,
      log,
      maker: {
        prepare: loadDrivers,
        makeSafe: (plan) => carryOut(plan, { gpio: lines, clock, random: Math.random, log }),
        endChildren: () => endOrphans(signsIn(folder).children, log),
      },
    },
    folder,
  );
  const notify = createSystemdNotify({ environment: systemd, log, clock });
  const feed = createWatchdogFeed({ notify, clock, healthy: guard.isWell });
  await guard.start();
  log.info({ folder }, "watching");
  await notify.ready();
  await feed.start();
  await ended;
  await notify.stopping();
  await feed.stop();
  await guard.stop();
  return EXIT.ok;
}

function waitForEnd(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => resolve());
    signal?.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** Lines as the gateway's logger writes them, without its weight. */
function createLineLog(clock: Clock, bound: object): Logger {
  const line = (level: number) => (fields: object, msg: string) => {
    const time = isoTime(clock.now().wallMs);
    process.stdout.write(`${JSON.stringify({ level, time, ...bound, ...fields, msg })}\n`);
  };
  return {
    debug: () => {},
    info: line(30),
    warn: line(40),
    error: line(50),
    child: (fields) => createLineLog(clock, { ...bound, ...fields }),
  };
}
