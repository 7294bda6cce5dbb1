import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { GrayPicture } from "../../src/core/picture.ts";
import type { Privacy } from "../../src/core/site.ts";
import { systemClock } from "../../src/core/time.ts";
import { createMediaTools } from "../../src/drivers/ffmpeg/media-tools.ts";
import { keepLastPictures } from "../../src/video/last-pictures.ts";
import { PreRoll } from "../../src/video/pre-roll.ts";
import { type PipelineServer, startPipelines, thirdPartyServer } from "../support/rtsp-pipelines.ts";
import { until } from "../support/until.ts";
import { createChildren, watchCamera } from "./camera-rig.ts";

const lacking = thirdPartyServer();

const folder = mkdtempSync(join(tmpdir(), "cunshao-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A white picture. */
function startWhite(): Promise<PipelineServer> {
  const file = join(folder, "white.mp4");
  execFileSync("ffmpeg", [
    ...["-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", "color=white:size=640x360:rate=15", "-t", "60"],
    ...["-c:v", "libx264", "-preset", "ultrafast", "-g", "12", "-pix_fmt", "yuv420p", file],
  ]);
  const source = `filesrc location="${file}" ! qtdemux ! h264parse config-interval=-1`;
  return startPipelines({ white: `${source} ! rtph264pay name=pay0 pt=96` });
}

/** The left half. */
const LEFT = [
  [0, 0],
  [0.5, 0],
  [0.5, 1],
  [0, 1],
] as const;
const masks: Privacy["masks"] = [{ id: "yard", name: "院子", polygon: LEFT }];

function brightness({ pixels, width, height }: GrayPicture): { left: number; right: number } {
  const sums = { left: 0, right: 0 };
  // Not the column next to the border, where the picture was scaled over it.
  const reach = Math.floor(width * 0.45);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < reach; x++) {
      sums.left += pixels[y * width + x] ?? 0;
      sums.right += pixels[y * width + width - 1 - x] ?? 0;
    }
  }
  return { left: sums.left / (reach * height), right: sums.right / (reach * height) };
}

describe.skipIf(lacking)(`masks on a camera (${lacking ?? "GStreamer's RTSP server"})`, () => {
  test("painted by the box are in what is analysed, shown and stored", async () => {
    const server = await startWhite();
    try {
      const { stream } = await watchCamera(server.url("white"), { privacy: { by: "box", masks } });
      const seen: GrayPicture[] = [];
      stream.pictures.on((picture) => seen.push(picture));
      await until(() => seen.length >= 3, { timeoutMs: 30_000 });
      for (const picture of seen) {
        const { left, right } = brightness(picture);
        expect(left).toBeLessThan(30);
        expect(right).toBeGreaterThan(200);
      }
      // The hub is what viewers, recordings and evidence are fed from.
      const gray = ["-vf", "scale=320:180,format=gray", "-f", "rawvideo", "-frames:v", "1", "pipe:1"];
      const pixels = execFileSync("ffmpeg", ["-v", "error", "-f", "mp4", "-i", "pipe:0", ...gray], {
        input: Buffer.concat(stream.main.hub.sinceKeyFrame()),
      });
      const stored = {
        camera: "pond",
        width: 320,
        height: 180,
        at: seen[0]?.at ?? { wallMs: 0, monotonicMs: 0 },
      };
      expect(brightness({ ...stored, pixels: new Uint8Array(pixels) }).left).toBeLessThan(30);
    } finally {
      await server.kill();
    }
  });

  test("drawn while it runs are in every picture from then on, and what was kept of before is let go of", async () => {
    const server = await startWhite();
    try {
      const { stream, becomes } = await watchCamera(server.url("white"));
      const roll = new PreRoll(systemClock, { seconds: 10, maxBytes: 8_000_000 });
      roll.follow(stream.main.hub);
      let seen: GrayPicture[] = [];
      stream.pictures.on((picture) => seen.push(picture));
      const running = await becomes(/^running/);
      await until(() => seen.length >= 2, { timeoutMs: 30_000 });
      expect(seen.map((picture) => brightness(picture).left > 200)).not.toContain(false);

      stream.paint({ by: "box", masks });
      expect([stream.main.hub.sinceKeyFrame().length, roll.sizeBytes]).toEqual([0, 0]);
      await expect(stream.snapshot()).rejects.toMatchObject({ code: "video.no_picture" });
      await becomes(/^connecting privacy.painting/, running);
      await becomes(/^running/, running);
      seen = [];
      await until(() => seen.length >= 3, { timeoutMs: 30_000 });
      for (const picture of seen) expect(brightness(picture).left).toBeLessThan(30);

      stream.paint(undefined);
      await until(() => brightness(seen.at(-1) as GrayPicture).left > 200, { timeoutMs: 30_000 });
    } finally {
      await server.kill();
    }
  });

  test("to be painted by the camera keep it dark until that is confirmed, and again when it is not any more", async () => {
    const server = await startWhite();
    try {
      const { stream, becomes, states } = await watchCamera(server.url("white"), {
        privacy: { by: "camera", masks },
      });
      expect(states).toEqual(["refused privacy.unconfirmed"]);
      const lease = stream.main.lease();
      const lastPicture = keepLastPictures(createMediaTools(createChildren()), [stream]);
      const roll = new PreRoll(systemClock, { seconds: 10, maxBytes: 8_000_000 });
      roll.follow(stream.main.hub);
      expect(stream.main.status().state).toBe("idle");
      stream.setPermitted(true);
      const running = await becomes(/^running/);
      expect((await lastPicture("pond")).length).toBeGreaterThan(0);
      expect(roll.sizeBytes).toBeGreaterThan(0);
      stream.setPermitted(false);
      await becomes(/^refused privacy.unconfirmed/, running);
      await until(() => stream.main.status().state === "idle");
      expect(stream.main.hub.sinceKeyFrame()).toEqual([]);
      await expect(lastPicture("pond")).rejects.toMatchObject({ code: "video.no_picture" });
      expect(roll.sizeBytes).toBe(0);
      lease();
    } finally {
      await server.kill();
    }
  });
});
