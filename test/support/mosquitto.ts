import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./rtsp-cameras.ts";
import { until } from "./until.ts";

const PROGRAM = "/usr/sbin/mosquitto";

/** Why there is no broker here; undefined where there is. */
export function mosquittoMissing(): string | undefined {
  const { error } = spawnSync(PROGRAM, ["-h"], { stdio: "ignore" });
  return error ? "Debian's mosquitto is missing (apt-get install mosquitto)" : undefined;
}

/** A real broker on loopback that keeps sessions and messages on disk, and can be killed. */
export interface Mosquitto {
  readonly port: number;
  readonly url: string;
  start(): Promise<void>;
  /** Without a word to its clients, and without what it had not saved yet. */
  kill(): Promise<void>;
  /** After it saved what it holds. */
  stop(): Promise<void>;
  /** What it wrote to its log since it was made. */
  log(): string;
  remove(): Promise<void>;
}

/** @param lines of its configuration, beside the listener and persistence. */
export async function createMosquitto(lines: readonly string[] = [], scheme = "mqtt"): Promise<Mosquitto> {
  const folder = mkdtempSync(join(tmpdir(), "cunshao-mosquitto-"));
  const port = await freePort();
  const file = join(folder, "mosquitto.conf");
  writeFileSync(
    file,
    [
      `listener ${port} 127.0.0.1`,
      "allow_anonymous true",
      "persistence true",
      `persistence_location ${folder}/`,
      "autosave_interval 1",
      "log_dest stderr",
      // Else it would become a user that may not write here.
      ...(process.getuid?.() === 0 ? ["user root"] : []),
      ...lines,
      "",
    ].join("\n"),
  );
  let child: ChildProcess | undefined;
  let said = "";

  async function end(signal: NodeJS.Signals): Promise<void> {
    const ending = child;
    child = undefined;
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
    const gone = new Promise((resolve) => ending.once("exit", resolve));
    ending.kill(signal);
    await gone;
  }

  return {
    port,
    url: `${scheme}://127.0.0.1:${port}`,
    async start() {
      const started = spawn(PROGRAM, ["-c", file], { stdio: ["ignore", "ignore", "pipe"] });
      let own = "";
      const isRunning = (): boolean => /mosquitto version \S+ running/.test(own);
      started.stderr.on("data", (chunk: Buffer) => {
        said = (said + chunk.toString()).slice(-100_000);
        if (!isRunning()) own += chunk.toString();
      });
      child = started;
      await until(isRunning, { what: "mosquitto" }).catch((error: unknown) => {
        throw new Error(`${String(error)}: ${said.slice(-2000)}`);
      });
    },
    kill: () => end("SIGKILL"),
    stop: () => end("SIGTERM"),
    log: () => said,
    async remove() {
      await end("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
