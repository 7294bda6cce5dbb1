import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PipelineServer, startPipelines, thirdPartyServer } from "../support/rtsp-pipelines.ts";
import { until } from "../support/until.ts";
import { watchCamera } from "./camera-rig.ts";

const lacking = thirdPartyServer();
const folder = mkdtempSync(join(tmpdir(), "cunshao-"));

/** A minute of a test picture and a tone. */
function makeClip(name: string, words: readonly string[]): string {
  const file = join(folder, name);
  execFileSync("ffmpeg", [
    ...["-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=15"],
    ...["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=8000", "-t", "60", "-pix_fmt", "yuv420p"],
    ...[...words, "-ac", "1", file],
  ]);
  return file;
}

const H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "12"];
const H265 = [
  "-c:v",
  "libx265",
  "-preset",
  "ultrafast",
  "-x265-params",
  "log-level=none:keyint=12:bframes=0",
];

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(lacking)(`GStreamer's RTSP server${lacking ? ` (skipped: ${lacking})` : ""}`, () => {
  let server: PipelineServer;

  beforeAll(async () => {
    const g711 = makeClip("g711.mov", [...H264, "-c:a", "pcm_alaw"]);
    const aac = makeClip("aac.mp4", [...H265, "-c:a", "aac"]);
    const source = (file: string): string => `filesrc location="${file}" ! qtdemux name=d`;
    server = await startPipelines({
      g711: `${source(g711)} d.video_0 ! queue ! h264parse config-interval=-1 ! rtph264pay name=pay0 pt=96 d.audio_0 ! queue ! rtppcmapay name=pay1 pt=8`,
      aac: `${source(aac)} d.video_0 ! queue ! h265parse config-interval=-1 ! rtph265pay name=pay0 pt=96 d.audio_0 ! queue ! aacparse ! rtpmp4gpay name=pay1 pt=97`,
      mjpeg:
        "videotestsrc is-live=true ! video/x-raw,format=I420,width=320,height=240,framerate=15/1 ! jpegenc ! rtpjpegpay name=pay0 pt=26",
    });
  }, 120_000);

  afterAll(async () => server?.kill());

  test.each([
    ["H.264 and G.711", "g711", /^video\/mp4; codecs="avc1\.[0-9a-f]{6},mp4a\.40\.2"$/],
    ["H.265 and AAC", "aac", /^video\/mp4; codecs="hev1\.[^,]+,mp4a\.40\.2"$/],
  ])("with %s gives sound beside the picture where the site wants it", async (_name, path, mediaType) => {
    const { stream, becomes } = await watchCamera(server.url(path), { audio: true });
    const tracks = { audio: 0, video: 0 };
    stream.main.hub.attach({
      onInit() {},
      onFragment: ({ track }) => {
        tracks[track ?? "video"]++;
      },
      onEnd() {},
    });
    await becomes(/running/);
    await until(() => tracks.audio > 20 && tracks.video > 20);
    expect(stream.main.hub.init?.mediaType).toMatch(mediaType);
    expect((await stream.snapshot()).length).toBeGreaterThan(1000);
  });

  test.each(["g711", "aac"])(
    "with sound (%s) gives the picture alone unless the site wants more",
    async (path) => {
      const { stream, becomes } = await watchCamera(server.url(path));
      await becomes(/running/);
      expect(stream.main.hub.init?.mediaType).not.toContain("mp4a");
    },
  );

  test("with motion JPEG is unsupported, with the reason", async () => {
    const { becomes, states } = await watchCamera(server.url("mjpeg"));
    await becomes(/unsupported video\.unsupported_codec/);
    expect(states).toHaveLength(1);
  });
});
