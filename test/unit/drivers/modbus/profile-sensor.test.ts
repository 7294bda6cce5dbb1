import { describe, expect, test } from "vitest";
import { loadProfiles } from "../../../../src/config/profiles.ts";
import type { SensorProfile } from "../../../../src/core/profiles.ts";
import { decodeReading, openSensor } from "../../../../src/drivers/modbus/profile-sensor.ts";
import { findAnswer } from "../../../../src/drivers/modbus/rtu-port.ts";
import { crc16 } from "../../../../src/drivers/serial/crc16.ts";

const PLAIN: SensorProfile = {
  id: "plain",
  name: "Plain",
  sources: [],
  baudRate: 9600,
  functionCode: 3,
  register: 10,
  type: "uint16",
  wordOrder: "high-first",
  decimals: 0,
  scale: 1,
  offset: 0,
  unit: "m",
  invalid: [],
  min: -1e12,
  max: 1e12,
  contiguousReads: true,
  examples: [],
};

function decode(profile: Partial<SensorProfile>, ...words: number[]): number | null {
  return decodeReading(
    { ...PLAIN, ...profile },
    new Map(words.map((word, index) => [PLAIN.register + index, word])),
  );
}

describe("a reading by profile", () => {
  test.each<[string, Partial<SensorProfile>, number[], number | null]>([
    ["uint16", {}, [0xfffe], 65_534],
    ["int16", { type: "int16" }, [0xfffe], -2],
    ["uint32, high word first", { type: "uint32" }, [0x0004, 0x93e0], 300_000],
    ["uint32, low word first", { type: "uint32", wordOrder: "low-first" }, [0x93e0, 0x0004], 300_000],
    ["int32", { type: "int32" }, [0xffff, 0xfffe], -2],
    ["float32", { type: "float32" }, [0x3fc0, 0x0000], 1.5],
    ["decimals", { decimals: 2 }, [123], 1.23],
    ["decimals from a register", { decimalsRegister: 11 }, [1234, 3], 1.234],
    ["more decimals than any device has", { decimalsRegister: 11 }, [1234, 4096], null],
    ["scale and offset", { scale: 0.001, offset: 2 }, [500], 2.5],
    ["unit code", { unitRegister: { register: 11, factors: { "1": 0.01 } } }, [247, 1], 2.47],
    ["unknown unit code", { unitRegister: { register: 11, factors: { "1": 0.01 } } }, [247, 7], null],
    ["good status", { statusRegister: { register: 11, min: 0, max: 0 } }, [247, 0], 247],
    ["bad status", { statusRegister: { register: 11, min: 0, max: 0 } }, [247, 1], null],
    ["sentinel", { invalid: [0xfffd, 0xfffe] }, [0xfffd], null],
    ["negative sentinel of a signed value", { type: "int16", invalid: [0x8000] }, [0x8000], null],
    ["below what can be", { type: "int16", min: 0 }, [0xffff], null],
    ["above what can be", { max: 40 }, [41], null],
    ["not a number", { type: "float32" }, [0x7fc0, 0x0000], null],
    ["no dust of binary fractions", { scale: 0.001 }, [1234], 1.234],
  ])("%s", (_name, profile, words, value) => {
    expect(decode(profile, ...words)).toBe(value);
  });
});

describe("the examples of the shipped sensor profiles", async () => {
  const loaded = await loadProfiles();
  if (!loaded.ok) throw new Error("the profiles do not load");
  const cases = [...loaded.profiles.sensors.values()].flatMap((profile) =>
    profile.examples.map((example, index) => ({ id: profile.id, index, profile, example })),
  );

  test.each(cases)("$id, example $index", async ({ profile, example }) => {
    const asked: string[] = [];
    const reader = openSensor({
      address: 1,
      profile,
      bus: {
        async readRegisters({ unit, functionCode, register, count }) {
          const request = withCrc(Buffer.from([unit, functionCode, register >> 8, register & 255, 0, count]));
          asked.push(hex(request));
          const exchange = example.exchanges.find((candidate) => candidate.request === hex(request));
          const reply = findAnswer(request, bytesOf(exchange?.reply ?? ""));
          if (!reply) throw new Error(`no sound reply to ${hex(request)}`);
          return Array.from({ length: count }, (_, index) => reply.readUInt16BE(3 + 2 * index));
        },
      },
    });
    expect(await reader.read()).toBe(example.value);
    expect(asked).toEqual(example.exchanges.map(({ request }) => request));
  });
});

describe("finding an answer", () => {
  const request = bytesOf("01 03 00 03 00 01 74 0A");
  const reply = bytesOf("01 03 02 04 D2 3A D9");

  test("waits for all of it", () => {
    for (let length = 0; length < reply.length; length++) {
      expect(findAnswer(request, reply.subarray(0, length))).toBeUndefined();
    }
    expect(findAnswer(request, reply)).toEqual(reply);
  });

  test.each([
    ["noise", "00 FF 01 03"],
    ["the echo of the request", "01 03 00 03 00 01 74 0A"],
    ["another unit's answer", "02 03 02 04 D2 7E D9"],
  ])("skips %s", (_name, before) => {
    expect(findAnswer(request, Buffer.concat([bytesOf(before), reply]))).toEqual(reply);
  });

  test("takes an exception", () => {
    const exception = withCrc(Buffer.of(1, 0x83, 2));
    expect(findAnswer(request, exception)).toEqual(exception);
  });

  test("never takes a wrong checksum", () => {
    expect(findAnswer(request, bytesOf("01 03 02 04 D3 3A D9"))).toBeUndefined();
  });
});

function withCrc(bytes: Buffer): Buffer {
  const crc = Buffer.alloc(2);
  crc.writeUInt16LE(crc16(bytes));
  return Buffer.concat([bytes, crc]);
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0").toUpperCase()).join(" ");
}

function bytesOf(text: string): Buffer {
  return Buffer.from(text.replaceAll(" ", ""), "hex");
}
