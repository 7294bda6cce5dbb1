import { type ChildProcessByStdio, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import type { Readable } from "node:stream";
import { describe, expect, onTestFinished, test } from "vitest";
import { startGrayDecoder } from "../../src/drivers/ffmpeg/gray-decoder.ts";
import { MovementDetector } from "../../src/vision/movement-detector.ts";
import { footage } from "../support/rtsp-cameras.ts";
import { createChildren, FORMAT } from "./camera-rig.ts";

const CLIP = footage("one-by-one-person.mp4");
const LABELS = footage("labels.json");
const lacking = existsSync(LABELS) ? undefined : "../shared is not beside the project";
const PICTURE_BYTES = FORMAT.width * FORMAT.height;

interface Label {
  readonly file: string;
  readonly zone: readonly (readonly [number, number])[];
  readonly people: readonly (readonly [from: number, to: number])[];
}

/** The clip as a camera's sub stream brings it, in fragmented MP4, as fast as it is read. */
function filmClip(): Readable {
  const encoder = [
    "-c:v",
    "libx264",
    "-preset",
    "ultrafast",
    "-tune",
    "zerolatency",
    "-profile:v",
    "baseline",
  ];
  const picture = ["-an", "-vf", "fps=15,scale=640:360", "-g", "12", "-b:v", "512k", "-pix_fmt", "yuv420p"];
  const form = ["-f", "mp4", "-movflags", "frag_every_frame+empty_moov+default_base_moof", "pipe:1"];
  const child: ChildProcessByStdio<null, Readable, null> = spawn(
    "ffmpeg",
    ["-nostdin", "-v", "error", "-i", CLIP, ...picture, ...encoder, ...form],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  return child.stdout;
}

describe.skipIf(lacking)(`movement in real footage${lacking ? ` (skipped: ${lacking})` : ""}`, () => {
  test("is found at each person's entry, and nothing in the empty room", { timeout: 240_000 }, async () => {
    const { clips } = JSON.parse(readFileSync(LABELS, "utf8")) as { clips: readonly Label[] };
    const label = clips.find(({ file }) => CLIP.endsWith(file));
    if (!label) throw new Error("the clip has no label");
    const zones = [{ id: "room", polygon: label.zone }];
    const detector = new MovementDetector({ kind: "watch", camera: "room", ...FORMAT, zones });

    // Read as fast as it gives, not in the batches of a camera that films in its own time.
    const decoder = startGrayDecoder(createChildren(), "room", FORMAT);
    filmClip().pipe(decoder.stdin);
    const entries: number[] = [];
    let looks = 0;
    let unread = Buffer.alloc(0);
    for await (const chunk of decoder.stdout) {
      unread = Buffer.concat([unread, chunk as Buffer]);
      for (; unread.length >= PICTURE_BYTES; unread = unread.subarray(PICTURE_BYTES)) {
        const seconds = looks++ / FORMAT.framesPerSecond;
        const pixels = new Uint8Array(unread.subarray(0, PICTURE_BYTES));
        const [zone] = detector.look({ pixels, at: { wallMs: 0, monotonicMs: seconds * 1000 } });
        if (zone?.present && zone.changed) entries.push(seconds);
      }
    }
    await decoder.ended;

    expect(looks).toBeGreaterThan(690);
    expect(entries.filter((seconds) => seconds < 5)).toEqual([]);
    for (const [from] of label.people) {
      expect(entries.filter((seconds) => seconds >= from - 1 && seconds <= from + 1.5)).toHaveLength(1);
    }
    const isInView = (seconds: number) =>
      label.people.some(([from, to]) => seconds >= from - 1 && seconds <= to + 1);
    expect(entries.filter((seconds) => !isInView(seconds))).toEqual([]);
  });
});
