import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { until } from "../support/until.ts";

/** A program that reads the same cameras as the gateway. */
export interface Peer {
  readonly pids: readonly number[];
  stop(): Promise<void>;
}

/** Why there is no motion (Debian package) to compare with; undefined when there is. */
export function lackOfMotion(): string | undefined {
  const probe = spawnSync("motion", ["-h"], { encoding: "utf8" });
  return probe.error ? "motion is not installed (Debian package motion)" : undefined;
}

/** Movement only, nothing stored, all cameras in one process. */
const MOTION = {
  daemon: "off",
  // Notices, with which it tells each camera that it reads.
  log_level: 6,
  target_dir: ".",
  threshold: 1500,
  minimum_motion_frames: 1,
  event_gap: 5,
  picture_output: "off",
  movie_output: "off",
  stream_port: 0,
  webcontrol_port: 0,
  netcam_use_tcp: "on",
};
const MOTION_CAMERA = { width: 640, height: 360, framerate: 15 };
/** What motion says once a camera's stream is open. */
const MOTION_READS = /Camera \(.*\) connected/g;

/** Runs motion on the streams and waits until it reads every one. @param folder takes its configuration. */
export async function startMotion(urls: readonly string[], folder: string): Promise<Peer> {
  const cameras = urls.map((_, index) => join(folder, `motion-camera-${index + 1}.conf`));
  for (const [index, file] of cameras.entries()) {
    await writeFile(file, lines({ camera_id: index + 1, ...MOTION_CAMERA, netcam_url: urls[index] ?? "" }));
  }
  const file = join(folder, "motion.conf");
  await writeFile(file, lines(MOTION) + cameras.map((camera) => `camera ${camera}\n`).join(""));
  const motion = spawn("motion", ["-n", "-c", file], { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  let messages = "";
  motion.stderr.on("data", (text: Buffer) => {
    messages += text.toString();
  });
  await until(() => (messages.match(MOTION_READS) ?? []).length >= urls.length, {
    timeoutMs: 60_000,
    what: `motion to read ${urls.length} cameras; it says: ${messages.slice(-2000)}`,
  });
  return peerOf([motion]);
}

/** The least that reading the streams can cost: one ffmpeg each that copies what comes to nowhere. */
export function startCopies(urls: readonly string[]): Peer {
  return peerOf(
    urls.map((url) =>
      spawn(
        "ffmpeg",
        [
          ...["-nostdin", "-v", "quiet", "-rtsp_transport", "tcp", "-allowed_media_types", "video"],
          ...["-i", url, "-c", "copy", "-f", "null", "-"],
        ],
        { stdio: "ignore" },
      ),
    ),
  );
}

function peerOf(children: readonly ChildProcess[]): Peer {
  return {
    pids: children.flatMap(({ pid }) => (pid === undefined ? [] : [pid])),
    async stop() {
      await Promise.all(
        children.map(async (child) => {
          if (child.exitCode !== null || child.signalCode !== null) return;
          const gone = once(child, "exit");
          child.kill("SIGKILL");
          await gone;
        }),
      );
    },
  };
}

function lines(settings: Readonly<Record<string, string | number>>): string {
  return Object.entries(settings)
    .map(([key, value]) => `${key} ${value}\n`)
    .join("");
}
