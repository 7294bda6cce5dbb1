import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** As systemd's RestartSec in the field. */
const RESTART_MS = 1000;
const KILL_AFTER_MS = 10_000;

export interface KitProcess {
  start(): void;
  stop(): Promise<void>;
  /** The mains plug pulled: kill -9, and a new start after a second. */
  cutPower(): void;
}

/** Runs the built gateway, or its guard, on the virtual board in a process of its own, and again when it ends. */
export function createKitProcess(options: {
  readonly program: "gateway" | "guard";
  readonly variables: Readonly<Record<string, string>>;
  readonly socketPath: string;
  readonly logFile: string;
  readonly onExit?: (code: number | null) => void;
}): KitProcess {
  const script = join(dirname(fileURLToPath(import.meta.url)), `../${options.program}.js`);
  let child: ChildProcess | undefined;
  let wanted = false;
  let restart: NodeJS.Timeout | undefined;

  function run(): void {
    mkdirSync(dirname(options.logFile), { recursive: true });
    const log = openSync(options.logFile, "a");
    const started = spawn(process.execPath, [script, options.socketPath], {
      env: { ...process.env, ...options.variables },
      // The channel carries nothing: its end tells the gateway that the kit is gone.
      stdio: ["ignore", log, log, "ipc"],
    });
    // The gateway has its own copy; each restart would leave one more open here.
    closeSync(log);
    child = started;
    started.once("exit", (code) => {
      child = undefined;
      if (!wanted) return;
      options.onExit?.(code);
      restart = setTimeout(run, RESTART_MS);
    });
  }

  return {
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
