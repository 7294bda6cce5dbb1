import { afterEach, describe, expect, test } from "vitest";
import { type ByteDevice, onEchoingLine } from "../../hw/virtual/serial/byte-device.ts";
import { createZoneAmplifier } from "../../hw/virtual/serial/zone-amplifier.ts";
import type { AmplifierWiring } from "../../src/core/output-wiring.ts";
import { serialCables } from "../support/serial-cable.ts";
import { openSerialDevices } from "../support/serial-rig.ts";
import { until } from "../support/until.ts";

/** Of our own, so that no other test takes a port between unplugging and replugging. */
const HOST = "127.0.0.82";
const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

const ZONE: AmplifierWiring = { bus: "bus", profile: "monoprice-6zone", address: 11 };

for (const { line, cable, skip } of serialCables(HOST, cleanups)) {
  describe.skipIf(skip)(`an amplifier on ${line}`, () => {
    async function rig(wired: (device: ByteDevice) => ByteDevice = (device) => device) {
      const amplifier = createZoneAmplifier();
      const wire = await cable(wired(amplifier));
      const devices = openSerialDevices(wire.port, cleanups);
      const open = (change: Partial<AmplifierWiring> = {}) => devices.openAmplifier({ ...ZONE, ...change });
      return { amplifier, wire, open };
    }

    test("is switched on with the input and the volume of the site, and off again", async () => {
      const { amplifier, wire, open } = await rig();
      await wire.plug();
      const power = await open({ input: 3, volume: 50 });
      await power.switch(true);
      expect(amplifier.zone(11)).toEqual({ power: true, mute: false, volume: 19, source: 3 });
      expect(amplifier.zone(12).power).toBe(false);
      expect(await power.readBack()).toBe(true);
      await power.switch(false);
      expect(amplifier.zone(11)).toMatchObject({ power: false, mute: true });
      expect(await power.readBack()).toBe(false);
    });

    test("lets sound through until somebody at its front mutes it, turns it down or selects another input", async () => {
      const { amplifier, wire, open } = await rig();
      await wire.plug();
      const power = await open({ input: 3, volume: 50 });
      expect(await power.isSounding?.()).toBe(false);
      await power.switch(true);
      expect(await power.isSounding?.()).toBe(true);
      for (const [wrong, right] of [
        [{ mute: true }, { mute: false }],
        [{ volume: 0 }, { volume: 19 }],
        [{ source: 1 }, { source: 3 }],
      ]) {
        amplifier.turn(11, wrong ?? {});
        expect(await power.isSounding?.()).toBe(false);
        amplifier.turn(11, right ?? {});
        expect(await power.isSounding?.()).toBe(true);
      }
    });

    test("keeps its input and volume where the site says nothing of them", async () => {
      const { amplifier, wire, open } = await rig();
      await wire.plug();
      await (await open()).switch(true);
      expect(amplifier.zone(11)).toEqual({ power: true, mute: false, volume: 10, source: 1 });
    });

    test("is off after opening, as a crash may have left it on, and after closing", async () => {
      const { amplifier, wire, open } = await rig();
      amplifier.turn(11, { power: true });
      await wire.plug();
      const power = await open();
      await until(() => !amplifier.zone(11).power);
      await power.switch(true);
      await power.close();
      expect(amplifier.zone(11).power).toBe(false);
    });

    test("is never switched on by being opened, closed, unplugged or plugged in again", async () => {
      const { amplifier, wire, open } = await rig();
      const powers: boolean[] = [];
      amplifier.onChange((zone) => powers.push(amplifier.zone(zone).power));
      await wire.plug();
      const power = await open();
      await wire.unplug();
      await wire.plug();
      await until(() => power.switch(false).then(() => true));
      await power.close();
      expect(powers).not.toContain(true);
    });

    test("that does not obey tells so by its status", async () => {
      const { amplifier, wire, open } = await rig();
      await wire.plug();
      const power = await open();
      amplifier.faults.stuck = true;
      await power.switch(true);
      expect(await power.readBack()).toBe(false);
    });

    test("that somebody switched off at its front tells so", async () => {
      const { amplifier, wire, open } = await rig();
      await wire.plug();
      const power = await open();
      await power.switch(true);
      amplifier.turn(11, { power: false });
      expect(await power.readBack()).toBe(false);
    });

    test.each(["mute", "garbage"] as const)(
      "with answers that are %s fails, and obeys again later",
      async (fault) => {
        const { amplifier, wire, open } = await rig();
        await wire.plug();
        const power = await open();
        await power.switch(false);
        amplifier.faults[fault] = true;
        await expect(power.switch(true)).rejects.toMatchObject({ code: "serial.timeout", kind: "transient" });
        await expect(power.switch(false)).rejects.toMatchObject({ code: "serial.timeout" });
        // Heard and obeyed all the same: silence is no reason to leave it on.
        expect(amplifier.zone(11).power).toBe(false);
        amplifier.faults[fault] = false;
        await power.switch(true);
        expect(amplifier.zone(11).power).toBe(true);
      },
    );

    test("that does not know its zone says so", async () => {
      const { wire, open } = await rig();
      await wire.plug();
      await expect((await open({ address: 18 })).switch(true)).rejects.toMatchObject({
        code: "amplifier.refused",
      });
    });

    test("is understood on a line that echoes", async () => {
      const { amplifier, wire, open } = await rig(onEchoingLine);
      await wire.plug();
      const power = await open();
      await power.switch(true);
      expect(await power.readBack()).toBe(true);
      amplifier.faults.mute = true;
      await expect(power.switch(true)).rejects.toMatchObject({ code: "serial.timeout" });
    });

    test("is switched off when the port is back, when nobody could before", async () => {
      const { amplifier, wire, open } = await rig();
      await wire.plug();
      const power = await open();
      await power.switch(true);
      await wire.unplug();
      await until(() =>
        power.switch(false).then(
          () => false,
          (error) => error.code === "serial.port_lost",
        ),
      );
      expect(amplifier.zone(11).power).toBe(true);
      await wire.plug();
      await until(() => !amplifier.zone(11).power);
    });
  });
}
