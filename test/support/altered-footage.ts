import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { CameraFault } from "../../src/core/camera-health.ts";
import type { Moment } from "../../src/core/time.ts";
import { firstHealth, type HealthChange, stepHealth } from "../../src/sense/camera-health.ts";
import { suspicionOf } from "../../src/sense/camera-suspicion.ts";
import { CameraExaminer } from "../../src/vision/camera-examiner.ts";

const run = promisify(execFile);
const WIDTH = 320;
const HEIGHT = 180;
const FOOTAGE = "../shared/footage";

export const CLIPS = [
  "car-park",
  "one-by-one-person",
  "store-aisle",
  "worker-zone",
  "people",
  "person-bicycle-car",
] as const;

export const hasFootage = CLIPS.every((clip) => existsSync(join(FOOTAGE, `${clip}.mp4`)));

export type Pictures = readonly Uint8Array[];

/** Pictures a second: of the whole sub stream as it is analysed, and of its key frames, one every 0.8 s. */
export const ALL = 5;
export const KEY_FRAMES = 1.25;

/** A clip in a loop, altered by `filter`, coded in H.264 as a camera's sub stream and decoded as for the vision worker. */
export async function film(
  clip: string,
  seconds: number,
  filter = "null",
  rate = KEY_FRAMES,
): Promise<Pictures> {
  const folder = await mkdtemp(join(tmpdir(), "altered-"));
  try {
    const coded = join(folder, "coded.mp4");
    const raw = join(folder, "raw.gray");
    const quiet = ["-nostdin", "-v", "error", "-y", "-threads", "1"];
    await run("ffmpeg", [
      ...quiet,
      ...["-stream_loop", "-1", "-i", join(FOOTAGE, `${clip}.mp4`), "-t", String(seconds), "-an"],
      ...["-vf", `fps=${rate},scale=640:360,${filter},format=yuv420p`],
      ...[
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-crf",
        "26",
        "-g",
        String(Math.floor(rate * 0.8)),
        "-bf",
        "0",
        coded,
      ],
    ]);
    const gray = `scale=${WIDTH}:${HEIGHT}:flags=fast_bilinear,format=gray`;
    await run("ffmpeg", [...quiet, "-i", coded, "-vf", gray, "-f", "rawvideo", raw]);
    return cut(await readFile(raw));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function cut(bytes: Buffer): Pictures {
  const size = WIDTH * HEIGHT;
  return Array.from({ length: Math.floor(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
}

export interface Told extends HealthChange {
  readonly atSeconds: number;
}

/** One camera as the gateway judges it: the examination and the state of its health, on a clock of its own. */
export class HealthRun {
  readonly told: Told[] = [];
  readonly #off: readonly CameraFault[];
  #examiner = new CameraExaminer("camera", WIDTH, HEIGHT);
  #memory: ConstructorParameters<typeof CameraExaminer>[3];
  #health = firstHealth();
  #nowMs = 0;

  constructor(off: readonly CameraFault[] = []) {
    this.#off = off;
  }

  get seconds(): number {
    return this.#nowMs / 1000;
  }

  show(pictures: Pictures, rate = KEY_FRAMES): void {
    for (const pixels of pictures) {
      this.#look(pixels);
      this.#nowMs += 1000 / rate;
    }
  }

  /** The box restarts, and remembers what was kept. */
  restart(): void {
    this.#examiner = new CameraExaminer("camera", WIDTH, HEIGHT, this.#memory);
    this.#health = firstHealth(this.#health.open);
  }

  learnAnew(): void {
    this.#examiner.learnAnew();
  }

  #look(pixels: Uint8Array): void {
    const at: Moment = { wallMs: this.#nowMs, monotonicMs: this.#nowMs };
    const examined = this.#examiner.examine(pixels, at);
    if (!examined) return;
    this.#memory = examined.memory ?? this.#memory;
    const suspicion = suspicionOf(examined.report, this.#health.open, this.#off);
    const [next, changes] = stepHealth(this.#health, suspicion, this.#nowMs);
    this.#health = next;
    for (const change of changes) this.told.push({ ...change, atSeconds: this.seconds });
  }
}
