/** Sound of one RTP packet as 16-bit samples. */
export interface AudioPacket {
  /** 0 to 65535, wraps. */
  readonly sequence: number;
  /** Its sender (SSRC). */
  readonly source: number;
  readonly sampleRate: number;
  readonly samples: Int16Array;
}

/** Static payload types of RFC 3551, table 4: 8 is PCMA at 8 kHz, 11 is L16 mono at 44.1 kHz. */
const PCMA = 8;
const L16_MONO = 11;
const HEADER_BYTES = 12;

/** Reads an RTP packet (RFC 3550, 5.1); undefined for anything that an IP horn would not play. */
export function readAudioPacket(bytes: Buffer): AudioPacket | undefined {
  if (bytes.length < HEADER_BYTES || bytes.readUInt8(0) >> 6 !== 2) return undefined;
  const first = bytes.readUInt8(0);
  const payloadType = bytes.readUInt8(1) & 0x7f;
  const sequence = bytes.readUInt16BE(2);
  const source = bytes.readUInt32BE(8);
  let start = HEADER_BYTES + 4 * (first & 0x0f);
  if (first & 0x10) {
    if (bytes.length < start + 4) return undefined;
    start += 4 + 4 * bytes.readUInt16BE(start + 2);
  }
  const padding = first & 0x20 ? bytes.readUInt8(bytes.length - 1) : 0;
  const end = bytes.length - padding;
  if (end < start) return undefined;
  const payload = bytes.subarray(start, end);
  if (payloadType === PCMA)
    return { sequence, source, sampleRate: 8000, samples: Int16Array.from(payload, expandALaw) };
  if (payloadType === L16_MONO && payload.length % 2 === 0) {
    const samples = Int16Array.from({ length: payload.length / 2 }, (_, index) =>
      payload.readInt16BE(2 * index),
    );
    return { sequence, source, sampleRate: 44_100, samples };
  }
  return undefined;
}

/** One A-law byte as a 16-bit sample (ITU-T G.711): even bits are inverted on the wire. */
export function expandALaw(byte: number): number {
  const code = byte ^ 0x55;
  const exponent = (code >> 4) & 0x07;
  const mantissa = ((code & 0x0f) << 4) + 8;
  const magnitude = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1);
  return code & 0x80 ? magnitude : -magnitude;
}

/** A 16-bit sample as one A-law byte (ITU-T G.711). */
export function compressALaw(sample: number): number {
  const magnitude = Math.min(32_767, Math.abs(Math.round(sample)));
  const exponent = magnitude < 0x100 ? 0 : 31 - Math.clz32(magnitude) - 7;
  const mantissa = exponent === 0 ? magnitude >> 4 : (magnitude >> (exponent + 3)) & 0x0f;
  return ((sample < 0 ? 0 : 0x80) | (exponent << 4) | mantissa) ^ 0x55;
}

/** A mono 16-bit WAV file. */
export function wavFile(samples: Int16Array, sampleRate: number): Buffer {
  const header = Buffer.alloc(44);
  const dataBytes = samples.length * 2;
  header.write("RIFF", 0, "latin1");
  header.writeUInt32LE(36 + dataBytes, 4);
  header.write("WAVEfmt ", 8, "latin1");
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(sampleRate, 24);
  header.writeUInt32LE(sampleRate * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36, "latin1");
  header.writeUInt32LE(dataBytes, 40);
  const data = Buffer.alloc(dataBytes);
  samples.forEach((sample, index) => {
    data.writeInt16LE(sample, 2 * index);
  });
  return Buffer.concat([header, data]);
}
