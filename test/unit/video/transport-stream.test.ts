import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createPacketCutter } from "../../../src/video/transport-stream.ts";
import type { LiveUnit } from "../../../src/video/viewer-pacing.ts";

function packet(mark: number, keyFrame = false): Buffer {
  // The mark must not look like the start of a packet.
  const bytes = Buffer.alloc(188, mark & 0x3f);
  bytes.set([0x47, 0x41, 0x00, keyFrame ? 0x30 : 0x10, 0x07, keyFrame ? 0x50 : 0x00]);
  return bytes;
}

function cut(chunks: readonly Buffer[]): LiveUnit[] {
  const units: LiveUnit[] = [];
  const feed = createPacketCutter((unit) => units.push(unit));
  for (const chunk of chunks) feed(chunk);
  return units;
}

const whole = (units: readonly LiveUnit[]): Buffer => Buffer.concat(units.map(({ bytes }) => bytes));

describe("the packet cutter", () => {
  test("lets a unit that decoding can begin with start at its own packet", () => {
    const units = cut([Buffer.concat([packet(1), packet(2, true), packet(3), packet(4, true)])]);
    expect(units.map(({ bytes, keyFrame }) => [bytes.length / 188, keyFrame])).toEqual([
      [1, false],
      [2, true],
      [1, true],
    ]);
  });

  test("gives whole packets, and all of them, however they are chunked", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 12 }), fc.array(fc.nat(400)), (keys, sizes) => {
        const stream = Buffer.concat(keys.map((key, index) => packet(index, key)));
        const chunks: Buffer[] = [];
        let at = 0;
        for (const size of sizes) {
          chunks.push(stream.subarray(at, at + size));
          at = Math.min(stream.length, at + size);
        }
        const units = cut([...chunks, stream.subarray(at)]);
        for (const { bytes } of units) expect(bytes.length % 188).toBe(0);
        expect(whole(units)).toEqual(stream);
        expect(units.filter(({ keyFrame }) => keyFrame)).toHaveLength(keys.filter(Boolean).length);
      }),
    );
  });

  test("finds the next packet after noise", () => {
    const units = cut([Buffer.concat([packet(1), Buffer.alloc(77, 9), packet(2, true)])]);
    expect(whole(units)).toEqual(Buffer.concat([packet(1), packet(2, true)]));
  });

  test("takes any bytes without failing", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 600 })), (chunks) => {
        for (const { bytes } of cut(chunks.map((chunk) => Buffer.from(chunk)))) expect(bytes[0]).toBe(0x47);
      }),
    );
  });
});
