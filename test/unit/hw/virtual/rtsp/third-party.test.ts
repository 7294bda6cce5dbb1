import { execFile, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRtspServer, type RtspServer } from "../../../../../hw/virtual/rtsp/server.ts";
import type { VideoSource } from "../../../../../hw/virtual/rtsp/video-source.ts";
import { createFileSource } from "../../../../../hw/virtual/scene/file-source.ts";
import { until } from "../../../../support/until.ts";

const run = promisify(execFile);
const hasGstreamer = spawnSync("gst-inspect-1.0", ["rtspsrc"]).status === 0;
const hasH264Parser = spawnSync("gst-inspect-1.0", ["h264parse"]).status === 0;

let folder: string;
let source: VideoSource;
let server: RtspServer;
let base: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "cunshao-rtsp-"));
  const clip = join(folder, "clip.mp4");
  await run("ffmpeg", ["-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=15:duration=2", clip]);
  source = createFileSource(clip, { width: 320, height: 180 });
  await source.start();
  server = createRtspServer({ host: "127.0.0.1", port: 0 });
  server.mount("/open", source);
  server.mount("/locked", source, { login: { username: "admin", password: "s3 cret" } });
  const { port } = await server.start();
  base = `127.0.0.1:${port}`;
}, 60_000);

afterAll(async () => {
  await server?.stop();
  await source?.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Probe {
  readonly codec_name: string;
  readonly profile: string;
  readonly width: number;
  readonly height: number;
  readonly nb_read_frames: string;
}

/** Has ffprobe decode twenty pictures. */
async function probe(url: string, transport = "tcp"): Promise<Probe> {
  const { stdout } = await run("ffprobe", [
    ...["-v", "error", "-rtsp_transport", transport, "-read_intervals", "%+#20", "-count_frames"],
    ...["-show_entries", "stream=codec_name,profile,width,height,nb_read_frames", "-of", "json", url],
  ]);
  return (JSON.parse(stdout) as { streams: Probe[] }).streams[0] as Probe;
}

describe("foreign clients", () => {
  test("ffprobe decodes pictures over TCP", async () => {
    const found = await probe(`rtsp://${base}/open`);
    expect(found).toMatchObject({
      codec_name: "h264",
      profile: "Constrained Baseline",
      width: 320,
      height: 180,
    });
    expect(Number(found.nb_read_frames)).toBeGreaterThanOrEqual(19);
  });

  test("ffprobe logs in by Digest", async () => {
    expect(await probe(`rtsp://admin:s3%20cret@${base}/locked`)).toMatchObject({ codec_name: "h264" });
  });

  test.each([
    ["without a login", "rtsp://BASE/locked", "tcp", "401"],
    ["with a wrong password", "rtsp://admin:other@BASE/locked", "tcp", "401"],
    ["at a path without a camera", "rtsp://BASE/none", "tcp", "404"],
    ["over UDP", "rtsp://BASE/open", "udp", "461|transport"],
  ])("ffprobe is refused %s", async (_what, url, transport, says) => {
    await expect(probe(url.replace("BASE", base), transport)).rejects.toThrow(new RegExp(says));
  });

  test("ffmpeg copies without a complaint, from a key frame on, at the pace of the camera", async () => {
    const { stdout } = await run("ffmpeg", [
      ...["-v", "warning", "-rtsp_transport", "tcp", "-i", `rtsp://${base}/open`, "-c", "copy"],
      ...["-frames:v", "30", "-f", "framecrc", "-"],
    ]);
    const times = stdout
      .split("\n")
      .filter((line) => line.startsWith("0,"))
      .map((line) => Number(line.split(",")[2]));
    expect(times).toHaveLength(30);
    const seconds = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 90_000;
    expect(seconds).toBeGreaterThan(1);
    expect(seconds).toBeLessThan(15);
  });

  test("ffmpeg loses the stream when the cable is out, and finds it again", async () => {
    const viewer = spawn("ffmpeg", [
      ...[
        "-v",
        "error",
        "-rtsp_transport",
        "tcp",
        "-i",
        `rtsp://${base}/open`,
        "-c",
        "copy",
        "-f",
        "null",
        "-",
      ],
    ]);
    let ended = false;
    viewer.once("close", () => {
      ended = true;
    });
    await until(() => server.players("/open") > 0);
    server.unplug("/open");
    await until(() => ended);
    await expect(probe(`rtsp://${base}/open`)).rejects.toThrow();
    server.plug("/open");
    expect(await probe(`rtsp://${base}/open`)).toMatchObject({ codec_name: "h264" });
  });

  test.skipIf(!hasGstreamer || !hasH264Parser)(
    "GStreamer (skipped where its RTSP client or H.264 parser is not installed) takes pictures",
    async () => {
      const pipeline = `rtspsrc location=rtsp://${base}/open protocols=tcp ! rtph264depay ! h264parse ! fakesink num-buffers=20`;
      await run("gst-launch-1.0", ["-q", ...pipeline.split(" ")]);
    },
  );
});
