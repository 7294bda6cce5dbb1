import fc from "fast-check";
import { expect, test } from "vitest";
import { splitH265 } from "../../../../../hw/virtual/rtsp/rtp-h265.ts";
import { describeStream } from "../../../../../hw/virtual/rtsp/sdp.ts";

/** A NAL unit: two bytes of header with a type below 48, then anything. */
const nalUnit = fc
  .tuple(fc.integer({ min: 0, max: 47 }), fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 400 }))
  .map(([type, layer, body]) => Uint8Array.of(type << 1, layer, ...body));

/** The receiving side of RFC 7798, written from the RFC: single NAL units and fragmentation units. */
function join(payloads: readonly Uint8Array[][]): number[] {
  const nal: number[] = [];
  for (const payload of payloads.map((parts) => Buffer.concat(parts))) {
    const [first = 0, layer = 0, header = 0, ...rest] = payload;
    if (((first >> 1) & 0x3f) !== 49) return [...payload];
    if (header & 0x80) nal.push((first & 0x81) | ((header & 0x3f) << 1), layer);
    nal.push(...rest);
  }
  return nal;
}

test("H.265 in RTP gives back every NAL unit, however small the packets, and keeps to the size", () => {
  fc.assert(
    fc.property(nalUnit, fc.integer({ min: 4, max: 300 }), (nal, maxPayloadBytes) => {
      const payloads = splitH265(nal, maxPayloadBytes);
      expect(join(payloads)).toEqual([...nal]);
      for (const parts of payloads) expect(Buffer.concat(parts).length).toBeLessThanOrEqual(maxPayloadBytes);
    }),
  );
});

test("H.265 is described with its three parameter sets", () => {
  const [vps, sps, pps] = [Uint8Array.of(0x40, 1), Uint8Array.of(0x42, 1), Uint8Array.of(0x44, 1)];
  const sdp = describeStream("/pond", "127.0.0.1", { vps, sps, pps });
  expect(sdp).toContain("a=rtpmap:96 H265/90000");
  expect(sdp).toContain("a=fmtp:96 sprop-vps=QAE=;sprop-sps=QgE=;sprop-pps=RAE=");
});
