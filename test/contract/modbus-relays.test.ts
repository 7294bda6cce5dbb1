import { afterEach, describe, expect, test } from "vitest";
import { createSubmersibleLevelSensor } from "../../hw/virtual/modbus/level-sensor.ts";
import type { ModbusSlave } from "../../hw/virtual/modbus/modbus-slave.ts";
import {
  createLcRelayBoard,
  createOneBasedRelayBoard,
  createWaveshareRelayBoard,
  type ModbusRelayBoard,
} from "../../hw/virtual/modbus/relay-board.ts";
import { createRtuLine } from "../../hw/virtual/modbus/rtu-line.ts";
import { serveModbusTcp } from "../../hw/virtual/modbus/serve-modbus-tcp.ts";
import { onEchoingLine } from "../../hw/virtual/serial/byte-device.ts";
import { createGuardedRelay } from "../../src/act/guarded-relay.ts";
import { loadProfiles } from "../../src/config/profiles.ts";
import type { Relay } from "../../src/core/devices.ts";
import { silentLogger } from "../../src/core/log.ts";
import type { Bus } from "../../src/core/site.ts";
import { systemClock } from "../../src/core/time.ts";
import { createModbusBuses } from "../../src/drivers/modbus/modbus-buses.ts";
import { serialCables } from "../support/serial-cable.ts";
import { until } from "../support/until.ts";

const loaded = await loadProfiles();
if (!loaded.ok) throw new Error("the profiles do not load");
const { profiles } = loaded;

/** Of our own, so that no other test takes a port between unplugging and replugging. */
const HOST = "127.0.0.79";
const TIMEOUT_MS = 800;
const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

interface Line {
  readonly port: string;
  readonly framing: Bus["framing"];
  plug(): Promise<void>;
  unplug(): Promise<void>;
}

const cables = serialCables(HOST, cleanups).map(({ line, cable, skip }) => ({
  name: `RTU on ${line}`,
  skip,
  async lineOf(slaves: readonly ModbusSlave[]): Promise<Line> {
    const wire = await cable(createRtuLine(slaves));
    return { ...wire, framing: "rtu" };
  },
}));

async function modbusTcpLine([slave]: readonly ModbusSlave[]): Promise<Line> {
  if (!slave) throw new Error("Modbus TCP needs a slave");
  const first = await serveModbusTcp(slave, { host: HOST, port: 0 });
  const { port } = first;
  await first.stop();
  let served: { stop(): Promise<void> } | undefined;
  cleanups.push(async () => served?.stop());
  return {
    port: `tcp://${HOST}:${port}`,
    framing: "tcp",
    async plug() {
      served = await serveModbusTcp(slave, { host: HOST, port });
    },
    unplug: async () => served?.stop(),
  };
}

const lines = [...cables, { name: "Modbus TCP", skip: false, lineOf: modbusTcpLine }];

function openBuses({ port, framing }: Pick<Line, "port" | "framing">) {
  const buses = createModbusBuses({
    buses: [{ id: "bus", port, framing, baudRate: 9600, parity: "none", stopBits: 1 }],
    profiles,
    clock: systemClock,
    random: () => 0,
    log: silentLogger,
    timeoutMs: TIMEOUT_MS,
  });
  cleanups.push(() => buses.stop());
  return buses;
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "none",
    (error) => error.code,
  );

const boards: readonly {
  readonly profile: string;
  readonly create: () => ModbusRelayBoard;
  readonly readsBack: boolean;
}[] = [
  { profile: "lc-modbus", create: createLcRelayBoard, readsBack: true },
  { profile: "waveshare-modbus", create: createWaveshareRelayBoard, readsBack: true },
  { profile: "one-based-modbus", create: createOneBasedRelayBoard, readsBack: false },
];

for (const { name, lineOf, skip } of lines) {
  for (const { profile, create, readsBack } of boards) {
    describe.skipIf(skip)(`a relay of ${profile}, ${name}`, () => {
      async function rig() {
        const board = create();
        cleanups.push(async () => board.powerOff());
        const line = await lineOf([board]);
        const buses = openBuses(line);
        const open = (channel: number): Promise<Relay> => buses.openRelay({ bus: "bus", profile, channel });
        return { board, line, buses, open };
      }

      test("switches its own channel and no other, from the first to the last", async () => {
        const { board, line, open } = await rig();
        await line.plug();
        for (const channel of [1, 8]) {
          const relay = await open(channel);
          await relay.switch(true);
          expect(board.channels.flatMap((on, index) => (on ? [index + 1] : []))).toEqual([channel]);
          await relay.switch(false);
          expect(board.channels).not.toContain(true);
          expect(board.moves[channel - 1]).toBe(2);
        }
      });

      test("is never energised by being opened or closed", async () => {
        const { board, line, open } = await rig();
        await line.plug();
        await (await open(2)).close();
        expect(board.moves.every((moves) => moves === 0)).toBe(true);
      });

      test("is off after opening, as a crash may have left it on, and after closing", async () => {
        const { board, line, buses, open } = await rig();
        await line.plug();
        await (await open(3)).switch(true);
        // A bus that stops gives no order: the relay is left as a crash leaves it.
        await buses.stop();
        expect(board.channels[2]).toBe(true);
        const relay = await open(3);
        expect(board.channels[2]).toBe(false);
        await relay.switch(true);
        await relay.close();
        expect(board.channels[2]).toBe(false);
      });

      test(readsBack ? "tells its state" : "cannot tell its state", async () => {
        const { line, open } = await rig();
        await line.plug();
        const relay = await open(5);
        expect(await relay.readBack()).toBe(readsBack ? false : "unknown");
        await relay.switch(true);
        expect(await relay.readBack()).toBe(readsBack ? true : "unknown");
      });

      test("that is mute times out, and takes the next order when it answers again", async () => {
        const { board, line, open } = await rig();
        await line.plug();
        const relay = await open(1);
        board.faults.mute = true;
        expect(await codeOf(relay.switch(true))).toBe("modbus.timeout");
        board.faults.mute = false;
        await relay.switch(false);
        expect(board.channels[0]).toBe(false);
        await relay.switch(true);
        expect(board.channels[0]).toBe(true);
      });

      test("that refuses says so", async () => {
        const { board, line, open } = await rig();
        await line.plug();
        const relay = await open(1);
        board.faults.exception = 4;
        expect(await codeOf(relay.switch(true))).toBe("modbus.exception");
        expect(board.channels[0]).toBe(false);
      });

      test("may be absent at the start, unplugged while it is on, and works again by itself", async () => {
        const { board, line, open } = await rig();
        await line.plug();
        await line.unplug();
        const relay = await open(1);
        expect(await codeOf(relay.switch(true))).toBe("modbus.port_lost");
        await line.plug();
        await until(() => relay.switch(true).then(() => true));
        expect(board.channels[0]).toBe(true);
        await line.unplug();
        await until(async () => (await codeOf(relay.switch(false))) === "modbus.port_lost");
        await line.plug();
        await until(() => relay.switch(false).then(() => true));
        expect(board.channels[0]).toBe(false);
      });
    });
  }

  describe.skipIf(skip)(`a Waveshare board, ${name}`, () => {
    test("switches off by its own timer when the box says nothing more", async () => {
      const board = createWaveshareRelayBoard();
      const line = await lineOf([board]);
      await line.plug();
      const relay = await openBuses(line).openRelay({ bus: "bus", profile: "waveshare-modbus", channel: 2 });
      await relay.switchOnFor?.(250);
      expect(board.channels[1]).toBe(true);
      await line.unplug();
      await until(() => board.channels[1] === false);
    });

    test("is switched off before its timer ends, and its timer does not switch a later sound off", async () => {
      const board = createWaveshareRelayBoard();
      const line = await lineOf([board]);
      await line.plug();
      const relay = await openBuses(line).openRelay({ bus: "bus", profile: "waveshare-modbus", channel: 2 });
      await relay.switchOnFor?.(60_000);
      await relay.switch(false);
      expect(board.channels[1]).toBe(false);
    });

    test("whose contacts are stuck contradicts the order, which is a fault", async () => {
      const board = createWaveshareRelayBoard();
      const line = await lineOf([board]);
      await line.plug();
      const wired = await openBuses(line).openRelay({ bus: "bus", profile: "waveshare-modbus", channel: 1 });
      const relay = createGuardedRelay({ clock: systemClock, log: silentLogger }, wired, 60_000);
      cleanups.push(() => relay.close());
      board.relayFaults.stuck = true;
      expect(await codeOf(relay.switch(true))).toBe("relay.contradicts");
      board.relayFaults.stuck = false;
      await relay.switch(true);
      board.relayFaults.stuck = true;
      expect(await codeOf(relay.switch(false))).toBe("relay.contradicts");
      board.relayFaults.stuck = false;
      await relay.switch(false);
      expect(board.channels[0]).toBe(false);
    });
  });
}

for (const { line, cable, skip } of serialCables(HOST, cleanups)) {
  describe.skipIf(skip)(`a relay board on ${line}`, () => {
    test("shares its line with a sensor", async () => {
      const probe = createSubmersibleLevelSensor({ unit: 1, levelMetres: 2 });
      const board = createLcRelayBoard();
      const wire = await cable(createRtuLine([probe, board]));
      await wire.plug();
      const buses = openBuses({ ...wire, framing: "rtu" });
      const relay = await buses.openRelay({ bus: "bus", profile: "lc-modbus", channel: 1 });
      const sensor = profiles.sensors.get("qdy30a");
      if (!sensor) throw new Error("there is no such sensor");
      const reader = buses.openSensor({ bus: "bus", address: 1, profile: sensor });
      await Promise.all([reader.read(), relay.switch(true), reader.read()]);
      expect(board.channels[0]).toBe(true);
      expect(await reader.read()).toBe(2);
    });

    test("is understood when the line echoes what was sent", async () => {
      const board = createWaveshareRelayBoard();
      const wire = await cable(onEchoingLine(createRtuLine([board])));
      await wire.plug();
      const buses = openBuses({ ...wire, framing: "rtu" });
      const relay = await buses.openRelay({ bus: "bus", profile: "waveshare-modbus", channel: 1 });
      await relay.switch(true);
      expect(await relay.readBack()).toBe(true);
      // The echo of an order looks like its answer: only the state that is read back tells that nobody is there.
      board.faults.mute = true;
      const guarded = createGuardedRelay({ clock: systemClock, log: silentLogger }, relay, 60_000);
      expect(await codeOf(guarded.switch(false))).toBe("modbus.timeout");
    });

    test("is not believed with a wrong checksum", async () => {
      const board = createLcRelayBoard();
      const wire = await cable(createRtuLine([board]));
      await wire.plug();
      const relay = await openBuses({ ...wire, framing: "rtu" }).openRelay({
        bus: "bus",
        profile: "lc-modbus",
        channel: 1,
      });
      board.faults.wrongCrc = true;
      expect(await codeOf(relay.switch(true))).toBe("modbus.timeout");
    });
  });
}

describe("Modbus relays", () => {
  test("refuse a bus, a profile or a channel that is not there", async () => {
    const buses = openBuses({ port: "/dev/null", framing: "rtu" });
    const relay = { bus: "bus", profile: "lc-modbus", channel: 1 };
    expect(await codeOf(buses.openRelay({ ...relay, bus: "no" }))).toBe("modbus.unknown_bus");
    expect(await codeOf(buses.openRelay({ ...relay, profile: "lcus" }))).toBe("profile.missing");
    expect(await codeOf(buses.openRelay({ ...relay, channel: 17 }))).toBe("relay.no_channel");
  });
});
