import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { silentLogger } from "../../src/core/log.ts";
import { systemClock } from "../../src/core/time.ts";
import { createRemuxer } from "../../src/drivers/ffmpeg/remux.ts";
import { createClipDesk } from "../../src/video/clip-desk.ts";
import { probe } from "../support/probe.ts";
import { createSegmentIndexDouble } from "../support/recordings-double.ts";
import { type CameraServer, footage, startCameras, thirdPartyCameras } from "../support/rtsp-cameras.ts";
import { until } from "../support/until.ts";
import { createChildren, watchCamera } from "./camera-rig.ts";

const missing = thirdPartyCameras();

describe.skipIf(missing)(`evidence of a third-party camera${missing ? ` (${missing})` : ""}`, () => {
  let server: CameraServer;

  beforeAll(async () => {
    server = await startCameras({ cameras: { pond: footage("one-by-one-person.mp4") }, seconds: 60 });
  });
  afterAll(() => server?.kill());

  async function openDesk() {
    const { stream, becomes } = await watchCamera(server.url("pond"));
    const desk = createClipDesk(
      {
        clock: systemClock,
        isClockSynced: () => true,
        hasRoom: () => true,
        remuxer: createRemuxer(createChildren()),
        segments: createSegmentIndexDouble(),
        folder: mkdtempSync(join(tmpdir(), "clips-")),
        log: silentLogger,
      },
      [{ camera: "pond", hub: stream.hub, preRoll: { seconds: 5, maxBytes: 8_000_000 } }],
    );
    onTestFinished(() => desk.stop());
    await desk.start();
    await becomes(/running/);
    const order = (alarm: string) => ({
      alarm,
      camera: "pond",
      atMs: systemClock.now().wallMs,
      beforeSeconds: 3,
      afterSeconds: 2,
    });
    return { desk, order, stream };
  }

  test("is a clip from before the alarm to after it that decodes without a complaint", async () => {
    const { desk, order, stream } = await openDesk();
    // As much as the clip is to hold of the time before.
    const sinceMs = systemClock.now().monotonicMs;
    await until(() => systemClock.now().monotonicMs - sinceMs > 4000 && stream.hub.init);
    const wanted = order("a1");
    const clip = desk.take(wanted);
    clip.release();
    const taken = await clip.ready;
    expect(taken.lack).toBeUndefined();
    expect(taken.fromMs).toBeLessThanOrEqual(wanted.atMs - 2500);
    expect(taken.toMs).toBeGreaterThanOrEqual(wanted.atMs + 1500);
    const video = probe(taken.path);
    expect(video).toMatchObject({ complaints: "", beginsWithKeyFrame: true, width: 640, height: 360 });
    expect(video.seconds).toBeCloseTo((taken.toMs - taken.fromMs) / 1000, 0);
    await clip.settle();
  });

  test("is what there is when the camera loses its power meanwhile", async () => {
    const { desk, order } = await openDesk();
    const clip = desk.take(order("a2"));
    await server.kill();
    const taken = await clip.ready;
    expect(taken.lack).toBeDefined();
    expect(probe(taken.path)).toMatchObject({ complaints: "", beginsWithKeyFrame: true });
    await clip.settle();
  });
});
