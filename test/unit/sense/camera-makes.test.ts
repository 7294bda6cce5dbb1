import { expect, test } from "vitest";
import { silentLogger } from "../../../src/core/log.ts";
import { createCameraUpkeep } from "../../../src/sense/camera-upkeep.ts";
import { createCameraControlDouble } from "../../support/camera-controls-double.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { configurationOf, VILLAGE } from "../config/config-rig.ts";

// What cameras answer GetStreamUri with, main stream first, beside the addresses that their profile makes of a host.

const MAKES: readonly (readonly [profile: string, main: string, sub: string])[] = [
  [
    "hikvision",
    "/Streaming/Channels/101?transportmode=unicast&profile=Profile_1",
    "/Streaming/Channels/102?transportmode=unicast&profile=Profile_2",
  ],
  [
    "dahua",
    "/cam/realmonitor?channel=1&subtype=0&unicast=true&proto=Onvif",
    "/cam/realmonitor?channel=1&subtype=1&unicast=true&proto=Onvif",
  ],
  ["uniview", "/media/video1", "/media/video2"],
  ["uniview", "/unicast/c1/s0/live", "/unicast/c1/s1/live"],
  ["tp-link", "/stream1", "/stream2"],
  [
    "xm",
    "/user=admin_password=tlJwpbo6_channel=1_stream=0.sdp?real_stream",
    "/user=admin_password=tlJwpbo6_channel=1_stream=1.sdp?real_stream",
  ],
];

test.each(MAKES)(
  "a camera of %s that names its streams %s and %s is asked for key frames of the second",
  async (profile, main, sub) => {
    const village = VILLAGE.replace(
      /^cameras:\n/m,
      `cameras:\n  - {id: extra, name: 桥头, profile: ${profile}, host: 192.168.1.40, onvif: true,
     login: {username: admin, password: {secret: pond-east}}}\n`,
    );
    const [camera] = (await configurationOf({ village })).cameras;
    if (!camera?.onvif) throw new Error("the camera has no onvif");
    const clock = createManualClock();
    const control = createCameraControlDouble();
    const size = { width: 640, height: 360, framesPerSecond: 15, encoding: "H264", keyFrameSeconds: 4 };
    const streams = [main, sub].map((path, n) => {
      return { profile: `${n}`, name: "", url: `rtsp://192.168.1.40:554${path}`, ...size };
    });
    control.description = { ...control.description, clockAheadMs: 0, streams };
    const dependencies = { clock, random: () => 0, isClockSynced: () => true, control, log: silentLogger };
    const upkeep = createCameraUpkeep({ ...dependencies, record() {}, onMasked() {} }, camera, camera.onvif);
    await upkeep.start();
    await clock.settle();
    expect(control.asked).toContain("keyFrames 1 0.8");
    expect(control.asked).not.toContain("keyFrames 0 0.8");
    await upkeep.stop();
  },
);
