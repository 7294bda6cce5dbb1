import { spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Polygon } from "../../src/core/geometry.ts";
import { startRig, untilArmed } from "../support/gateway-rig.ts";
import { footage, startCameras, thirdPartyCameras } from "../support/rtsp-cameras.ts";
import { until } from "../support/until.ts";
import { measureLiveVoice } from "./live-voice.ts";
import { lookFigures, lookSums } from "./look-figures.ts";
import { MissingPart } from "./missing-part.ts";
import { measureOrderToSound } from "./order-to-sound.ts";
import { percentiles } from "./percentiles.ts";

// From the first frame in which any part of a person can be seen to the first audible sample at the amplifier.

/**
 * Those first frames in one-by-one-person.mp4, in seconds: read off the pictures by eye, a tenth of a second apart.
 */
const FIRST_SEEN_S = [6.0, 22.7, 50.2, 74.5, 92.1, 123.4];
/** Empty hall shown before each entry, and the person after it; until 3.4 s before the last entry somebody else is there. */
const BEFORE_S = 3;
const AFTER_S = 4;
const ENTRIES = 24;
const KEY_FRAME_S = 0.8;
const SETTLE_MS = 300;
/** A sound later than this after an entry is not its answer. */
const ANSWER_WITHIN_MS = 5000;
const GIVE_UP_MS = 600_000;

/** A square in the corner turns white with each person's first frame; the zone leaves the corner out. */
const MARK = { width: 48, height: 40 };
const ZONE: Polygon = [
  [0.005, 0.15],
  [0.995, 0.15],
  [0.995, 0.995],
  [0.005, 0.995],
];

export async function measureSound(): Promise<object> {
  const obstacle = thirdPartyCameras();
  if (obstacle) throw new MissingPart(`bench sound: ${obstacle}`);
  const folder = await mkdtemp(join(tmpdir(), "cunshao-bench-"));
  const clip = join(folder, "entries.mp4");
  renderEntries(clip);
  const cameras = await startCameras({ cameras: { hall: clip }, keyFrameSeconds: KEY_FRAME_S, seconds: 300 });
  const url = cameras.url("hall");
  const rig = await startRig({ cameras: [{ id: "hall", url, polygon: ZONE }], settleMs: SETTLE_MS });
  const entriesMs: number[] = [];
  const soundsMs: number[] = [];
  let looks = {};
  const probe = watchMark(url, () => entriesMs.push(performance.now()));
  try {
    rig.startGateway();
    await untilArmed(rig);
    entriesMs.length = 0;
    const before = await lookSums(rig);
    rig.horn.onSound((atMs) => {
      soundsMs.push(atMs);
      process.stderr.write(`\r${soundsMs.length} sounds for ${entriesMs.length} entries `);
    });
    await until(() => entriesMs.length > ENTRIES, { timeoutMs: GIVE_UP_MS, what: "enough entries" });
    looks = lookFigures(before, await lookSums(rig));
  } finally {
    probe.kill("SIGKILL");
    await rig.stop();
    await cameras.kill();
    await rm(folder, { recursive: true, force: true });
    process.stderr.write("\n");
  }
  const counted = entriesMs.slice(0, ENTRIES);
  const latencies = counted.flatMap((entryMs) => {
    const soundMs = soundsMs.find((atMs) => atMs >= entryMs && atMs - entryMs < ANSWER_WITHIN_MS);
    return soundMs === undefined ? [] : [soundMs - entryMs];
  });
  const orders = await measureOrderToSound();
  const voice = await measureLiveVoice();
  return {
    ...orders,
    orderToSoundMs: { ...orders.orderToSoundMs, live: voice.orderToSoundMs },
    microphoneToSoundMs: voice.microphoneToSoundMs,
    personToSoundMs: percentiles(latencies),
    entries: counted.length,
    missed: counted.length - latencies.length,
    looks,
    configuration: {
      stream: "640x360, 15 fps",
      keyFrameSeconds: KEY_FRAME_S,
      settleMs: SETTLE_MS,
      dwellSeconds: 0,
      detector: "nanodet-g",
    },
  };
}

/** Cuts the entries out of the footage, each with an empty hall before it, and marks the first frames. */
function renderEntries(target: string): void {
  const box = `drawbox=0:0:${MARK.width}:${MARK.height}`;
  const cuts = FIRST_SEEN_S.map((firstS, index) => {
    const span = `trim=${firstS - BEFORE_S}:${firstS + AFTER_S},setpts=PTS-STARTPTS`;
    // Half a frame early, so that rounding does not make it one frame late.
    return `[0:v]${span},${box}:black:fill,${box}:white:fill:enable='gte(t,${BEFORE_S - 0.05})'[v${index}]`;
  });
  const joined = `${FIRST_SEEN_S.map((_, index) => `[v${index}]`).join("")}concat=n=${FIRST_SEEN_S.length}:v=1[v]`;
  const { status, stderr } = spawnSync(
    "ffmpeg",
    [
      "-v",
      "error",
      "-y",
      "-i",
      footage("one-by-one-person.mp4"),
      "-filter_complex",
      [...cuts, joined].join(";"),
      "-map",
      "[v]",
      "-crf",
      "14",
      target,
    ],
    { encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`ffmpeg could not render the entries: ${stderr}`);
}

/** A second viewer of the same stream, which looks at nothing but the mark. */
function watchMark(url: string, onEntry: () => void) {
  const side = 8;
  const probe = spawn(
    "ffmpeg",
    [
      ...[
        "-v",
        "error",
        "-rtsp_transport",
        "tcp",
        "-probesize",
        "32",
        "-analyzeduration",
        "0",
        "-flags",
        "low_delay",
      ],
      ...["-threads", "1", "-i", url, "-vf", `crop=24:20:4:4,scale=${side}:${side},format=gray`],
      ...["-threads", "1", "-fps_mode", "passthrough", "-f", "rawvideo", "-flush_packets", "1", "pipe:1"],
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  let wasWhite = true;
  let picture: Buffer = Buffer.alloc(0);
  probe.stdout.on("data", (chunk: Buffer) => {
    picture = Buffer.concat([picture, chunk]);
    for (; picture.length >= side * side; picture = picture.subarray(side * side)) {
      const isWhite = (picture[side * (side / 2) + side / 2] ?? 0) > 128;
      if (isWhite && !wasWhite) onEntry();
      wasWhite = isWhite;
    }
  });
  return probe;
}
