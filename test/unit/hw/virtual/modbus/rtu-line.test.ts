import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crc16 } from "../../../../../hw/virtual/modbus/crc.ts";
import { createModbusSlave, type ModbusSlaveConfig } from "../../../../../hw/virtual/modbus/modbus-slave.ts";
import { createRtuLine } from "../../../../../hw/virtual/modbus/rtu-line.ts";

function frame(...bytes: number[]): Buffer {
  const crc = crc16(Buffer.from(bytes));
  return Buffer.from([...bytes, crc & 0xff, crc >> 8]);
}

function lineWith(...configs: ModbusSlaveConfig[]) {
  const slaves = configs.map(createModbusSlave);
  const line = createRtuLine(slaves);
  const heard: string[] = [];
  const send = (bytes: Buffer | string): void =>
    line.receive(
      typeof bytes === "string" ? Buffer.from(bytes.replaceAll(" ", ""), "hex") : bytes,
      (answer) => heard.push(answer.toString("hex")),
    );
  return { slaves, line, heard, send };
}

describe("a Modbus RTU line", () => {
  test("switches a relay board at address 255 by its published frames and echoes them", () => {
    const { slaves, heard, send } = lineWith({ unit: 255, coils: 8, discreteInputs: 8 });
    const coils = slaves[0]?.coils;
    send("FF 05 00 00 FF 00 99 E4");
    expect(coils?.get(0)).toBe(true);
    send("FF 05 00 00 00 00 D8 14");
    expect(coils?.get(0)).toBe(false);
    send("FF 0F 00 00 00 08 01 FF 30 1D");
    expect([...(coils?.values() ?? [])]).toEqual(Array(8).fill(true));
    slaves[0]?.discreteInputs.set(2, true);
    send("FF 02 00 00 00 08 6C 12");
    expect(heard).toEqual([
      "ff050000ff0099e4",
      "ff0500000000d814",
      frame(0xff, 0x0f, 0, 0, 0, 8).toString("hex"),
      frame(0xff, 0x02, 1, 0b100).toString("hex"),
    ]);
  });

  test("answers the published reads", () => {
    const input = Object.fromEntries([1300, 250, 3, 0, 0, 0, 0, 0].map((value, i) => [0x3100 + i, value]));
    const { heard, send } = lineWith({
      unit: 1,
      coils: 1,
      holdingRegisters: { 2: 7, 3: 1234 },
      inputRegisters: input,
    });
    send("01 05 00 00 FF 00 8C 3A");
    send("01 03 00 03 00 01 74 0A");
    send("01 03 00 02 00 01 25 CA");
    send("01 04 31 00 00 08 FF 30");
    expect(heard).toEqual([
      "01050000ff008c3a",
      frame(1, 3, 2, 1234 >> 8, 1234 & 0xff).toString("hex"),
      frame(1, 3, 2, 0, 7).toString("hex"),
      frame(1, 4, 16, 5, 20, 0, 250, 0, 3, ...Array(10).fill(0)).toString("hex"),
    ]);
  });

  test.each([
    ["a function it has not", [7], 1],
    ["coils where it has none", [1, 0, 0, 0, 1], 1],
    ["an address it has not", [3, 0, 9, 0, 1], 2],
    ["a read that runs over the last address", [3, 0, 2, 0, 3], 2],
    ["a write where it has nothing", [6, 0, 9, 0, 1], 2],
    ["a quantity of 0", [3, 0, 2, 0, 0], 3],
    ["a quantity above 125", [3, 0, 2, 0, 126], 3],
    ["a byte count that does not fit", [16, 0, 2, 0, 2, 2, 0, 1], 3],
  ])("refuses %s", (_what, pdu, exception) => {
    const { heard, send } = lineWith({ unit: 1, holdingRegisters: { 2: 0, 3: 0 } });
    send(frame(1, ...pdu));
    expect(heard).toEqual([frame(1, (pdu[0] ?? 0) | 0x80, exception).toString("hex")]);
  });

  test("refuses a coil order that is neither on nor off, as the 1-based boards send it", () => {
    const { slaves, heard, send } = lineWith({ unit: 1, coils: 4 });
    send("01 05 00 01 01 00 9D 9A");
    expect(heard).toEqual([frame(1, 0x85, 3).toString("hex")]);
    expect(slaves[0]?.coils.get(1)).toBe(false);
  });

  test("writes all of a range or nothing", () => {
    const { slaves, send } = lineWith({ unit: 1, holdingRegisters: { 2: 5, 3: 6 } });
    const writes: unknown[] = [];
    slaves[0]?.onWrite((write) => writes.push(write));
    send(frame(1, 16, 0, 3, 0, 2, 4, 0, 1, 0, 2));
    expect(slaves[0]?.holdingRegisters.get(3)).toBe(6);
    send(frame(1, 16, 0, 2, 0, 2, 4, 0, 1, 0, 2));
    expect(writes).toEqual([{ table: "holdingRegisters", address: 2, values: [1, 2] }]);
  });

  test("lets each device answer its own address, and all obey a broadcast in silence", () => {
    const { slaves, heard, send } = lineWith(
      { unit: 1, holdingRegisters: { 0: 11 } },
      { unit: 2, holdingRegisters: { 0: 22 } },
    );
    send(frame(2, 3, 0, 0, 0, 1));
    send(frame(3, 3, 0, 0, 0, 1));
    expect(heard).toEqual([frame(2, 3, 2, 0, 22).toString("hex")]);
    send(frame(0, 6, 0, 0, 0, 9));
    expect(slaves.map((slave) => slave.holdingRegisters.get(0))).toEqual([9, 9]);
    expect(heard).toHaveLength(1);
  });

  test("has devices that fall mute, answer an exception or spoil their checksum", () => {
    const { slaves, line, heard, send } = lineWith({ unit: 1, holdingRegisters: { 0: 5 } });
    const faults = slaves[0]?.faults ?? { mute: false, exception: undefined, wrongCrc: false };
    const read = frame(1, 3, 0, 0, 0, 1);
    const good = frame(1, 3, 2, 0, 5);
    faults.mute = true;
    send(read);
    expect(heard).toEqual([]);
    Object.assign(faults, { mute: false, exception: 4 });
    send(read);
    expect(heard.pop()).toBe(frame(1, 0x83, 4).toString("hex"));
    Object.assign(faults, { exception: undefined, wrongCrc: true });
    send(read);
    const spoilt = Buffer.from(heard.pop() ?? "", "hex");
    expect(spoilt.subarray(0, 5)).toEqual(good.subarray(0, 5));
    expect(spoilt).not.toEqual(good);
    faults.wrongCrc = false;
    line.faults.garble = true;
    send(read);
    expect(heard.pop()).toBe(`fe${good.toString("hex").slice(2)}`);
    line.faults.garble = false;
    send(read);
    expect(heard).toEqual([good.toString("hex")]);
  });

  /** Bytes that cannot be mistaken for one of the addresses 0 and 17. */
  const garbage = fc
    .uint8Array({ maxLength: 40 })
    .map((bytes) => Buffer.from(bytes.map((byte) => (byte === 0 || byte === 17 ? 1 : byte))));
  /** At most four: `00 05` and `00 06` in the middle of a request could be taken for the head of a broadcast. */
  const writes = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 1, maxLength: 4 });

  test("obeys every order whatever stands between them and wherever the bytes are cut", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(garbage, writes), { maxLength: 5 }),
        fc.integer({ min: 1, max: 23 }),
        (orders, pieceLength) => {
          const { slaves, heard, send } = lineWith({
            unit: 17,
            holdingRegisters: { 0: 0, 1: 0, 2: 0, 3: 0 },
          });
          const obeyed: unknown[] = [];
          slaves[0]?.onWrite((write) => obeyed.push(write.values));
          const stream = Buffer.concat(
            orders.flatMap(([noise, values]) => [
              noise,
              frame(
                17,
                16,
                0,
                0,
                0,
                values.length,
                2 * values.length,
                ...values.flatMap((v) => [v >> 8, v & 0xff]),
              ),
            ]),
          );
          for (let at = 0; at < stream.length; at += pieceLength) {
            send(stream.subarray(at, at + pieceLength));
          }
          expect(obeyed).toEqual(orders.map(([, values]) => values));
          expect(heard).toHaveLength(orders.length);
        },
      ),
    );
  });

  test("hears a request behind one that was broken off", () => {
    const { heard, send } = lineWith({ unit: 1, holdingRegisters: { 0: 5 } });
    const long = frame(1, 16, 0, 0, 0, 100, 200, ...Array(200).fill(7));
    send(long.subarray(0, 20));
    send(frame(1, 3, 0, 0, 0, 1));
    expect(heard).toEqual([frame(1, 3, 2, 0, 5).toString("hex")]);
  });

  test("ignores a request with any one wrong byte", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 7 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const { heard, send } = lineWith({ unit: 1, holdingRegisters: { 0: 5 } });
        const request = frame(1, 6, 0, 0, 0x12, 0x34);
        request[at] = (request[at] ?? 0) ^ flip;
        send(request);
        expect(heard).toEqual([]);
      }),
    );
  });
});
