import { execFileSync } from "node:child_process";
import { describe, expect, onTestFinished, test } from "vitest";
import { createRtspServer } from "../../hw/virtual/rtsp/server.ts";
import type { VideoStream } from "../../src/video/video-stream.ts";
import { createFilmCamera, type Film, type FilmOptions, makeFilm } from "../support/film.ts";
import { until } from "../support/until.ts";
import { watchCamera } from "./camera-rig.ts";
import { describing, rtspAnswer, type Say, serveCamera } from "./spoken-camera.ts";

const PLAIN: FilmOptions = {
  codec: "h264",
  width: 320,
  height: 180,
  framesPerSecond: 15,
  frames: 60,
  keyFrameEvery: 15,
};

/** A virtual camera that plays a film at `/pond`, and the gateway's stream on it. */
async function watchFilm(film: Film) {
  const camera = createFilmCamera(film);
  const server = createRtspServer({ host: "127.0.0.1", port: 0, maxQueueBytes: 64 * 1024 * 1024 });
  server.mount("/pond", camera);
  const { port } = await server.start();
  await camera.start();
  onTestFinished(async () => {
    await camera.stop();
    await server.stop();
  });
  const watched = await watchCamera(`rtsp://127.0.0.1:${port}/pond`);
  await watched.becomes(/running/);
  return { camera, ...watched };
}

/** Init segment and fragments from a key frame on, as a recorder would write them, of so many frames. */
async function record(stream: VideoStream, frames: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let isFull = false;
  const leave = stream.hub.attach({
    onInit: ({ bytes }) => parts.push(bytes),
    onFragment({ bytes, keyFrame }) {
      isFull ||= keyFrame && parts.length > frames;
      if (!isFull && (keyFrame || parts.length > 1)) parts.push(bytes);
    },
    onEnd() {},
  });
  await until(() => isFull, { timeoutMs: 30_000 });
  leave();
  return Buffer.concat(parts);
}

/** Presentation times in seconds of a file's frames, in the order in which ffmpeg decodes and shows them. */
function shownTimes(file: Buffer): number[] {
  const words = ["-v", "error", "-show_entries", "frame=pts_time", "-of", "csv=p=0", "pipe:0"];
  const lines = execFileSync("ffprobe", words, { input: file, maxBuffer: 16 * 1024 * 1024 });
  return (
    lines
      .toString()
      .trim()
      .split("\n")
      // A frame's side data has lines of its own.
      .filter((line) => /^-?\d/.test(line))
      .map((line) => Number.parseFloat(line))
  );
}

describe("a camera's film", () => {
  test.each<[string, Partial<FilmOptions>]>([
    ["H.264 with B-frames", { bFrames: 2 }],
    ["H.265", { codec: "h265" }],
    ["H.265 with B-frames", { codec: "h265", bFrames: 2 }],
  ])(
    "in %s is analysed, and what is recorded of it shows every frame in its order",
    async (_name, options) => {
      const film = makeFilm({ ...PLAIN, ...options });
      const { stream, pictures, states } = await watchFilm(film);
      await until(() => pictures() >= 5);
      const file = await record(stream.main, 60);
      const times = shownTimes(file);
      expect(times.length).toBeGreaterThanOrEqual(59);
      // Of the very first B-frames ffmpeg can only guess the times.
      const settled = times.slice(6);
      for (const [index, time] of settled.slice(1).entries())
        expect(time).toBeGreaterThan(settled[index] ?? 0);
      expect((await stream.snapshot()).length).toBeGreaterThan(1000);
      expect(states).toEqual(["running"]);
    },
  );

  test("in 4K with heavy key frames is analysed and gives a snapshot in its size", async () => {
    const size = { width: 3840, height: 2160, frames: 4, keyFrameEvery: 2, framesPerSecond: 2 };
    const { stream, pictures } = await watchFilm(makeFilm({ ...PLAIN, ...size, kilobitsPerSecond: 40_000 }));
    await until(() => pictures() >= 2, { timeoutMs: 30_000 });
    const largest = Math.max(...stream.hub.sinceKeyFrame().map(({ length }) => length));
    expect(largest).toBeGreaterThan(300_000);
    expect(sizeOfJpeg(await stream.snapshot())).toEqual({ width: 3840, height: 2160 });
  });

  test("of one frame a second runs, and goes on running", async () => {
    const slow = { framesPerSecond: 1, frames: 4, keyFrameEvery: 2 };
    const { pictures, states } = await watchFilm(makeFilm({ ...PLAIN, ...slow }));
    await until(() => pictures() >= 8, { timeoutMs: 30_000 });
    expect(states).toEqual(["running"]);
  });
});

describe("a camera that changes in the middle", () => {
  test("to another size is begun anew, and nothing of the new size stands under the old description", async () => {
    const { camera, stream, becomes } = await watchFilm(makeFilm(PLAIN));
    const sizes: string[] = [];
    let init: Buffer = Buffer.alloc(0);
    stream.hub.attach({
      onInit: ({ bytes }) => {
        init = bytes;
      },
      onFragment({ bytes, keyFrame }) {
        if (keyFrame) sizes.push(`${describedSize(init)} ${decodedSize(Buffer.concat([init, bytes]))}`);
      },
      onEnd() {},
    });
    await until(() => sizes.length >= 2);
    camera.show(makeFilm({ ...PLAIN, width: 640, height: 368 }));
    const changedAt = await becomes(/video\.changed/);
    await becomes(/running/, changedAt);
    const before = sizes.length;
    await until(() => sizes.length > before);
    expect([...new Set(sizes)]).toEqual(["320x180 320x180", "640x368 640x368"]);
    expect(sizeOfJpeg(await stream.snapshot())).toEqual({ width: 640, height: 368 });
  });

  test.each([
    ["an hour back", -3_600_000, /video\.time_stuck/],
    ["an hour ahead", 3_600_000, /video\.time_jump/],
  ])("its clock by %s is begun anew, with the reason", async (_name, jumpMs, reason) => {
    const { camera, becomes } = await watchFilm(makeFilm(PLAIN));
    camera.jump(jumpMs);
    const foundAt = await becomes(reason);
    await becomes(/running/, foundAt);
  });
});

const VIDEO = "m=video 0 RTP/AVP";

describe("a camera that describes", () => {
  test.each<[string, readonly string[], RegExp]>([
    ["nothing", [], /unsupported video\.no_video/],
    ["sound alone", ["m=audio 0 RTP/AVP 8", "a=control:t1"], /unsupported video\.no_video/],
    ["motion JPEG", [`${VIDEO} 26`, "a=control:t1"], /unsupported video\.unsupported_codec/],
    [
      "a codec to come",
      [`${VIDEO} 96`, "a=rtpmap:96 H299/90000", "a=control:t1"],
      /unsupported video\.unsupported_codec/,
    ],
    ["H.264 that never comes", [`${VIDEO} 96`, "a=rtpmap:96 H264/90000", "a=control:t1"], /lost/],
    ["a line of three megabytes", [`a=tool:${"x".repeat(3_000_000)}`], /unsupported video\.no_video/],
  ])("%s is told from others by its state", async (_name, media, state) => {
    const camera = await serveCamera(describing(media));
    const watched = await watchCamera(camera.url);
    await watched.becomes(state);
    expect(watched.states).toHaveLength(1);
    await watched.stream.stop();
    await camera.close();
  });
});

describe("a camera that", () => {
  /** With one that gives no picture ever. */
  const PATIENCE = { firstPictureMs: 10_000, nextPictureMs: 10_000 };
  const announcing: Say = (method, head) =>
    method === "DESCRIBE"
      ? `${rtspAnswer(head, ["Content-Type: application/sdp", "Content-Length: 2000000000"])}${"x".repeat(5000)}`
      : rtspAnswer(head);

  test.each<[string, Say, RegExp]>([
    ["announces an answer of two gigabytes is not believed", announcing, /lost rtsp\.invalid_data/],
    ["hangs up on every request is lost", () => undefined, /lost rtsp\./],
    [
      "answers in another tongue is lost",
      () => "220 camera ESMTP\r\n\r\n".repeat(100),
      /lost (rtsp|video)\./,
    ],
  ])("%s", async (_name, say, state) => {
    const camera = await serveCamera(say);
    const watched = await watchCamera(camera.url, { patience: PATIENCE });
    await watched.becomes(state);
    // It is asked again, ever more rarely: not in a loop as fast as it hangs up.
    await until(() => camera.connections >= 2, { timeoutMs: 30_000 });
    expect(camera.connections).toBeLessThan(5);
    expect(watched.states.every((seen) => seen.startsWith("lost "))).toBe(true);
    await watched.stream.stop();
    await camera.close();
  });

  test("refuses the password gets it once for both streams, not once a stream", async () => {
    let tried = 0;
    const camera = await serveCamera((method, head) => {
      if (method !== "DESCRIBE") return rtspAnswer(head);
      if (/^Authorization:/im.test(head)) tried++;
      return rtspAnswer(head, ['WWW-Authenticate: Digest realm="pond", nonce="1"'], "", "401 Unauthorized");
    });
    const login = { username: "admin", password: "wrong" };
    const watched = await watchCamera(camera.url, { sub: `${camera.url}/sub`, login });
    watched.stream.main.lease();
    await watched.becomes(/refused rtsp\.unauthorized/);
    await until(() => watched.stream.main.status().state === "refused");
    expect(tried).toBe(1);
    await watched.stream.stop();
    await camera.close();
  });

  test("has a name that nobody can resolve is unreachable", async () => {
    // Longer than a label of DNS may be: the resolver refuses it without asking anybody.
    const watched = await watchCamera(`rtsp://${"x".repeat(64)}.invalid/pond`);
    await watched.becomes(/lost rtsp\.unreachable/);
  });
});

describe("a camera with two streams", () => {
  test("has one session for its main stream, however many read it, and only while they do", async () => {
    const camera = createFilmCamera(makeFilm(PLAIN));
    const server = createRtspServer({ host: "127.0.0.1", port: 0 });
    for (const path of ["/main", "/sub"]) server.mount(path, camera);
    const { port } = await server.start();
    await camera.start();
    const url = (path: string): string => `rtsp://127.0.0.1:${port}${path}`;
    const { stream, becomes } = await watchCamera(url("/main"), { sub: url("/sub") });
    await becomes(/running/);
    expect([server.players("/sub"), server.players("/main")]).toEqual([1, 0]);
    const leave = [stream.main.lease(), stream.main.lease(), stream.main.lease()];
    await until(() => stream.main.status().state === "running");
    expect([server.players("/sub"), server.players("/main")]).toEqual([1, 1]);
    for (const letGo of leave) letGo();
    await until(() => server.players("/main") === 0, { timeoutMs: 30_000 });
    expect(server.players("/sub")).toBe(1);
    await stream.stop();
    await camera.stop();
    await server.stop();
  });
});

/** Of a start-of-frame segment (ITU-T T.81, B.2.2). */
function sizeOfJpeg(jpeg: Buffer): { width: number; height: number } {
  for (let at = 2; at + 9 < jpeg.length; at += 2 + jpeg.readUInt16BE(at + 2)) {
    const marker = jpeg[at + 1] ?? 0;
    if (marker >= 0xc0 && marker <= 0xc2)
      return { height: jpeg.readUInt16BE(at + 5), width: jpeg.readUInt16BE(at + 7) };
  }
  throw new Error("no size in this JPEG");
}

/** Of the visual sample entry (ISO/IEC 14496-12, 12.1.3). */
function describedSize(init: Buffer): string {
  const at = init.indexOf("avc1", init.indexOf("stsd")) + 4;
  return `${init.readUInt16BE(at + 24)}x${init.readUInt16BE(at + 26)}`;
}

function decodedSize(file: Buffer): string {
  const words = ["-v", "error", "-show_entries", "frame=width,height", "-of", "csv=p=0:s=x", "pipe:0"];
  return execFileSync("ffprobe", words, { input: file }).toString().trim().replace(/x$/, "");
}
