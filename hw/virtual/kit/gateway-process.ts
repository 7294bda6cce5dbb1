import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, openSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** As systemd's RestartSec in the field. */
const RESTART_MS = 1000;
const KILL_AFTER_MS = 10_000;

export interface GatewayProcess {
  start(): void;
  stop(): Promise<void>;
  /** The mains plug pulled: kill -9, and a new start after a second. */
  cutPower(): void;
  readonly pid: number | undefined;
  /** The last exit that nobody asked for. */
  readonly lastExit: { readonly code: number | null; readonly signal: string | null } | undefined;
}

/** Runs the built gateway on the virtual board in a process of its own, and starts it again when it ends. */
export function createGatewayProcess(options: {
  readonly variables: Readonly<Record<string, string>>;
  readonly socketPath: string;
  readonly logFile: string;
  readonly onExit?: (code: number | null) => void;
}): GatewayProcess {
  const script = join(dirname(fileURLToPath(import.meta.url)), "../gateway.js");
  let child: ChildProcess | undefined;
  let wanted = false;
  let restart: NodeJS.Timeout | undefined;
  let lastExit: GatewayProcess["lastExit"];

  function run(): void {
    mkdirSync(dirname(options.logFile), { recursive: true });
    const log = openSync(options.logFile, "a");
    const started = spawn(process.execPath, [script, options.socketPath], {
      env: { ...process.env, ...options.variables },
      // The channel carries nothing: its end tells the gateway that the kit is gone.
      stdio: ["ignore", log, log, "ipc"],
    });
    child = started;
    started.once("exit", (code, signal) => {
      child = undefined;
      if (!wanted) return;
      lastExit = { code, signal };
      options.onExit?.(code);
      restart = setTimeout(run, RESTART_MS);
    });
  }

  return {
    get pid() {
      return child?.pid;
    },
    get lastExit() {
      return lastExit;
    },
    start() {
      wanted = true;
      run();
    },
    async stop() {
      wanted = false;
      clearTimeout(restart);
      const running = child;
      if (!running) return;
      const ended = new Promise<void>((resolve) => running.once("exit", () => resolve()));
      running.kill("SIGTERM");
      const kill = setTimeout(() => running.kill("SIGKILL"), KILL_AFTER_MS);
      await ended;
      clearTimeout(kill);
    },
    cutPower() {
      child?.kill("SIGKILL");
    },
  };
}
