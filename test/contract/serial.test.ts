import { afterEach, describe, expect, test } from "vitest";
import { createLcusRelayBoard } from "../../hw/virtual/serial/lcus-relay-board.ts";
import { serialCables } from "../support/serial-cable.ts";
import { openSerialDevices } from "../support/serial-rig.ts";
import { until } from "../support/until.ts";

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

/** Of our own, so that no other test takes a port between unplugging and replugging. */
const HOST = "127.0.0.77";

for (const { line, cable, skip } of serialCables(HOST, cleanups)) {
  describe.skipIf(skip)(`an LCUS relay on ${line}`, () => {
    async function rig() {
      const board = createLcusRelayBoard(4);
      const wire = await cable(board);
      const devices = openSerialDevices(wire.port, cleanups);
      const open = (channel: number) => devices.openRelay({ bus: "bus", profile: "lcus", channel });
      return { board, wire, open };
    }

    test("switches its own channel and no other", async () => {
      const { board, wire, open } = await rig();
      await wire.plug();
      const relay = await open(2);
      await relay.switch(true);
      await until(() => board.channels[1] === true);
      expect(board.channels).toEqual([false, true, false, false]);
      await relay.switch(false);
      await until(() => board.channels[1] === false);
    });

    test("is never energised by being opened, closed, unplugged or plugged in again", async () => {
      const { board, wire, open } = await rig();
      const moved: number[] = [];
      board.onChange(({ channel }) => moved.push(channel));
      await wire.plug();
      const relay = await open(1);
      await wire.unplug();
      await wire.plug();
      await until(() => relay.switch(false).then(() => true));
      await relay.close();
      expect(moved).toEqual([]);
    });

    test("cannot tell its state", async () => {
      const { wire, open } = await rig();
      await wire.plug();
      expect(await (await open(1)).readBack()).toBe("unknown");
    });

    test("is switched off by opening it, as a crash may have left it on", async () => {
      const { board, wire, open } = await rig();
      board.receive(Buffer.of(0xa0, 3, 1, 0xa4), () => {});
      expect(board.channels[2]).toBe(true);
      await wire.plug();
      await open(3);
      await until(() => board.channels[2] === false);
    });

    test("is switched off by closing it", async () => {
      const { board, wire, open } = await rig();
      await wire.plug();
      const relay = await open(1);
      await relay.switch(true);
      await until(() => board.channels[0] === true);
      await relay.close();
      await until(() => board.channels[0] === false);
    });

    test("fails at once while unplugged, and works again by itself after replugging", async () => {
      const { board, wire, open } = await rig();
      await wire.plug();
      const relay = await open(1);
      await relay.switch(true);
      await until(() => board.channels[0] === true);
      await wire.unplug();
      await until(() =>
        relay.switch(false).then(
          () => false,
          (error) => error.code === "serial.port_lost",
        ),
      );
      expect(board.channels[0]).toBe(true);
      // Nobody could switch it off meanwhile: the driver does when the port is back.
      await wire.plug();
      await until(() => board.channels[0] === false);
      await until(() => relay.switch(true).then(() => true));
      await until(() => board.channels[0] === true);
    });

    test("may be absent at the start", async () => {
      const { board, wire, open } = await rig();
      await wire.plug();
      await wire.unplug();
      const relay = await open(1);
      await expect(relay.switch(true)).rejects.toMatchObject({ code: "serial.port_lost" });
      await wire.plug();
      await until(() => relay.switch(true).then(() => true));
      await until(() => board.channels[0] === true);
    });
  });
}

describe("serial devices", () => {
  test("refuse a bus, a profile or a channel that is not there", async () => {
    const devices = openSerialDevices("/dev/null", cleanups);
    const relay = { bus: "bus", profile: "lcus", channel: 1 };
    await expect(devices.openRelay({ ...relay, bus: "no" })).rejects.toMatchObject({
      code: "serial.unknown_bus",
    });
    await expect(devices.openRelay({ ...relay, profile: "no" })).rejects.toMatchObject({
      code: "profile.missing",
    });
    await expect(devices.openRelay({ ...relay, channel: 9 })).rejects.toMatchObject({
      code: "serial.no_channel",
    });
  });
});
