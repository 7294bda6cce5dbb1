// H.264 over RTP: RFC 6184 packetization mode 1 (single NAL units and FU-A), and the RTCP sender report of RFC 3550.

const RTP_HEADER_BYTES = 12;
const FU_A = 28;
/** Seconds from the NTP epoch (1900) to the Unix epoch. */
const NTP_UNIX_OFFSET_SECONDS = 2_208_988_800;

export const PAYLOAD_TYPE = 96;
export const CLOCK_RATE = 90_000;

export interface RtpStream {
  readonly ssrc: number;
  /** Largest RTP payload, at least 3 bytes; headers come on top. */
  readonly maxPayloadBytes: number;
  /** How a codec spreads a NAL unit over payloads; H.264's way unless told. */
  readonly split?: (nal: Uint8Array, maxPayloadBytes: number) => Uint8Array[][];
}

/**
 * The packets of one picture; the last one carries the marker bit.
 * @param firstSequence number of the first packet; it wraps at 65536.
 * @param timestamp 90 kHz, wraps at 2^32.
 */
export function packetize(
  nals: readonly Uint8Array[],
  stream: RtpStream,
  firstSequence: number,
  timestamp: number,
): Buffer[] {
  const { split = splitH264, maxPayloadBytes } = stream;
  const payloads = nals.filter((nal) => nal.length > 0).flatMap((nal) => split(nal, maxPayloadBytes));
  return payloads.map((parts, index) => {
    const header = Buffer.alloc(RTP_HEADER_BYTES);
    header[0] = 0x80;
    header[1] = PAYLOAD_TYPE | (index === payloads.length - 1 ? 0x80 : 0);
    header.writeUInt16BE((firstSequence + index) & 0xffff, 2);
    header.writeUInt32BE(timestamp >>> 0, 4);
    header.writeUInt32BE(stream.ssrc >>> 0, 8);
    return Buffer.concat([header, ...parts]);
  });
}

/** Payloads of one NAL unit, each as pieces to be joined. */
function splitH264(nal: Uint8Array, maxPayloadBytes: number): Uint8Array[][] {
  if (nal.length <= maxPayloadBytes) return [[nal]];
  const header = nal[0] ?? 0;
  const payloads: Uint8Array[][] = [];
  const step = maxPayloadBytes - 2;
  for (let from = 1; from < nal.length; from += step) {
    const start = from === 1 ? 0x80 : 0;
    const end = from + step >= nal.length ? 0x40 : 0;
    const prefix = Uint8Array.of((header & 0xe0) | FU_A, start | end | (header & 0x1f));
    payloads.push([prefix, nal.subarray(from, from + step)]);
  }
  return payloads;
}

/** A monotonic capture time on the stream's 90 kHz clock, without its offset. */
export function rtpTicks(capturedAtMs: number): number {
  return Math.round((capturedAtMs * CLOCK_RATE) / 1000) % 2 ** 32;
}

export interface SenderReport {
  readonly ssrc: number;
  /** Unix time in milliseconds and the RTP timestamp of the same instant. */
  readonly wallMs: number;
  readonly timestamp: number;
  readonly packets: number;
  readonly bytes: number;
}

/** A sender report without report blocks (RFC 3550 section 6.4.1). */
export function encodeSenderReport(report: SenderReport): Buffer {
  const packet = Buffer.alloc(28);
  packet[0] = 0x80;
  packet[1] = 200;
  packet.writeUInt16BE(packet.length / 4 - 1, 2);
  packet.writeUInt32BE(report.ssrc >>> 0, 4);
  packet.writeUInt32BE((Math.floor(report.wallMs / 1000) + NTP_UNIX_OFFSET_SECONDS) % 2 ** 32, 8);
  packet.writeUInt32BE(Math.floor(((report.wallMs % 1000) / 1000) * 2 ** 32), 12);
  packet.writeUInt32BE(report.timestamp >>> 0, 16);
  packet.writeUInt32BE(report.packets >>> 0, 20);
  packet.writeUInt32BE(report.bytes >>> 0, 24);
  return packet;
}

/** Wraps a packet for the RTSP connection (RFC 2326 section 10.12). */
export function interleave(channel: number, packet: Buffer): Buffer {
  const header = Buffer.alloc(4);
  header[0] = 0x24;
  header[1] = channel;
  header.writeUInt16BE(packet.length, 2);
  return Buffer.concat([header, packet]);
}
