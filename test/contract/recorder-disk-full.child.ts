// Records onto a small disk until it is full of evidence, while alarms go on, and prints what happened as JSON.
// Runs in a mount namespace of its own, on a small tmpfs that it mounts over the folder given: nothing outside sees it.
import { execFileSync, spawn } from "node:child_process";
import { statfs } from "node:fs/promises";
import { openBuffer, recordingsFolder } from "../../src/buffer/buffer.ts";
import { errorCode } from "../../src/core/errors.ts";
import { silentLogger } from "../../src/core/log.ts";
import { systemClock } from "../../src/core/time.ts";
import { FragmentHub } from "../../src/video/fragment-hub.ts";
import { createSplitter } from "../../src/video/fragmented-mp4.ts";
import { createRecorder } from "../../src/video/recorder.ts";

const RESERVE = 16_000_000;
const [folder = ""] = process.argv.slice(2);
execFileSync("mount", ["-t", "tmpfs", "-o", "size=40m", "tmpfs", folder]);
const clock = systemClock;
const log = silentLogger;
const buffer = await openBuffer({
  dataFolder: folder,
  siteId: "longwan",
  bootId: "boot-1",
  clock,
  random: Math.random,
  log,
  clockQuality: () => "synced",
});
const events: string[] = [];
const hub = new FragmentHub();
const recorder = createRecorder(
  {
    index: buffer.recordings,
    clock,
    clockQuality: () => "synced",
    timezone: "Asia/Shanghai",
    log,
    record: ({ type }) => events.push(type.replace("org.cunshao.recording.", "")),
    folder: recordingsFolder(folder),
  },
  [
    {
      camera: {
        id: "pond",
        record: {
          mode: "continuous",
          schedule: { days: [1, 2, 3, 4, 5, 6, 7], fromMinute: 0, toMinute: 1440 },
          keep: { days: 30 },
          segmentSeconds: 2,
          beforeSeconds: 10,
          afterSeconds: 30,
          expectedKbps: 4000,
        },
      },
      stream: { hub, lease: () => () => {} },
    },
  ],
  { keepFreeBytes: RESERVE, reservePercent: 0 },
);
await recorder.start();
const encoder = spawn(
  "ffmpeg",
  [
    ...["-nostdin", "-v", "error", "-re", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=15"],
    ...[
      "-vf",
      "noise=alls=60:allf=t",
      "-c:v",
      "libx264",
      "-preset",
      "ultrafast",
      "-tune",
      "zerolatency",
      "-g",
      "15",
    ],
    ...["-b:v", "12M", "-pix_fmt", "yuv420p", "-f", "mp4"],
    ...["-movflags", "frag_every_frame+empty_moov+default_base_moof+skip_trailer", "pipe:1"],
  ],
  { stdio: ["ignore", "pipe", "inherit"] },
);
encoder.stdout.on(
  "data",
  createSplitter({ onInit: (init) => hub.begin(init), onFragment: (one) => hub.push(one) }),
);

const refused: string[] = [];
let appended = 0;
let leastFreeBytes = Number.POSITIVE_INFINITY;

/** Raises alarms until `condition` holds, or 60 s have passed. */
async function alarmsUntil(condition: () => boolean, eachTime: () => Promise<unknown>): Promise<boolean> {
  for (const endMs = clock.now().monotonicMs + 60_000; clock.now().monotonicMs < endMs; ) {
    if (condition()) return true;
    await buffer.ledger
      .append({ type: "org.cunshao.alarm.raised", class: "alarm", data: { filling: "x".repeat(2000) } })
      .then(
        () => appended++,
        (error: unknown) => refused.push(errorCode(error)),
      );
    const { bavail, bsize } = await statfs(folder);
    leastFreeBytes = Math.min(leastFreeBytes, bavail * bsize);
    await eachTime();
    await clock.sleep(50);
  }
  return false;
}

const state = () => recorder.recordingOf("pond");
const lock = (isLocked: boolean) => buffer.recordings.setLocked("pond", 0, Number.MAX_SAFE_INTEGER, isLocked);
const paused = await alarmsUntil(
  () => state()?.state === "paused",
  () => lock(true),
);
const whilePaused = { ...state(), health: recorder.health() };
await lock(false);
const resumed = await alarmsUntil(
  () => events.includes("resumed"),
  async () => {},
);
encoder.kill("SIGKILL");
await recorder.stop();
await buffer.close();
process.stdout.write(
  `${JSON.stringify({ paused, whilePaused, resumed, events, refused, appended, leastFreeBytes, reserve: RESERVE })}\n`,
);
process.exit(0);
