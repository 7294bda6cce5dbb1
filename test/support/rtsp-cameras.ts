import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { PROJECT } from "./project.ts";

const SHARED = join(PROJECT, "../shared");
const SERVER = join(SHARED, "tools/rtsp-cameras");
/** Debian's Python: the GStreamer bindings belong to it. */
const PYTHON = "/usr/bin/python3";

/** A clip of footage that the project did not make. */
export function footage(file: string): string {
  return join(SHARED, "footage", file);
}

/** Why cameras that the project did not write cannot be had on this machine; undefined when they can. */
export function thirdPartyCameras(): string | undefined {
  if (!existsSync(SERVER) || !existsSync(footage("labels.json")))
    return "../shared is not beside the project";
  const probe = spawnSync(PYTHON, ["-c", "import gi; gi.require_version('GstRtspServer', '1.0')"]);
  return probe.status === 0 ? undefined : "gir1.2-gst-rtsp-server-1.0 and python3-gi are not installed";
}

export interface CameraServerOptions {
  /** Camera name to video file, `FILE@FROM-TO` for a part of it. */
  readonly cameras: Readonly<Record<string, string>>;
  /** How long a session lasts before the camera "reboots"; each clip is encoded this long once, then kept. */
  readonly seconds: number;
  /** Seconds from key frame to key frame. */
  readonly keyFrameSeconds?: number;
  /** A free port unless given. */
  readonly port?: number;
}

export interface CameraServer {
  readonly port: number;
  /** Address of the sub stream (640x360, 15 fps). */
  url(camera: string): string;
  /** Address of the main stream (1280x720, 25 fps). */
  mainUrl(camera: string): string;
  /** Ends the server at once, as a power cut does. */
  kill(): Promise<void>;
}

/** Starts GStreamer's RTSP server on loopback and waits until it serves. */
export async function startCameras(options: CameraServerOptions): Promise<CameraServer> {
  const port = options.port ?? (await freePort());
  const { kill } = await startServer(PYTHON, [
    ...[SERVER, "--port", String(port), "--seconds", String(options.seconds)],
    ...["--gop", String(options.keyFrameSeconds ?? 0.8)],
    ...Object.entries(options.cameras).map(([name, file]) => `${name}=${file}`),
  ]);
  const mainUrl = (camera: string): string => `rtsp://127.0.0.1:${port}/${camera}`;
  return { port, mainUrl, url: (camera) => `${mainUrl(camera)}/sub`, kill };
}

export interface ServerProcess {
  /** Ends it at once, as a power cut does. */
  kill(): Promise<void>;
}

/** Starts a program that says "ready" once it serves. */
export async function startServer(command: string, words: readonly string[]): Promise<ServerProcess> {
  const child: ChildProcessByStdio<null, Readable, Readable> = spawn(
    command,
    words,
    // A group of its own: it may start encoders.
    { detached: true, stdio: ["ignore", "pipe", "pipe"] },
  );
  const exited = once(child, "exit");
  const killOnExit = (): void => killGroup(child.pid);
  process.once("exit", killOnExit);
  await untilReady(child, exited);
  return {
    async kill() {
      process.removeListener("exit", killOnExit);
      killGroup(child.pid);
      if (child.exitCode === null && child.signalCode === null) await exited;
    },
  };
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Gone already, which is what was wanted.
  }
}

async function untilReady(
  child: ChildProcessByStdio<null, Readable, Readable>,
  exited: Promise<unknown>,
): Promise<void> {
  let messages = "";
  child.stderr.on("data", (text: Buffer) => {
    messages = (messages + text.toString()).slice(-2000);
  });
  const ready = new Promise<"ready">((resolve) => {
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes("ready")) resolve("ready");
    });
  });
  const first = await Promise.race([ready, exited.then(() => "exited" as const)]);
  if (first === "exited") throw new Error(`The camera server did not start: ${messages.trim()}`);
}

/**
 * Below the ports that the system gives to whoever asks for any (from 32768), so that nobody gets it by chance before it is listened on, or
 * while what listened there is away. Above those that browsers refuse.
 */
const PORTS = { from: 12_000, below: 32_768 };

/** A TCP port of loopback that nobody listened on a moment ago. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(PORTS.from, PORTS.below);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
