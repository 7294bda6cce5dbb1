import { connect } from "node:net";
import modbusSerial from "modbus-serial";
import { afterEach, describe, expect, test } from "vitest";
import {
  createRadarLevelSensor,
  createSubmersibleLevelSensor,
  createUltrasonicLevelSensor,
} from "../../../../../hw/virtual/modbus/level-sensor.ts";
import { createRtuLine } from "../../../../../hw/virtual/modbus/rtu-line.ts";
import { serveModbusTcp } from "../../../../../hw/virtual/modbus/serve-modbus-tcp.ts";
import { serveTcp } from "../../../../../hw/virtual/serial/serve-tcp.ts";
import { until } from "../../../../support/until.ts";

const LOOPBACK = { host: "127.0.0.1", port: 0 };
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

describe("a submersible probe", () => {
  test.each([
    [3.257, 3257],
    [0, 0],
    [-0.012, 0x10000 - 12],
    [99, 0x7fff],
  ])("shows %s m as %i in tenths of a centimetre", (metres, raw) => {
    const probe = createSubmersibleLevelSensor();
    probe.setLevelMetres(metres);
    expect(probe.holdingRegisters.get(2)).toBe(1);
    expect(probe.holdingRegisters.get(3)).toBe(1);
    expect(probe.holdingRegisters.get(4)).toBe(raw);
  });

  test("can be one that counts in whole millimetres", () => {
    const probe = createSubmersibleLevelSensor({ unitCode: 2, unitMetres: 0.001, decimals: 0 });
    probe.setLevelMetres(1.5);
    expect([2, 3, 4].map((address) => probe.holdingRegisters.get(address))).toEqual([2, 0, 1500]);
  });
});

describe("a radar", () => {
  test("takes the level from its empty height and what it was told of its mounting", () => {
    const radar = createRadarLevelSensor({ mountedAtMetres: 4, installHeightCm: 0 });
    radar.setLevelMetres(1.2);
    expect(radar.holdingRegisters.get(1)).toBe(2800);
    expect(radar.holdingRegisters.get(3)).toBe(0);
    radar.answer(Buffer.from([6, 0, 5, 400 >> 8, 400 & 0xff]));
    expect(radar.holdingRegisters.get(3)).toBe(1200);
  });
});

describe("an ultrasonic sensor", () => {
  test("shows its sentinels instead of a distance until the disturbance is over", () => {
    const sensor = createUltrasonicLevelSensor({ mountedAtMetres: 3, levelMetres: 1 });
    expect(sensor.holdingRegisters.get(0x0101)).toBe(2000);
    sensor.disturb("noTarget");
    expect(sensor.holdingRegisters.get(0x0101)).toBe(0xfffd);
    sensor.disturb("interference");
    sensor.setLevelMetres(1.5);
    expect(sensor.holdingRegisters.get(0x0101)).toBe(0xfffe);
    sensor.disturb(undefined);
    expect(sensor.holdingRegisters.get(0x0101)).toBe(1500);
  });
});

describe("a master of another make", () => {
  function master() {
    const client = new modbusSerial.default();
    client.setID(1);
    client.setTimeout(10_000);
    cleanups.push(() => new Promise<void>((resolve) => client.close(() => resolve())));
    return client;
  }

  test("reads and writes over Modbus TCP", async () => {
    const radar = createRadarLevelSensor({ mountedAtMetres: 4, installHeightCm: 0, levelMetres: 1 });
    const served = await serveModbusTcp(radar, LOOPBACK);
    cleanups.push(served.stop);
    const client = master();
    await client.connectTCP("127.0.0.1", { port: served.port });
    await client.writeRegister(5, 400);
    expect((await client.readHoldingRegisters(3, 1)).data).toEqual([1000]);
    await expect(client.readHoldingRegisters(9, 1)).rejects.toMatchObject({ modbusCode: 2 });
  });

  test("reads RTU through a serial server", async () => {
    const line = createRtuLine([createSubmersibleLevelSensor({ levelMetres: 2.5 })]);
    const served = await serveTcp(line, LOOPBACK);
    cleanups.push(served.stop);
    const client = master();
    await client.connectTelnet("127.0.0.1", { port: served.port });
    expect((await client.readHoldingRegisters(2, 3)).data).toEqual([1, 1, 2500]);
  });
});

describe("a Modbus TCP server", () => {
  async function raw(config: { mute?: boolean } = {}) {
    const probe = createSubmersibleLevelSensor({ levelMetres: 2.5 });
    probe.faults.mute = config.mute ?? false;
    const served = await serveModbusTcp(probe, LOOPBACK);
    cleanups.push(served.stop);
    const socket = connect(served.port, "127.0.0.1");
    cleanups.push(() => socket.destroy());
    const state = { heard: "", closed: false };
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      state.heard += bytes.toString("hex");
    });
    socket.on("close", () => {
      state.closed = true;
    });
    return { socket, state };
  }
  const request = "000700000006010300040001";
  const answer = "00070000000501030209c4";

  test("answers a request cut at every byte and two in one piece", async () => {
    const { socket, state } = await raw();
    const bytes = Buffer.from(request, "hex");
    for (let cut = 1; cut < bytes.length; cut += 1) {
      state.heard = "";
      socket.write(bytes.subarray(0, cut));
      await new Promise((resolve) => setImmediate(resolve));
      socket.write(bytes.subarray(cut));
      await until(() => state.heard === answer);
    }
    state.heard = "";
    socket.write(Buffer.concat([bytes, bytes]));
    await until(() => state.heard === answer + answer);
  });

  test("answers for the units that mean none, and not for others", async () => {
    const { socket, state } = await raw();
    for (const unit of ["09", "ff", "00"]) {
      socket.write(Buffer.from(`000700000006${unit}0300040001`, "hex"));
    }
    await until(() => state.heard.length === 2 * answer.length);
    expect(state.heard).toBe("000700000005ff030209c4" + "00070000000500030209c4");
  });

  test("cuts off whoever does not speak Modbus", async () => {
    const { socket, state } = await raw();
    socket.write("GET / HTTP/1.1\r\n\r\n");
    await until(() => state.closed);
    expect(state.heard).toBe("");
  });
});
