import { type FileHandle, open } from "node:fs/promises";
import { errorCode } from "../../core/errors.ts";

/** Of the canonical header that espeak-ng writes, and ffmpeg when it is asked for nothing else. */
export const WAV_HEADER_BYTES = 44;
/** Below this, of 32,768, nothing can be heard from a horn. */
const AUDIBLE = 200;
/** Kept around what can be heard, so that no first or last sound is bitten off. */
const LEAD_MS = 10;
const TAIL_MS = 60;

/** Mono, 16 bit. */
export interface Wave {
  readonly sampleRate: number;
  readonly samples: Int16Array;
}

/**
 * Length from a canonical 44-byte header: bytes a second at offset 28, bytes of sound at 40.
 * Undefined when there is no such file, it is something else, or it was cut short.
 */
export async function wavDurationMs(path: string): Promise<number | undefined> {
  let file: FileHandle;
  try {
    file = await open(path);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
  try {
    const header = Buffer.alloc(WAV_HEADER_BYTES);
    await file.read(header, 0, WAV_HEADER_BYTES, 0);
    const bytesPerSecond = header.readUInt32LE(28);
    const soundBytes = header.readUInt32LE(40);
    const { size } = await file.stat();
    const isWhole = isCanonical(header) && size >= WAV_HEADER_BYTES + soundBytes;
    if (!isWhole || bytesPerSecond === 0 || soundBytes === 0) return undefined;
    return Math.round((soundBytes / bytesPerSecond) * 1000);
  } finally {
    await file.close();
  }
}

/** How large any WAV file says it is; 0 for another file and for one whose writer did not know. */
export async function promisedWavBytes(path: string): Promise<number> {
  const file = await open(path);
  try {
    const head = Buffer.alloc(12);
    await file.read(head, 0, head.length, 0);
    const isWav = head.toString("latin1", 0, 4) === "RIFF" && head.toString("latin1", 8, 12) === "WAVE";
    const bytes = head.readUInt32LE(4) + 8;
    // Written to a pipe, the size stays 0 or the largest there is.
    return isWav && bytes < 0xff_ff_00_00 ? bytes : 0;
  } finally {
    await file.close();
  }
}

/** Undefined for anything but a whole, canonical, mono 16-bit WAV file. */
export function parseWave(bytes: Buffer): Wave | undefined {
  if (bytes.length < WAV_HEADER_BYTES || !isCanonical(bytes)) return undefined;
  const isPlain = bytes.readUInt16LE(22) === 1 && bytes.readUInt16LE(34) === 16;
  const soundBytes = bytes.readUInt32LE(40);
  if (!isPlain || bytes.length < WAV_HEADER_BYTES + soundBytes) return undefined;
  const samples = Int16Array.from({ length: soundBytes >> 1 }, (_, index) =>
    bytes.readInt16LE(WAV_HEADER_BYTES + 2 * index),
  );
  return { sampleRate: bytes.readUInt32LE(24), samples };
}

export function formatWave({ sampleRate, samples }: Wave): Buffer {
  const bytes = Buffer.alloc(WAV_HEADER_BYTES + samples.length * 2);
  bytes.write("RIFF", 0, "latin1");
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write("WAVEfmt ", 8, "latin1");
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(sampleRate, 24);
  bytes.writeUInt32LE(sampleRate * 2, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write("data", 36, "latin1");
  bytes.writeUInt32LE(samples.length * 2, 40);
  samples.forEach((sample, index) => {
    bytes.writeInt16LE(sample, WAV_HEADER_BYTES + 2 * index);
  });
  return bytes;
}

/**
 * Without the silence before and after: the first sample is heard at once, and the amplifier is not kept on for nothing.
 * Undefined when there is nothing to be heard.
 */
export function trimSilence({ sampleRate, samples }: Wave): Wave | undefined {
  const isAudible = (sample: number): boolean => Math.abs(sample) >= AUDIBLE;
  const first = samples.findIndex(isAudible);
  if (first < 0) return undefined;
  const last = samples.findLastIndex(isAudible);
  const at = (ms: number): number => Math.round((ms * sampleRate) / 1000);
  return {
    sampleRate,
    samples: samples.subarray(Math.max(0, first - at(LEAD_MS)), last + 1 + at(TAIL_MS)),
  };
}

/** PCM whose sound begins right after the 44 bytes. */
function isCanonical(header: Buffer): boolean {
  return (
    header.toString("latin1", 0, 4) === "RIFF" &&
    header.toString("latin1", 8, 16) === "WAVEfmt " &&
    header.readUInt16LE(20) === 1 &&
    header.toString("latin1", 36, 40) === "data"
  );
}
