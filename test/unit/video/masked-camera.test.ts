import { expect, onTestFinished, test } from "vitest";
import { GatewayError } from "../../../src/core/errors.ts";
import { silentLogger } from "../../../src/core/log.ts";
import { createSignal } from "../../../src/core/signals.ts";
import type { Camera, OnvifWiring } from "../../../src/core/site.ts";
import { createCameraHealthWatch } from "../../../src/sense/camera-health-watch.ts";
import { createCameraUpkeep } from "../../../src/sense/camera-upkeep.ts";
import { createCameraStream } from "../../../src/video/camera-stream.ts";
import { keepLastPictures } from "../../../src/video/last-pictures.ts";
import { PreRoll } from "../../../src/video/pre-roll.ts";
import { createRecorder } from "../../../src/video/recorder.ts";
import { createCameraControlDouble } from "../../support/camera-controls-double.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { createEvidenceDouble, createLedgerDouble } from "../../support/stores-double.ts";
import { until } from "../../support/until.ts";
import { fragmentBytes, INIT_BYTES } from "./boxes.ts";
import { createMediaDouble } from "./media-double.ts";
import { createCatalogueDouble, createDiskDouble, PLAN } from "./recording-doubles.ts";

const HOUR_MS = 3_600_000;
const YARD = [
  [0, 0.5],
  [0.25, 0.5],
  [0.25, 1],
] as const;
const ONVIF: OnvifWiring = { host: "camera.test", port: 80, path: "/", isSecure: false, setClock: false };
const CAMERA: Camera = {
  id: "pond",
  name: "东塘",
  main: "rtsp://camera.test/main",
  zones: [],
  onvif: ONVIF,
  privacy: { by: "camera", masks: [{ id: "yard", name: "院子", polygon: YARD }] },
  record: { ...PLAN, mode: "events" },
};

/** A camera that masks itself, with all that takes pictures from it. */
async function startVillage() {
  const clock = createManualClock();
  const media = createMediaDouble();
  const patience = { firstPictureMs: 3 * HOUR_MS, nextPictureMs: 3 * HOUR_MS };
  const common = { clock, random: () => 0, log: silentLogger };
  const stream = createCameraStream(
    { ...common, media },
    CAMERA,
    { width: 2, height: 2, framesPerSecond: 5 },
    patience,
  );
  const control = createCameraControlDouble();
  const size = { width: 1280, height: 720, framesPerSecond: 15 };
  const main = { profile: "main", name: "main", url: CAMERA.main, encoding: "H264", ...size };
  control.description = { ...control.description, streams: [main] };
  const upkeep = createCameraUpkeep(
    {
      ...common,
      isClockSynced: () => true,
      control,
      record: () => {},
      onMasked: (isMasked) => stream.setPermitted(isMasked),
    },
    CAMERA,
    ONVIF,
  );
  const ledger = createLedgerDouble(clock);
  const lastPicture = keepLastPictures(media, [stream]);
  const health = createCameraHealthWatch(
    {
      ...common,
      ledger,
      evidence: createEvidenceDouble(),
      cameraRecords: { load: async () => undefined, save: async () => {} },
      examination: {
        reports: createSignal(),
        memories: createSignal(),
        recall: () => {},
        learnAnew: () => {},
      },
      snapshot: lastPicture,
      onChange: () => {},
    },
    [stream],
  );
  const disk = createDiskDouble();
  const recorder = createRecorder(
    {
      ...common,
      index: createCatalogueDouble(),
      clockQuality: () => "synced",
      timezone: "Asia/Shanghai",
      record: () => {},
      folder: "/recordings",
      files: disk,
      bytesWritten: async () => undefined,
    },
    [{ camera: CAMERA, stream: stream.main }],
    { keepFreeBytes: 0, reservePercent: 0 },
  );
  const clips = new PreRoll(clock, { seconds: 10, maxBytes: 1_000_000 });
  clips.follow(stream.main.hub);
  const parts = [stream, health, recorder, upkeep];
  for (const part of parts) await part.start();
  onTestFinished(async () => {
    for (const part of [...parts].reverse()) await part.stop();
  });
  await clock.advance(0);
  return { clock, media, control, stream, lastPicture, recorder, disk, clips, ledger };
}

test("of a camera that has not confirmed its masks for an hour nothing is shown, kept or stored", async () => {
  const { clock, media, control, stream, lastPicture, recorder, disk, clips, ledger } = await startVillage();
  const session = await until(() => media.ingests[0]);
  control.failing = new GatewayError("no answer", { code: "onvif.unreachable", kind: "transient" });
  await clock.advance(HOUR_MS - 1000);
  session.stdout.write(Buffer.concat([INIT_BYTES, fragmentBytes(true, "", 0)]));
  await until(() => stream.hub.sinceKeyFrame().length > 0);
  expect((await lastPicture("pond")).length).toBeGreaterThan(0);
  expect(clips.sizeBytes).toBeGreaterThan(0);

  await clock.advance(1000);
  expect(stream.state()).toMatchObject({ state: "refused", reason: "privacy.unconfirmed" });
  await expect(stream.snapshot()).rejects.toMatchObject({ code: "video.no_picture" });
  await expect(lastPicture("pond")).rejects.toMatchObject({ code: "video.no_picture" });
  expect(clips.sizeBytes).toBe(0);
  recorder.event("pond");
  await clock.advance(45_000);
  expect([...disk.content.keys()]).toEqual([]);
  const events = await until(async () => {
    const told = await ledger.read({ after: 0, limit: 100 });
    return told.length > 0 && told;
  });
  expect(events.map(({ type, data }) => [type, data["snapshot"]])).toEqual([
    ["org.cunshao.camera.fault.raised", false],
  ]);
  expect(media.ingests).toHaveLength(1);
});
