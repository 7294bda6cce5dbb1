import { describe, expect, test } from "vitest";
import type { EncodedStream } from "../../../src/core/camera-control.ts";
import { GatewayError } from "../../../src/core/errors.ts";
import type { EventDraft } from "../../../src/core/event.ts";
import type { Polygon } from "../../../src/core/geometry.ts";
import { type Logger, silentLogger } from "../../../src/core/log.ts";
import type { Camera, OnvifWiring, Privacy } from "../../../src/core/site.ts";
import { createCameraUpkeep } from "../../../src/sense/camera-upkeep.ts";
import { createCameraControlDouble } from "../../support/camera-controls-double.ts";
import { createManualClock } from "../../support/manual-clock.ts";

const CAMERA: Camera = {
  id: "pond",
  name: "东塘",
  main: "rtsp://192.168.1.21:554/Streaming/Channels/101",
  sub: "rtsp://192.168.1.21:554/Streaming/Channels/102",
  zones: [],
};
const WIRING: OnvifWiring = {
  host: "192.168.1.21",
  port: 80,
  path: "/onvif/device_service",
  isSecure: false,
  setClock: true,
  keyFrameSeconds: 0.8,
};
const HOUR_MS = 3_600_000;

function stream(profile: string, url: string, keyFrameSeconds: number | undefined): EncodedStream {
  const size = { width: 640, height: 360, framesPerSecond: 15 };
  return { profile, name: profile, url, encoding: "H264", ...size, keyFrameSeconds };
}

/** As a camera behind an address translation names its streams. */
const SUB = "rtsp://10.0.0.1/Streaming/Channels/102?transportmode=unicast";

const MAIN_STREAM = stream("main", "rtsp://10.0.0.1/Streaming/Channels/101", 2);

function createRig({
  masks,
  wiring = {},
  clockSynced = true,
  privacy,
  sub = CAMERA.sub,
  otherAddresses,
}: {
  masks?: () => Privacy["masks"];
  wiring?: Partial<OnvifWiring>;
  clockSynced?: boolean;
  privacy?: Privacy;
  otherAddresses?: Camera["otherAddresses"];
  sub?: string | undefined;
} = {}) {
  const clock = createManualClock();
  const control = createCameraControlDouble();
  const events: EventDraft[] = [];
  const masked: boolean[] = [];
  const warnings: string[] = [];
  const log: Logger = {
    ...silentLogger,
    warn: (_fields, message) => warnings.push(message),
    child: () => log,
  };
  const dependencies = {
    clock,
    random: () => 0,
    isClockSynced: () => clockSynced,
    control,
    record: (draft: EventDraft) => events.push(draft),
    onMasked: (isMasked: boolean) => masked.push(isMasked),
    ...(masks && { masks }),
    log,
  };
  const upkeep = createCameraUpkeep(
    dependencies,
    { ...CAMERA, sub, privacy, otherAddresses },
    { ...WIRING, ...wiring },
  );
  const described = (clockAheadMs: number | undefined, ...streams: EncodedStream[]): void => {
    control.description = { ...control.description, clockAheadMs, streams };
  };
  const done = (): string[] => control.asked.filter((word) => word !== "describe");
  return { clock, control, events, masked, warnings, upkeep, described, done };
}

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

describe("masks that the camera is to paint itself", () => {
  const yard: Polygon = [
    [0, 0.5],
    [0.25, 0.5],
    [0.25, 1],
  ];
  const createMasked = (setting: Parameters<typeof createRig>[0]) => {
    const rig = createRig(setting);
    rig.described(0, MAIN_STREAM, stream("sub", SUB, 0.8));
    return rig;
  };
  const privacy: Privacy = { by: "camera", masks: [{ id: "yard", name: "院子", polygon: yard }] };

  test("are set, and pictures are taken once the camera confirms them", async () => {
    const { upkeep, control, masked, events, clock } = createMasked({ privacy });
    await upkeep.start();
    await clock.advance(0);
    expect(control.asked.slice(0, 2)).toEqual(["describe", "masks main+sub 1"]);
    expect(masked).toEqual([false, true]);
    expect(events).toMatchObject([{ type: "org.cunshao.camera.masked", data: { camera: "pond", masks: 1 } }]);
    await upkeep.stop();
  });

  test("that are there already are left alone, within the steps in which cameras count", async () => {
    const { upkeep, control, masked, done, clock } = createMasked({ privacy });
    control.painted = [yard.map(([x, y]) => [x + 0.004, y - 0.004] as const)];
    await upkeep.start();
    await clock.advance(0);
    expect(masked).toEqual([true]);
    expect(done()).toEqual([]);
    await upkeep.stop();
  });

  test("that a camera does not take keep its pictures away, and it is not well", async () => {
    const { upkeep, control, masked, clock } = createMasked({ privacy });
    control.obeys = false;
    await upkeep.start();
    await clock.advance(0);
    expect(masked).toEqual([false]);
    expect(upkeep.health?.()).toMatchObject({ status: "degraded", reason: "privacy.unconfirmed" });
    await upkeep.stop();
  });

  test("are confirmed of each picture that is taken, or of none", async () => {
    const { upkeep, control, masked, clock } = createMasked({ privacy });
    control.masks = async () => [[yard], []];
    await upkeep.start();
    await clock.advance(0);
    expect(masked).toEqual([false]);
    expect(upkeep.health?.()).toMatchObject({ reason: "privacy.unconfirmed" });
    await upkeep.stop();
  });

  test("are asked for on each address that may be the one in use", async () => {
    const { upkeep, control, described, clock } = createMasked({
      privacy,
      otherAddresses: [{ main: "rtsp://192.168.1.21/other/1", sub: "rtsp://192.168.1.21/other/2" }],
    });
    described(0, stream("a", "rtsp://10.0.0.1/other/1", 1), MAIN_STREAM, stream("b", SUB, 1));
    await upkeep.start();
    await clock.advance(0);
    expect(control.asked[1]).toBe("masks a+main+b 1");
    await upkeep.stop();
  });

  test("are not confirmed where the camera does not know a stream that is taken", async () => {
    const { upkeep, control, masked, described, clock } = createMasked({ privacy });
    control.painted = [yard];
    described(0, stream("sub", SUB, 0.8));
    await upkeep.start();
    await clock.advance(0);
    expect(masked).toEqual([false]);
    expect(upkeep.health?.()).toMatchObject({ reason: "privacy.unconfirmed" });
    await upkeep.stop();
  });

  test("that a camera has forgotten end its pictures until they are there again", async () => {
    const { upkeep, control, masked, clock } = createMasked({ privacy });
    await upkeep.start();
    await clock.advance(0);
    control.painted = [];
    await clock.advance(HOUR_MS);
    expect(masked).toEqual([false, true, false, true]);
    await upkeep.stop();
  });

  test.each([
    ["is out of reach", "onvif.unreachable", "transient"],
    ["refuses the login", "onvif.refused", "permanent"],
  ] as const)("hold for an hour of a camera that %s, and no longer", async (_what, code, kind) => {
    const { upkeep, control, masked, clock } = createMasked({ privacy });
    control.painted = [yard];
    await upkeep.start();
    await clock.advance(HOUR_MS / 2);
    control.failing = new GatewayError("no", { code, kind });
    await clock.advance(HOUR_MS / 2 - 1);
    expect(masked).toEqual([true]);
    await clock.advance(1);
    expect(masked).toEqual([true, false]);
    control.failing = undefined;
    await clock.advance(HOUR_MS * 6);
    expect(masked.slice(0, 3)).toEqual([true, false, true]);
    await upkeep.stop();
  });

  test("hold for an hour also where the camera goes away right after its word", async () => {
    const { upkeep, control, masked, described, clock } = createMasked({ privacy });
    control.painted = [yard];
    control.setTime = async () => {
      control.failing = new GatewayError("no", { code: "onvif.refused", kind: "permanent" });
      throw control.failing;
    };
    described(-90_000, MAIN_STREAM, stream("sub", SUB, 0.8));
    await upkeep.start();
    await clock.advance(HOUR_MS);
    expect(masked).toEqual([true, false]);
    await upkeep.stop();
  });

  test("that the box paints are none of the camera's affair", async () => {
    const { upkeep, control, masked, clock } = createMasked({ privacy: { ...privacy, by: "box" } });
    await upkeep.start();
    await clock.advance(0);
    expect([masked, control.asked]).toEqual([[], ["describe"]]);
    await upkeep.stop();
  });

  describe("and are drawn while it runs", () => {
    const gate = { id: "gate", name: "门", polygon: yard.map(([x, y]) => [x + 0.5, y] as const) };

    /** One mask, confirmed. */
    async function createDrawing() {
      let drawn: Privacy["masks"] = privacy.masks;
      const rig = createMasked({ privacy, masks: () => drawn });
      await rig.upkeep.start();
      await rig.clock.advance(0);
      rig.masked.length = 0;
      const draw = (...masks: Privacy["masks"]): void => {
        drawn = masks;
        rig.upkeep.masksChanged();
      };
      return { ...rig, draw };
    }

    test("keep its pictures away until it confirms them, at once and not an hour later", async () => {
      const { upkeep, clock, control, masked, draw } = await createDrawing();
      expect(upkeep.masking()).toEqual({ state: "painted" });
      draw(...privacy.masks, gate);
      expect(masked).toEqual([false]);
      expect(upkeep.masking()).toEqual({ state: "waiting" });
      await clock.advance(0);
      expect(masked.at(-1)).toBe(true);
      expect(control.painted).toEqual([yard, gate.polygon]);
      await upkeep.stop();
    });

    test("say why the camera does not confirm them", async () => {
      const { upkeep, clock, control, masked, draw } = await createDrawing();
      control.obeys = false;
      draw(gate);
      await clock.advance(0);
      expect(masked).not.toContain(true);
      expect(upkeep.masking()).toEqual({ state: "refused", reason: "privacy.unconfirmed" });
      await upkeep.stop();
    });

    test("are not confirmed by an answer to those before", async () => {
      const { upkeep, clock, control, masked, draw } = await createDrawing();
      const tell = control.masks;
      let answer = (): void => {};
      control.masks = async (profiles) => {
        const told = await tell(profiles);
        control.masks = tell;
        await new Promise<void>((resolve) => {
          answer = resolve;
        });
        return told;
      };
      await clock.advance(HOUR_MS);
      // The camera is asked about the yard alone; meanwhile somebody draws the gate, and the camera stops obeying.
      control.obeys = false;
      draw(...privacy.masks, gate);
      answer();
      await clock.advance(0);
      expect(masked).not.toContain(true);
      await upkeep.stop();
    });

    test("that are taken out are taken from the camera, too, and pictures wait for nobody's word", async () => {
      const { upkeep, clock, control, masked, draw } = await createDrawing();
      draw();
      expect(masked).toEqual([true]);
      expect(upkeep.masking()).toEqual({ state: "none" });
      await clock.advance(0);
      expect(control.painted).toEqual([]);
      expect(masked).not.toContain(false);
      await upkeep.stop();
    });
  });
});
