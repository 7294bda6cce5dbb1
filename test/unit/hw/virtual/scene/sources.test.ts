import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { AccessUnit, VideoSource } from "../../../../../hw/virtual/rtsp/video-source.ts";
import { createFileSource } from "../../../../../hw/virtual/scene/file-source.ts";
import { createSceneSource, type Scene } from "../../../../../hw/virtual/scene/scene-source.ts";
import { until } from "../../../../support/until.ts";

let source: VideoSource | undefined;
afterEach(() => source?.stop());

/** A small picture that only gets brighter, and remembers when it was drawn. */
function createGreyScene(): Scene & { readonly drawnAtMs: number[] } {
  const pixels = new Uint8Array(64 * 48 * 4).fill(255);
  const drawnAtMs: number[] = [];
  return {
    width: 64,
    height: 48,
    drawnAtMs,
    render(capturedAtMs) {
      drawnAtMs.push(capturedAtMs);
      return pixels.fill(drawnAtMs.length % 256);
    },
  };
}

function collect(from: VideoSource): AccessUnit[] {
  const frames: AccessUnit[] = [];
  from.onFrame((frame) => frames.push(frame));
  return frames;
}

/** Process ids of this process's living ffmpeg children. */
function encoders(): string[] {
  return readdirSync("/proc").filter((entry) => {
    try {
      const [, name, state, parent] =
        /^\d+ \((.*)\) (\S) (\d+)/.exec(readFileSync(`/proc/${entry}/stat`, "utf8")) ?? [];
      return name === "ffmpeg" && state !== "Z" && Number(parent) === process.pid;
    } catch {
      // Not a process, or gone since.
      return false;
    }
  });
}

describe("a filmed scene", () => {
  test("comes encoded, one picture out for one drawn, each with the time it was drawn", async () => {
    const scene = createGreyScene();
    source = createSceneSource(scene);
    const frames = collect(source);
    await source.start();
    await until(() => frames.length >= 14);
    expect(frames.map(({ capturedAtMs }) => capturedAtMs)).toEqual(scene.drawnAtMs.slice(0, frames.length));
    expect(source.parameterSets()?.sps[0]).toBe(0x67);
    expect(source.parameterSets()?.pps[0]).toBe(0x68);
  });

  test("has a key frame first and one every 0.8 s of pictures", async () => {
    source = createSceneSource(createGreyScene());
    const frames = collect(source);
    await source.start();
    await until(() => frames.length >= 25);
    const keys = frames.flatMap(({ key }, index) => (key ? [index] : []));
    expect(keys.slice(0, 3)).toEqual([0, 12, 24]);
  });

  test("leaves no child behind when it is stopped, and can be stopped twice", async () => {
    const before = encoders();
    const filming = createSceneSource(createGreyScene());
    source = filming;
    const frames = collect(filming);
    await filming.start();
    expect(encoders().length).toBe(before.length + 1);
    await filming.stop();
    await filming.stop();
    expect(encoders()).toEqual(before);
    const count = frames.length;
    // A second filming shows that nothing of the first goes on.
    await filming.start();
    await until(() => frames.length > count + 3);
    expect(frames[count]?.key).toBe(true);
  });
});

describe("a file as a camera", () => {
  test("goes on after its end, at the size asked for", async () => {
    const folder = mkdtempSync(join(tmpdir(), "cunshao-file-"));
    const clip = join(folder, "clip.mp4");
    execFileSync("ffmpeg", [
      ...["-v", "error", "-f", "lavfi", "-i", "testsrc2=size=64x48:rate=15:duration=0.4", clip],
    ]);
    source = createFileSource(clip, { width: 96, height: 64 });
    const frames = collect(source);
    await source.start();
    await until(() => frames.length > 15);
    const times = frames.map(({ capturedAtMs }) => capturedAtMs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    await source.stop();
    rmSync(folder, { recursive: true });
  });

  test("says so when it cannot be read", async () => {
    source = createFileSource("/nowhere.mp4");
    await expect(source.start()).rejects.toMatchObject({ code: "scene.encoder_failed", kind: "transient" });
  });
});
