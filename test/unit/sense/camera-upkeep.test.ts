import { describe, expect, test } from "vitest";
import { GatewayError } from "../../../src/core/errors.ts";
import { createRig, HOUR_MS, SUB, stream } from "./camera-upkeep-rig.ts";

describe("a camera's clock", () => {
  test("that is off is set, and the ledger tells by how much", async () => {
    const { upkeep, described, done, events, clock } = createRig();
    described(-90_400);
    await upkeep.start();
    await clock.advance(0);
    expect(done()).toEqual(["setTime"]);
    expect(events).toEqual([
      {
        type: "org.cunshao.camera.clock_set",
        class: "state",
        subject: "pond",
        data: { camera: "pond", aheadSeconds: -90 },
      },
    ]);
    await upkeep.stop();
  });

  test.each([
    ["is right within the seconds that ONVIF tells", 2900, {}],
    ["is not told", undefined, {}],
    ["is somebody else's affair", -90_000, { wiring: { setClock: false } }],
    ["is off from a box that does not know the time itself", -90_000, { clockSynced: false }],
  ])("that %s is left alone", async (_what, ahead, setting) => {
    const { upkeep, described, done, clock } = createRig(setting);
    described(ahead);
    await upkeep.start();
    await clock.advance(HOUR_MS * 3);
    expect(done()).toEqual([]);
    await upkeep.stop();
  });

  test("is looked at again every hour", async () => {
    const { upkeep, described, done, clock } = createRig();
    described(-90_000);
    await upkeep.start();
    await clock.advance(HOUR_MS * 2);
    expect(done()).toEqual(["setTime", "setTime", "setTime"]);
    await upkeep.stop();
  });
});

describe("key frames of the analysed stream", () => {
  test.each([
    ["too far apart are asked for more often", 2, ["keyFrames sub 0.8"]],
    ["of an unknown distance are asked for", undefined, ["keyFrames sub 0.8"]],
    ["often enough are left alone", 0.8, []],
  ])("%s", async (_what, seconds, expected) => {
    const { upkeep, described, done, clock } = createRig();
    described(0, stream("main", "rtsp://10.0.0.1/Streaming/Channels/101", 4), stream("sub", SUB, seconds));
    await upkeep.start();
    await clock.advance(0);
    expect(done()).toEqual(expected);
    await upkeep.stop();
  });

  const DAHUA = "rtsp://192.168.1.22:554/cam/realmonitor?channel=1&subtype=1";

  test("are asked for by the stream's own parameters, whatever the camera adds to them", async () => {
    const { upkeep, described, done, clock, warnings } = createRig({ sub: DAHUA });
    const told = "rtsp://10.0.0.1/cam/realmonitor?subtype=";
    described(
      0,
      stream("main", `${told}0&channel=1&unicast=true&proto=Onvif`, 4),
      stream("sub", `${told}1&channel=1&unicast=true&proto=Onvif`, 4),
    );
    await upkeep.start();
    await clock.advance(0);
    expect(done()).toEqual(["keyFrames sub 0.8"]);
    expect(warnings).toEqual([]);
    await upkeep.stop();
  });

  test.each([
    "rtsp://10.0.0.1/cam/realmonitor?channel=2&subtype=1&unicast=true",
    "rtsp://10.0.0.1/cam/realmonitor?channel=1",
    "not an address",
  ])("are not asked of %s, and the log says once that nobody was asked", async (url) => {
    const { upkeep, described, done, clock, warnings } = createRig({ sub: DAHUA });
    described(0, stream("other", url, 4));
    await upkeep.start();
    await clock.advance(HOUR_MS * 2);
    expect(done()).toEqual([]);
    expect(warnings).toEqual([expect.stringContaining("key frames")]);
    await upkeep.stop();
  });

  test("are left alone where the site says so, and where the stream is not the camera's own", async () => {
    for (const [wiring, url] of [
      [{ keyFrameSeconds: undefined }, SUB],
      [{}, "rtsp://10.0.0.1/other"],
    ] as const) {
      const { upkeep, described, done, clock } = createRig({ wiring });
      described(0, stream("sub", url, 4));
      await upkeep.start();
      await clock.advance(0);
      expect(done()).toEqual([]);
      await upkeep.stop();
    }
  });
});

describe("a camera whose settings cannot be reached", () => {
  const asks = (asked: readonly string[]): number => asked.filter((word) => word === "describe").length;

  test("is asked again after growing waits, and is well once it answers", async () => {
    const { upkeep, control, clock } = createRig();
    control.failing = new GatewayError("closed", { code: "onvif.unreachable", kind: "transient" });
    await upkeep.start();
    await clock.advance(30_000);
    expect(upkeep.health?.()).toMatchObject({ status: "degraded", reason: "onvif.unreachable" });
    control.failing = undefined;
    await clock.advance(60_000);
    expect(upkeep.health?.()).toMatchObject({ status: "ok" });
    expect(asks(control.asked)).toBe(1);
    await upkeep.stop();
  });

  test("because it refuses the login is left in peace for hours, so that it does not lock the account", async () => {
    const { upkeep, control, clock } = createRig();
    control.failing = new GatewayError("no", { code: "onvif.refused", kind: "permanent" });
    await upkeep.start();
    await clock.advance(0);
    control.failing = undefined;
    await clock.advance(HOUR_MS * 5);
    expect(asks(control.asked)).toBe(0);
    await clock.advance(HOUR_MS);
    expect(asks(control.asked)).toBe(1);
    await upkeep.stop();
  });
});
