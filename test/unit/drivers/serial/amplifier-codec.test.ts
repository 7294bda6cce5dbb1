import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadProfiles } from "../../../../src/config/profiles.ts";
import type { AmplifierOrder, BytesAmplifierProfile } from "../../../../src/core/profiles.ts";
import { answersTo, encodeAmplifier, readAmplifier } from "../../../../src/drivers/serial/amplifier-codec.ts";

const loaded = await loadProfiles();
if (!loaded.ok) throw new Error("the profiles do not load");
const zones = loaded.profiles.amplifiers.get("monoprice-6zone");
if (!zones) throw new Error("there is no amplifier profile");

/** Made up, with all that a frame can have. */
const FRAMED: BytesAmplifierProfile = {
  id: "framed",
  name: "Framed",
  sources: [],
  codec: "amplifier-bytes",
  baudRate: 9600,
  addresses: { min: 1, max: 32 },
  volumeSteps: 50,
  inputs: 4,
  frame: { start: "A5 5A", hasLength: true, checksum: "xor8", checksumFrom: "start", end: "16" },
  orders: {
    on: "{address} 01 01",
    off: "{address} 01 00",
    mute: "{address} 02 01",
    unmute: "{address} 02 00",
    volume: "{address} 03 {volume}",
    input: "{address} 04 {input}",
    status: "{address} 10",
  },
  statusAnswer: "{address} 10 {power} {mute} ?? {volume} {input}",
  answerMs: 100,
  examples: [],
};

const text = (line: string): Buffer => Buffer.from(line, "latin1");
const STATUS: AmplifierOrder = { status: true };
const ANSWER = "?11\r\n#>1100010000191007070300\r\r\n#";

describe("an amplifier that is told in text", () => {
  test.each<[AmplifierOrder, string]>([
    [{ power: true }, "<11PR01\r"],
    [{ mute: false }, "<11MU00\r"],
    [{ volumePercent: 100 }, "<11VO38\r"],
    [{ volumePercent: 0 }, "<11VO00\r"],
    [{ volumePercent: 250 }, "<11VO38\r"],
    [{ input: 6 }, "<11CH06\r"],
  ])("hears %o as %j", (order, line) => {
    expect(encodeAmplifier(zones, order, 11)?.toString("latin1")).toBe(line);
  });

  test("tells its status, which is read wherever it is cut and never before it is whole", () => {
    const bytes = text(ANSWER);
    const whole = ANSWER.indexOf(">") + 23;
    for (let cut = 0; cut <= bytes.length; cut++) {
      const answer = readAmplifier(zones, STATUS, 11, bytes.subarray(0, cut));
      expect(answer).toEqual(
        cut < whole ? undefined : { status: { power: true, mute: false, volume: 19, input: 3 } },
      );
    }
  });

  test.each([
    ["the echo of the question", "?11\r"],
    ["the status of another zone", "?11\r\n#>1200010000191007070300\r\r\n#"],
    ["noise", "\x00\xff>11\x80\x80"],
    ["silence", ""],
  ])("is not understood by %s", (_, heard) => {
    expect(readAmplifier(zones, STATUS, 11, text(heard))).toBeUndefined();
  });

  test("has done a thing when it says so, not when its line echoes it", () => {
    const order = { power: true };
    expect(readAmplifier(zones, order, 11, text("<11PR01\r"))).toBeUndefined();
    expect(readAmplifier(zones, order, 11, text("<11PR01\r\n#"))).toBe("done");
    expect(readAmplifier(zones, order, 11, text("<11PR01\r\nCommand Error.\r\n#"))).toBe("refused");
  });

  test("survives any noise", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (noise) => {
        readAmplifier(zones, STATUS, 11, Buffer.from(noise));
        const answer = readAmplifier(zones, STATUS, 11, Buffer.concat([noise, text(ANSWER)]));
        expect(answer === "refused" || answer !== undefined).toBe(true);
      }),
    );
  });
});

describe("an amplifier that is told in bytes", () => {
  test.each<[AmplifierOrder, string]>([
    [{ power: true }, "A55A0307010 1".replace(" ", "")],
    [{ volumePercent: 50 }, "A55A03070319"],
    [{ status: true }, "A55A020710"],
  ])("hears %o in a frame", (order, withoutSum) => {
    const body = Buffer.from(withoutSum, "hex");
    const xor = body.reduce((sum, byte) => sum ^ byte, 0);
    expect(encodeAmplifier(FRAMED, order, 7)).toEqual(Buffer.concat([body, Buffer.of(xor, 0x16)]));
  });

  const answerOf = (power: number, mute: number, volume: number, input: number): Buffer => {
    const head = Buffer.from([0xa5, 0x5a, 7, 7, 0x10, power, mute, 0x99, volume, input]);
    return Buffer.concat([
      head,
      Buffer.of(
        head.reduce((sum, byte) => sum ^ byte, 0),
        0x16,
      ),
    ]);
  };

  test("tells its status after any noise and its own echo, and never before it is whole", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 30 }).map((noise) => noise.filter((byte) => byte !== 0xa5)),
        fc.integer({ min: 0, max: 1 }),
        fc.integer({ min: 0, max: 50 }),
        (noise, power, volume) => {
          const echo = encodeAmplifier(FRAMED, STATUS, 7) ?? Buffer.alloc(0);
          const bytes = Buffer.concat([noise, echo, answerOf(power, 0, volume, 2)]);
          const status = { power: power === 1, mute: false, volume, input: 2 };
          for (let cut = 0; cut < bytes.length; cut++) {
            expect(readAmplifier(FRAMED, STATUS, 7, bytes.subarray(0, cut))).toBeUndefined();
          }
          expect(readAmplifier(FRAMED, STATUS, 7, bytes)).toEqual({ status });
        },
      ),
    );
  });

  test("is not believed with a wrong checksum, end, or another's address", () => {
    const sound = answerOf(1, 0, 9, 1);
    for (const at of [2, 3, 5, sound.length - 2, sound.length - 1]) {
      const broken = Buffer.from(sound);
      broken[at] = (broken[at] ?? 0) ^ 1;
      expect(readAmplifier(FRAMED, STATUS, 7, broken)).toBeUndefined();
    }
    expect(readAmplifier(FRAMED, STATUS, 8, sound)).toBeUndefined();
  });

  test("says nothing to anything but the question", () => {
    expect(answersTo(FRAMED, { power: true })).toBe(false);
    expect(answersTo(FRAMED, STATUS)).toBe(true);
    expect(answersTo(zones, { power: true })).toBe(true);
  });

  test.each([
    ["none", "body", "A55A 01 07"],
    ["sum8", "length", "A55A 01 07 08"],
    ["crc16-modbus", "body", "A55A 01 07 BEC2"],
  ] as const)("has its frame closed by %s over the %s", (checksum, checksumFrom, expected) => {
    const { end: _, ...frame } = FRAMED.frame;
    const profile = {
      ...FRAMED,
      frame: { ...frame, checksum, checksumFrom },
      orders: { on: "07", off: "08" },
    };
    const sent = encodeAmplifier(profile, { power: true }, undefined);
    expect(sent?.toString("hex").toUpperCase().slice(0, 8)).toBe("A55A0107");
    if (checksum !== "crc16-modbus")
      expect(sent?.toString("hex").toUpperCase()).toBe(expected.replaceAll(" ", ""));
    else expect(sent).toHaveLength(6);
  });
});
