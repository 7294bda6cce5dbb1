import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import {
  createRadarLevelSensor,
  createSubmersibleLevelSensor,
} from "../../hw/virtual/modbus/level-sensor.ts";
import { createModbusSlave, type ModbusSlave } from "../../hw/virtual/modbus/modbus-slave.ts";
import { createRainGauge } from "../../hw/virtual/modbus/rain-gauge.ts";
import { createRtuLine } from "../../hw/virtual/modbus/rtu-line.ts";
import { serveModbusTcp } from "../../hw/virtual/modbus/serve-modbus-tcp.ts";
import { servePty } from "../../hw/virtual/serial/serve-pty.ts";
import { serveTcp } from "../../hw/virtual/serial/serve-tcp.ts";
import { loadProfiles } from "../../src/config/profiles.ts";
import { silentLogger } from "../../src/core/log.ts";
import type { Bus } from "../../src/core/site.ts";
import { systemClock } from "../../src/core/time.ts";
import { createModbusBuses } from "../../src/drivers/modbus/modbus-buses.ts";
import { createSensorTrial } from "../../src/sense/sensor-trial.ts";
import { until } from "../support/until.ts";

const loaded = await loadProfiles();
if (!loaded.ok) throw new Error("the profiles do not load");
const { profiles } = loaded;
const { sensors } = profiles;

/** Of our own, so that no other test takes a port between unplugging and replugging. */
const HOST = "127.0.0.78";
/** Short, so that silent units cost little; long enough for two busy cores. */
const TIMEOUT_MS = 800;

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

/** Slaves on a line that can be pulled and plugged in again under the same name. */
interface Line {
  readonly port: string;
  readonly framing: Bus["framing"];
  /** Makes the wire garble the first byte of each answer; Modbus TCP has no such wire. */
  garble?(on: boolean): void;
  plug(): Promise<void>;
  unplug(): Promise<void>;
}

async function ptyLine(slaves: readonly ModbusSlave[]): Promise<Line> {
  const folder = await mkdtemp(join(tmpdir(), "cunshao-modbus-"));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  const port = join(folder, "port");
  const device = createRtuLine(slaves);
  const garble = (on: boolean): void => {
    device.faults.garble = on;
  };
  return pluggable(port, "rtu", () => servePty(device, { link: port }), garble);
}

async function serialServerLine(slaves: readonly ModbusSlave[]): Promise<Line> {
  const device = createRtuLine(slaves);
  const garble = (on: boolean): void => {
    device.faults.garble = on;
  };
  const { port, stop } = await serveTcp(device, { host: HOST, port: 0 });
  await stop();
  return pluggable(`tcp://${HOST}:${port}`, "rtu", () => serveTcp(device, { host: HOST, port }), garble);
}

async function modbusTcpLine(slaves: readonly ModbusSlave[]): Promise<Line> {
  const [slave] = slaves;
  if (!slave) throw new Error("Modbus TCP needs a slave");
  const { port, stop } = await serveModbusTcp(slave, { host: HOST, port: 0 });
  await stop();
  return pluggable(`tcp://${HOST}:${port}`, "tcp", () => serveModbusTcp(slave, { host: HOST, port }));
}

function pluggable(
  port: string,
  framing: Bus["framing"],
  serve: () => Promise<{ stop(): Promise<void> }>,
  garble?: (on: boolean) => void,
): Line {
  let served: { stop(): Promise<void> } | undefined;
  cleanups.push(async () => served?.stop());
  return {
    port,
    framing,
    ...(garble ? { garble } : {}),
    async plug() {
      served = await serve();
    },
    unplug: async () => served?.stop(),
  };
}

async function openBuses({ port, framing }: Pick<Line, "port" | "framing">) {
  const bus: Bus = { id: "bus", port, framing, baudRate: 9600, parity: "none", stopBits: 1 };
  const buses = createModbusBuses({
    buses: [bus],
    profiles,
    clock: systemClock,
    random: () => 0,
    log: silentLogger,
    timeoutMs: TIMEOUT_MS,
  });
  await buses.start();
  cleanups.push(() => buses.stop());
  return buses;
}

function profile(id: string) {
  const found = sensors.get(id);
  if (!found) throw new Error(`there is no profile ${id}`);
  return found;
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "none",
    (error) => error.code,
  );
}

const hasSocat = spawnSync("socat", ["-V"]).status === 0;

const lines = [
  { name: "RTU on a pseudo terminal (needs socat)", lineOf: ptyLine, skip: !hasSocat },
  { name: "RTU through a raw TCP serial server", lineOf: serialServerLine, skip: false },
  { name: "Modbus TCP", lineOf: modbusTcpLine, skip: false },
];

for (const { name, lineOf, skip } of lines) {
  describe.skipIf(skip)(`a sensor on ${name}`, () => {
    test("gives the level of a submersible probe in metres", async () => {
      const probe = createSubmersibleLevelSensor({ levelMetres: 2.345 });
      const line = await lineOf([probe]);
      await line.plug();
      const buses = await openBuses(line);
      const reader = buses.openSensor({ bus: "bus", address: 1, profile: profile("qdy30a") });
      expect(reader.unit).toBe("m");
      expect(await reader.read()).toBe(2.345);
      probe.setLevelMetres(-0.02);
      expect(await reader.read()).toBe(-0.02);
    });

    test("asks a radar for one quantity at a time, and gives nothing until its height is set", async () => {
      const radar = createRadarLevelSensor({ mountedAtMetres: 4, installHeightCm: 0, levelMetres: 1.5 });
      const line = await lineOf([radar]);
      await line.plug();
      const buses = await openBuses(line);
      const reader = buses.openSensor({ bus: "bus", address: 1, profile: profile("dfrobot-sen0676") });
      expect(await reader.read()).toBeNull();
      await buses.bus("bus").writeRegister(1, 5, 400);
      expect(await reader.read()).toBe(1.5);
    });

    test("gives the total of a rain gauge, which begins again with the power and goes over its end", async () => {
      const gauge = createRainGauge({ unit: 2, totalTenths: 65_534 });
      const line = await lineOf([gauge]);
      await line.plug();
      const buses = await openBuses(line);
      const reader = buses.openSensor({ bus: "bus", address: 2, profile: profile("qingyi-cg04") });
      expect(reader).toMatchObject({ unit: "mm", accumulates: { since: "power-up", wrapsAt: 6553.6 } });
      const totals = [await reader.read()];
      gauge.tip(3);
      totals.push(await reader.read());
      gauge.tip(100);
      totals.push(await reader.read());
      gauge.losePower();
      gauge.tip();
      totals.push(await reader.read());
      expect(totals).toEqual([6553.4, 0.4, 20.4, 0.2]);
    });

    test("reopens its port by itself after a cable was pulled and plugged in again", async () => {
      const probe = createSubmersibleLevelSensor({ levelMetres: 1 });
      const line = await lineOf([probe]);
      await line.plug();
      const buses = await openBuses(line);
      const reader = buses.openSensor({ bus: "bus", address: 1, profile: profile("qdy30a") });
      expect(await reader.read()).toBe(1);
      await line.unplug();
      await until(async () => (await codeOf(reader.read())) === "modbus.port_lost");
      await line.plug();
      await until(async () => (await reader.read()) === 1);
    });

    test("may be absent at the start", async () => {
      const line = await lineOf([createSubmersibleLevelSensor({ levelMetres: 1 })]);
      const buses = await openBuses(line);
      const reader = buses.openSensor({ bus: "bus", address: 1, profile: profile("qdy30a") });
      expect(await codeOf(reader.read())).toBe("modbus.port_lost");
      await line.plug();
      await until(async () => (await reader.read()) === 1);
    });

    test("that is mute times out, is left alone for a while, and is read again later", async () => {
      const probe = createSubmersibleLevelSensor({ levelMetres: 1 });
      const line = await lineOf([probe]);
      await line.plug();
      const buses = await openBuses(line);
      const reader = buses.openSensor({ bus: "bus", address: 1, profile: profile("qdy30a") });
      probe.faults.mute = true;
      expect(await codeOf(reader.read())).toBe("modbus.timeout");
      probe.faults.mute = false;
      expect(await codeOf(reader.read())).toBe("modbus.timeout");
      await until(async () => (await reader.read()) === 1);
    });

    test("that was mute a moment ago is asked all the same for a person who reads it on trial", async () => {
      const probe = createSubmersibleLevelSensor({ levelMetres: 1.25 });
      const line = await lineOf([probe]);
      await line.plug();
      const buses = await openBuses(line);
      const trial = createSensorTrial(
        { openSensor: (sensor) => buses.openSensor({ ...sensor, insists: true }), clock: systemClock },
        { speakers: [], switches: [], profiles: sensors },
      );
      const typed = { profile: "qdy30a", bus: "bus", address: 1 };
      probe.faults.mute = true;
      expect(await codeOf(trial.read(typed))).toBe("modbus.timeout");
      probe.faults.mute = false;
      expect(await trial.read(typed)).toEqual({ value: 1.25, unit: "m" });
      expect(await codeOf(trial.read({ ...typed, bus: "other" }))).toBe("modbus.unknown_bus");
    });

    test("that refuses reports the exception and keeps the port open for the next", async () => {
      const probe = createSubmersibleLevelSensor({ levelMetres: 1 });
      const line = await lineOf([probe]);
      await line.plug();
      const buses = await openBuses(line);
      const reader = buses.openSensor({ bus: "bus", address: 1, profile: profile("qdy30a") });
      probe.faults.exception = 4;
      expect(await codeOf(reader.read())).toBe("modbus.exception");
      probe.faults.exception = undefined;
      expect(await reader.read()).toBe(1);
    });
  });
}

for (const { name, lineOf, skip } of lines.slice(0, 2)) {
  describe.skipIf(skip)(`a line of several units, ${name}`, () => {
    test("survives an answer whose first byte is garbled: it is asked for again", async () => {
      const probe = createSubmersibleLevelSensor({ levelMetres: 1 });
      let asked = 0;
      const line = await lineOf([
        {
          ...probe,
          answer(pdu) {
            asked++;
            line.garble?.(asked === 1);
            return probe.answer(pdu);
          },
        },
      ]);
      await line.plug();
      const buses = await openBuses(line);
      const reader = buses.openSensor({ bus: "bus", address: 1, profile: profile("qdy30a") });
      expect(await reader.read()).toBe(1);
      expect(asked).toBe(2);
    });

    test("never takes an answer with a wrong checksum", async () => {
      const probe = createSubmersibleLevelSensor({ levelMetres: 1 });
      probe.faults.wrongCrc = true;
      const line = await lineOf([probe]);
      await line.plug();
      const buses = await openBuses(line);
      const reader = buses.openSensor({ bus: "bus", address: 1, profile: profile("qdy30a") });
      expect(await codeOf(reader.read())).toBe("modbus.timeout");
    });

    test("reads its living units while a dead one is polled as often", async () => {
      const first = createSubmersibleLevelSensor({ unit: 1, levelMetres: 1 });
      const third = createSubmersibleLevelSensor({ unit: 3, levelMetres: 3 });
      const line = await lineOf([first, third]);
      await line.plug();
      const buses = await openBuses(line);
      const [one, two, three] = [1, 2, 3].map((address) =>
        buses.openSensor({ bus: "bus", address, profile: profile("qdy30a") }),
      );
      expect(await codeOf(two?.read() ?? Promise.resolve())).toBe("modbus.timeout");
      const polls = Array.from({ length: 10 }, () =>
        Promise.all([one?.read(), codeOf(two?.read() ?? Promise.resolve()), three?.read()]),
      );
      expect(new Set((await Promise.all(polls)).map(String))).toEqual(new Set(["1,modbus.timeout,3"]));
    });

    test("writes before the reads that wait", async () => {
      const order: number[] = [];
      const board = createModbusSlave({ unit: 1, coils: 8, holdingRegisters: { 0: 7 } });
      const line = await lineOf([
        {
          ...board,
          answer(pdu) {
            order.push(pdu.readUInt8(0));
            return board.answer(pdu);
          },
        },
      ]);
      await line.plug();
      const bus = (await openBuses(line)).bus("bus");
      const read = () => bus.readRegisters({ unit: 1, functionCode: 3, register: 0, count: 1 });
      await Promise.all([read(), read(), read(), bus.writeCoil(1, 2, true)]);
      expect(board.coils.get(2)).toBe(true);
      expect(order).toEqual([5, 3, 3, 3]);
    });
  });
}

describe("a bus that is not in the configuration", () => {
  test("is refused", async () => {
    const buses = await openBuses({ port: "/dev/null", framing: "rtu" });
    expect(() => buses.bus("other")).toThrow(expect.objectContaining({ code: "modbus.unknown_bus" }));
  });
});
