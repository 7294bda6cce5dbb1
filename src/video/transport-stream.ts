import type { LiveUnit } from "./viewer-pacing.ts";

/** ISO/IEC 13818-1: packets of 188 bytes that begin with 0x47. */
const PACKET_BYTES = 188;
const SYNC = 0x47;
const ADAPTATION_FIELD = 0x20;
const RANDOM_ACCESS = 0x40;

/**
 * Cuts an MPEG transport stream, however it is chunked, into whole packets; a unit that decoding can begin with starts
 * at its own packet. What is no transport stream is left out.
 */
export function createPacketCutter(onUnit: (unit: LiveUnit) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    let start = 0;
    let at = 0;
    for (; at + PACKET_BYTES <= bytes.length; at += PACKET_BYTES) {
      if (bytes[at] !== SYNC) {
        const next = bytes.indexOf(SYNC, at + 1);
        emit(bytes, start, at);
        at = (next < 0 ? bytes.length : next) - PACKET_BYTES;
        start = at + PACKET_BYTES;
      } else if (beginsPicture(bytes, at)) {
        emit(bytes, start, at);
        start = at;
      }
    }
    emit(bytes, start, at);
    rest = bytes.subarray(Math.min(at, bytes.length));
  };

  function emit(bytes: Buffer, start: number, end: number): void {
    if (end > start) onUnit({ bytes: bytes.subarray(start, end), keyFrame: beginsPicture(bytes, start) });
  }
}

/** `random_access_indicator` of the adaptation field (2.4.3.5): ffmpeg sets it on key frames. */
function beginsPicture(bytes: Buffer, at: number): boolean {
  const hasField = ((bytes[at + 3] ?? 0) & ADAPTATION_FIELD) !== 0 && (bytes[at + 4] ?? 0) > 0;
  return hasField && ((bytes[at + 5] ?? 0) & RANDOM_ACCESS) !== 0;
}
