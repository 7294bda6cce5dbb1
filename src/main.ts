// Runs the gateway as a process: configuration, signals, systemd, exit codes. Called by cli.ts and by the virtual kit,
// which brings the lines of its own board.
import { existsSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { pino } from "pino";
import { lockDataFolder } from "./config/data-folder-lock.ts";
import { DEFAULT_CONFIG_FILE, DEFAULT_DATA_FOLDER, type Environment } from "./config/environment.ts";
import { formatProblem } from "./config/problems.ts";
import { loadProfiles, profilesFolder } from "./config/profiles.ts";
import { loadSite } from "./config/set-up/load-site.ts";
import type { Gpio } from "./core/devices.ts";
import { errorCode, errorMessage, GatewayError } from "./core/errors.ts";
import type { Logger } from "./core/log.ts";
import { systemClock } from "./core/time.ts";
import { createSysfsGpio } from "./drivers/gpio/sysfs-gpio.ts";
import { createSystemdNotify } from "./drivers/systemd/notify.ts";
import { createWatchdogFeed } from "./drivers/systemd/watchdog-feed.ts";
import type { Gateway } from "./gateway.ts";
import { type GatewayRun, openRun, type RunDependencies } from "./gateway-run.ts";

/** Exit codes of sysexits(3). */
export const EXIT = {
  ok: 0,
  usage: 64,
  data: 65,
  noInput: 66,
  unavailable: 69,
  software: 70,
  cannotCreate: 73,
  io: 74,
  noPermission: 77,
  config: 78,
} as const;

/** A loop that stands still for longer is not healthy; three such intervals in a row and systemd restarts the gateway. */
const LOOP_STALL_MS = 3000;

const EXIT_BY_CODE: Readonly<Record<string, number>> = {
  "ledger.full": EXIT.io,
  "ledger.unwritable": EXIT.io,
  "evidence.full": EXIT.io,
  "evidence.unwritable": EXIT.io,
  "ledger.corrupt": EXIT.io,
  "copy.full": EXIT.io,
  "copy.unwritable": EXIT.io,
  "copy.refused": EXIT.io,
  "copy.not_durable": EXIT.config,
  "copy.damaged": EXIT.data,
  "copy.unauthorized": EXIT.noPermission,
  "verify.nothing": EXIT.noInput,
  "verify.usage": EXIT.usage,
  "data.no_folder": EXIT.cannotCreate,
  "environment.port": EXIT.usage,
  "labels.invalid": EXIT.data,
  "clip.missing": EXIT.noInput,
  "clip.no_video": EXIT.data,
  "clip.empty": EXIT.data,
  "clip.broken": EXIT.data,
};

export interface RunOptions {
  readonly environment: Environment;
  readonly systemd: {
    readonly NOTIFY_SOCKET?: string | undefined;
    readonly WATCHDOG_USEC?: string | undefined;
  };
  /** Lines of another board than this machine's own. */
  readonly gpio?: Gpio;
}

/**
 * Runs until SIGTERM or SIGINT; resolves with the exit code. What goes wrong is one line on stderr. What was changed on the
 * page of the configuration has the gateway start anew within the process. Whatever part did not stop is left behind: the caller
 * ends the process with the code.
 */
export async function runGateway({ environment, systemd, gpio }: RunOptions): Promise<number> {
  const log: Logger = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime });
  const notify = createSystemdNotify({ environment: systemd, log, clock: systemClock });
  const feed = createWatchdogFeed({ notify, clock: systemClock, healthy: createLoopCheck() });
  const dataFolder = environment.dataFolder ?? DEFAULT_DATA_FOLDER;
  const configFile = environment.configFile ?? DEFAULT_CONFIG_FILE;
  const ending = Promise.race([waitForSignal(), waitForFailure(log)]);
  const lasting: RunDependencies = {
    ...{ environment, configFile, dataFolder, log, ending },
    gpio: gpio ?? createSysfsGpio({ clock: systemClock }),
    installed: {
      version: packageVersion(),
      webFolder: join(projectFolder(), "dist/web"),
      modelsFolder: modelsFolder(),
      soundsFolder: soundsFolder(),
    },
  };
  let isLocked = false;
  let run: GatewayRun | undefined;
  for (;;) {
    const loaded = await loadAll(configFile, dataFolder);
    if (!loaded) return EXIT.config;
    const next = openRun(lasting, loaded, run);
    try {
      await makeDataFolder(dataFolder);
      // For as long as the process lives.
      if (!isLocked) await lockDataFolder(dataFolder);
      isLocked = true;
      if (await next.start()) {
        if (!run) announce(next.gateway);
        await notify.ready();
        await feed.start();
      }
    } catch (error) {
      complain(error);
      await next.stop();
      return exitCodeOf(error);
    }
    const end = await next.ended;
    if (end === "anew") {
      // Beside what was left behind another gateway would find its lines taken: whoever started the process starts it again.
      if (!(await next.stop()) || !next.gateway.isGone()) return EXIT.software;
      run = next;
      continue;
    }
    await notify.stopping();
    await feed.stop();
    const stoppedInTime = await next.stop();
    if (end) complain(end);
    if (errorCode(end) === "ledger.corrupt") return EXIT.io;
    return end || !stoppedInTime ? EXIT.software : EXIT.ok;
  }
}

/**
 * Reads profiles, configuration and what was changed of it on the page; prints every problem and gives nothing when there is one.
 * @param dataFolder where the changes are kept.
 */
export async function loadAll(file: string, dataFolder: string) {
  const profiles = await loadProfiles(profilesFolder());
  if (!profiles.ok) {
    printProblems(profiles.problems.map(formatProblem));
    return undefined;
  }
  const loaded = await loadSite(file, profiles.profiles, dataFolder);
  if (!loaded.ok) {
    printProblems(loaded.problems.map(formatProblem));
    return undefined;
  }
  return { ...loaded, profiles: profiles.profiles };
}

export function printProblems(lines: readonly string[]): void {
  process.stderr.write(`${lines.join("\n")}\n${lines.length} problem(s)\n`);
}

/** Whether the event loop never stood still for long since the last call: a warning waits as long as the loop does. */
function createLoopCheck(): () => boolean {
  const delays = monitorEventLoopDelay({ resolution: 50 });
  delays.enable();
  return () => {
    const longestMs = delays.max / 1e6;
    delays.reset();
    return longestMs < LOOP_STALL_MS;
  };
}

/** One clear line, no stack; the log has the rest. */
export function complain(error: unknown): void {
  process.stderr.write(`cunshao: ${errorMessage(error)} [${errorCode(error)}]\n`);
}

export async function makeDataFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw new GatewayError(
      `Cannot make the data folder ${folder} (${errorCode(cause)}): make it for this user, or set CUNSHAO_DATA`,
      { code: "data.no_folder", kind: "permanent", cause },
    );
  }
}

export function exitCodeOf(error: unknown): number {
  const known = EXIT_BY_CODE[errorCode(error)];
  if (known !== undefined) return known;
  return error instanceof GatewayError && error.kind !== "bug" ? EXIT.unavailable : EXIT.software;
}

function announce(gateway: Gateway): void {
  const password = gateway.generatedPassword();
  const login = password ? `  账号 admin  密码 ${password}（只显示这一次）` : "";
  process.stdout.write(`村哨 ${gateway.url() ?? ""}${login}\n`);
}

export interface Running {
  /** Resolves when it cannot go on. */
  readonly broken?: Promise<unknown>;
  stop(): Promise<void>;
}

/**
 * Runs what `start` starts until SIGTERM, SIGINT, or an error; resolves with the exit code. What goes wrong is one line on stderr.
 */
export async function runUntilSignal(start: (log: Logger) => Promise<Running>): Promise<number> {
  const log: Logger = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime });
  const failing = waitForFailure(log);
  try {
    const running = await start(log);
    const broken = await Promise.race([
      waitForSignal(),
      failing,
      ...(running.broken ? [running.broken] : []),
    ]);
    await running.stop();
    if (broken === undefined) return EXIT.ok;
    complain(broken);
    return exitCodeOf(broken);
  } catch (error) {
    complain(error);
    return exitCodeOf(error);
  }
}

function waitForSignal(): Promise<undefined> {
  return new Promise((resolveSignal) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolveSignal(undefined));
  });
}

/** An error that nobody handled leaves the process in an unknown state: it is to end, with its outputs safe. */
function waitForFailure(log: Logger): Promise<Error> {
  return new Promise((resolveFailure) => {
    // Every one is caught: a second while stopping must not end the process before the outputs are safe.
    const onFailure = (reason: unknown): void => {
      log.error({ error: String(reason) }, "an error that nobody handled");
      resolveFailure(reason instanceof Error ? reason : new Error(String(reason)));
    };
    process.on("uncaughtException", onFailure);
    process.on("unhandledRejection", onFailure);
  });
}

/** Where the set-up puts the model by which people are found. */
export function modelsFolder(): string {
  return join(projectFolder(), "dist/models");
}

/** The warnings that come with the program as sound. */
export function soundsFolder(): string {
  return join(projectFolder(), "hw/sounds");
}

/** The folder of package.json, from `src/` and from `dist/src/` alike. */
export function projectFolder(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const candidates = [resolve(here, ".."), resolve(here, "../..")];
  return candidates.find((folder) => existsSync(join(folder, "package.json"))) ?? resolve(here, "..");
}

export function packageVersion(): string {
  const text = readFileSync(join(projectFolder(), "package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
