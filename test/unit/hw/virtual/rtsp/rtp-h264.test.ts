import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  encodeSenderReport,
  interleave,
  packetize,
  rtpTicks,
} from "../../../../../hw/virtual/rtsp/rtp-h264.ts";

/** A NAL unit of a picture: header with a type of 1 to 23, then anything. */
const nalUnit = fc
  .tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 23 }), fc.uint8Array({ maxLength: 400 }))
  .map(([importance, type, body]) => Uint8Array.of((importance << 5) | type, ...body));

/** The receiving side of RFC 6184, written from the RFC: single NAL units and FU-A. */
function depacketize(packets: readonly Buffer[]): number[][] {
  const nals: number[][] = [];
  for (const packet of packets) {
    const [indicator = 0, header = 0, ...rest] = packet.subarray(12);
    if ((indicator & 0x1f) !== 28) {
      nals.push([...packet.subarray(12)]);
      continue;
    }
    if (header & 0x80) nals.push([(indicator & 0xe0) | (header & 0x1f)]);
    nals.at(-1)?.push(...rest);
  }
  return nals;
}

describe("H.264 in RTP", () => {
  test("gives back every NAL unit, however small the packets", () => {
    fc.assert(
      fc.property(
        fc.array(nalUnit, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 3, max: 300 }),
        (nals, maxPayloadBytes) => {
          const packets = packetize(nals, { ssrc: 7, maxPayloadBytes }, 0, 0);
          expect(depacketize(packets)).toEqual(nals.map((nal) => [...nal]));
        },
      ),
    );
  });

  test("numbers its packets without a gap, marks only the last, and keeps to the size", () => {
    fc.assert(
      fc.property(
        fc.array(nalUnit, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 3, max: 300 }),
        fc.integer({ min: 0, max: 0xffff }),
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        (nals, maxPayloadBytes, firstSequence, timestamp) => {
          const packets = packetize(nals, { ssrc: 0xfedcba98, maxPayloadBytes }, firstSequence, timestamp);
          packets.forEach((packet, index) => {
            expect(packet.readUInt8(0)).toBe(0x80);
            expect(packet.readUInt8(1)).toBe(index === packets.length - 1 ? 0xe0 : 0x60);
            expect(packet.readUInt16BE(2)).toBe((firstSequence + index) % 65_536);
            expect(packet.readUInt32BE(4)).toBe(timestamp);
            expect(packet.readUInt32BE(8)).toBe(0xfedcba98);
            expect(packet.length).toBeLessThanOrEqual(12 + maxPayloadBytes);
          });
        },
      ),
    );
  });

  test("marks the first and the last fragment of a long NAL unit, and no other", () => {
    const packets = packetize([new Uint8Array(100).fill(0x65)], { ssrc: 1, maxPayloadBytes: 40 }, 0, 0);
    expect(packets.map((packet) => packet.readUInt8(13) >> 5)).toEqual([4, 0, 2]);
  });

  test("counts 90 ticks a millisecond and wraps at 32 bits", () => {
    expect(rtpTicks(1000)).toBe(90_000);
    expect(rtpTicks(0.5)).toBe(45);
    expect(rtpTicks(2 ** 32 / 90 + 1)).toBe(90);
  });

  test("reports the wall time of a timestamp as NTP", () => {
    const report = encodeSenderReport({ ssrc: 5, wallMs: 1_500, timestamp: 9, packets: 3, bytes: 77 });
    expect(report.readUInt8(1)).toBe(200);
    expect(report.readUInt16BE(2)).toBe(6);
    expect(report.readUInt32BE(8)).toBe(2_208_988_801);
    expect(report.readUInt32BE(12)).toBe(2 ** 31);
    expect([report.readUInt32BE(16), report.readUInt32BE(20), report.readUInt32BE(24)]).toEqual([9, 3, 77]);
  });

  test("wraps a packet for the connection with its channel and length", () => {
    expect([...interleave(2, Buffer.from([9, 8, 7]))]).toEqual([0x24, 2, 0, 3, 9, 8, 7]);
  });
});
