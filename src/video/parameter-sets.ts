import type { Fragment, InitSegment } from "./fragmented-mp4.ts";

// Sequence parameter sets tell a picture's size. ITU-T H.264 table 7-1 and H.265 table 7-1 number the NAL units.

type Codec = "avc" | "hevc";

/** The video codec of a stream; undefined for one that the gateway neither analyses nor shows. */
export function codecOf({ mediaType }: InitSegment): Codec | undefined {
  if (/\bavc[13]\./.test(mediaType)) return "avc";
  return /\b(hvc1|hev1)\./.test(mediaType) ? "hevc" : undefined;
}

const PICTURE_OF: Record<Codec, (header: number) => boolean> = {
  avc: (header) => (header & 0x1f) >= 1 && (header & 0x1f) <= 5,
  hevc: (header) => ((header >> 1) & 0x3f) < 32,
};
const SEQUENCE_OF: Record<Codec, (header: number) => boolean> = {
  avc: (header) => (header & 0x1f) === 7,
  hevc: (header) => ((header >> 1) & 0x3f) === 33,
};

/** The sequence parameter sets that stand before a fragment's picture; empty when there is none. */
export function sequenceParametersOf(codec: Codec, { bytes }: Fragment): Buffer {
  const moofBytes = bytes.readUInt32BE(0);
  const found: Buffer[] = [];
  // ffmpeg puts four bytes of length before each NAL unit (ISO/IEC 14496-15).
  for (let at = moofBytes + 8; at + 4 < bytes.length; ) {
    const header = bytes[at + 4] ?? 0;
    if (PICTURE_OF[codec](header)) break;
    const end = at + 4 + bytes.readUInt32BE(at);
    if (SEQUENCE_OF[codec](header)) found.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return Buffer.concat(found);
}
