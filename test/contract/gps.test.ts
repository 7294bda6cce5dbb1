import { afterEach, describe, expect, test } from "vitest";
import type { ByteDevice } from "../../hw/virtual/serial/byte-device.ts";
import { silentLogger } from "../../src/core/log.ts";
import { systemClock } from "../../src/core/time.ts";
import { createGpsReceiver } from "../../src/drivers/serial/gps-receiver.ts";
import { createSerialLink } from "../../src/drivers/serial/serial-link.ts";
import { serialCables } from "../support/serial-cable.ts";
import { until } from "../support/until.ts";

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

const FIX = "$GNRMC,061530.00,A,,,,,0.0,,010726,,,A*56\r\n";
const NO_FIX = "$GNRMC,061530.00,V,,,,,,,010726,,,N*60\r\n";
const RIGHT_MS = Date.parse("2026-07-01T06:15:30Z");

/** Speaks when it is told to; what a line carries begins with what is sent into it. */
function createReceiver(): ByteDevice & { say(text: string): void; readonly isHeard: boolean } {
  let speak: ((bytes: Buffer) => void) | undefined;
  return {
    receive(_bytes, reply) {
      speak = reply;
    },
    say: (text) => speak?.(Buffer.from(text, "latin1")),
    get isHeard() {
      return speak !== undefined;
    },
  };
}

for (const { line, cable, skip } of serialCables("127.0.0.79", cleanups)) {
  describe.skipIf(skip)(`a satellite receiver on ${line}`, () => {
    async function rig() {
      const device = createReceiver();
      const wire = await cable(device);
      const told: number[] = [];
      const link = createSerialLink(
        { clock: systemClock, random: Math.random, log: silentLogger },
        { id: "gps", port: wire.port, baudRate: 9600, parity: "none", stopBits: 1, framing: "rtu" },
      );
      const receiver = createGpsReceiver({ clock: systemClock, link, onTime: (wallMs) => told.push(wallMs) });
      cleanups.push(() => receiver.stop());
      const plug = async (): Promise<void> => {
        await wire.plug();
        await until(() => link.state === "open", { what: "the line" });
        await until(async () => {
          await link.write(Buffer.from("\n")).catch(() => undefined);
          return device.isHeard;
        });
      };
      return { device, wire, told, link, receiver, plug };
    }

    test("tells the time once it knows it, whatever comes before and in whatever pieces", async () => {
      const { device, told, receiver, plug } = await rig();
      const started = receiver.start();
      await plug();
      await started;
      device.say("\u00ff\u0000$GNRMC,0615");
      device.say(`30.00,A\r\n${NO_FIX}`);
      device.say("x".repeat(100_000));
      device.say(`\r\n${FIX.slice(0, 20)}`);
      device.say(FIX.slice(20));
      await until(() => told.length > 0, { what: "the time" });
      expect(told).toEqual([RIGHT_MS]);
      expect(receiver.health?.()).toMatchObject({ status: "ok" });
    });

    test("is away when it is pulled out, and tells again when it is back", async () => {
      const { device, wire, told, receiver, link, plug } = await rig();
      const started = receiver.start();
      await plug();
      await started;
      await wire.unplug();
      await until(() => link.state !== "open", { what: "the loss" });
      expect(receiver.health?.()).toMatchObject({ status: "degraded", reason: "serial.port_lost" });
      await plug();
      await until(() => {
        device.say(FIX);
        return told.includes(RIGHT_MS);
      });
    });
  });
}
