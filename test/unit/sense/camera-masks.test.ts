import { describe, expect, test } from "vitest";
import { GatewayError } from "../../../src/core/errors.ts";
import type { Polygon } from "../../../src/core/geometry.ts";
import type { Privacy } from "../../../src/core/site.ts";
import { createRig, HOUR_MS, MAIN_STREAM, SUB, stream } from "./camera-upkeep-rig.ts";

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
