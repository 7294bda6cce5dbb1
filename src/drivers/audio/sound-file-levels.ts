import { type FileHandle, open } from "node:fs/promises";
import { GatewayError } from "../../core/errors.ts";
import type { SoundLevels } from "../../core/hearing.ts";
import { createLevelMeter } from "./level-meter.ts";

const READ_BYTES = 65_536;
/** Chunks before the sound: text, dates and the like. */
const MOST_CHUNKS = 32;

interface WavFormat {
  readonly rateHz: number;
  readonly channels: number;
  readonly start: number;
  readonly bytes: number;
}

/** Levels of WAV files with 16-bit samples, of several channels the first. */
export const soundFileLevels: SoundLevels = {
  meter: createLevelMeter,
  async levelsOf({ path }, mostSeconds) {
    try {
      const file = await open(path, "r");
      try {
        return await readLevels(file, await readFormat(file), mostSeconds);
      } finally {
        await file.close();
      }
    } catch (cause) {
      if (cause instanceof GatewayError) throw cause;
      throw unreadable(cause);
    }
  },
};

async function readLevels(file: FileHandle, format: WavFormat, mostSeconds: number): Promise<Float32Array> {
  const { rateHz, channels, start } = format;
  const frame = 2 * channels;
  const end = start + Math.min(format.bytes, Math.ceil(mostSeconds * rateHz) * frame);
  const meter = createLevelMeter(rateHz);
  const parts: Float32Array[] = [];
  const buffer = Buffer.alloc(READ_BYTES - (READ_BYTES % frame));
  for (let at = start; at < end; at += buffer.length) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, end - at), at);
    const samples = Int16Array.from({ length: Math.floor(bytesRead / frame) }, (_, index) =>
      buffer.readInt16LE(index * frame),
    );
    parts.push(meter.push(samples).levels);
    if (bytesRead < Math.min(buffer.length, end - at)) break;
  }
  const levels = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    levels.set(part, at);
    at += part.length;
  }
  return levels;
}

/** Multimedia Programming Interface and Data Specifications 1.0: RIFF, WAVE, `fmt ` and `data`. */
async function readFormat(file: FileHandle): Promise<WavFormat> {
  const header = Buffer.alloc(12);
  await file.read(header, 0, 12, 0);
  if (header.toString("latin1", 0, 4) !== "RIFF" || header.toString("latin1", 8, 12) !== "WAVE")
    throw unreadable();
  let format: Pick<WavFormat, "rateHz" | "channels"> | undefined;
  for (let at = 12, n = 0; n < MOST_CHUNKS; n++) {
    const chunk = Buffer.alloc(24);
    const { bytesRead } = await file.read(chunk, 0, 24, at);
    if (bytesRead < 8) break;
    const name = chunk.toString("latin1", 0, 4);
    const bytes = chunk.readUInt32LE(4);
    if (name === "fmt ") {
      const [kind, channels, rateHz, bits] = [
        chunk.readUInt16LE(8),
        chunk.readUInt16LE(10),
        chunk.readUInt32LE(12),
        chunk.readUInt16LE(22),
      ];
      if (kind !== 1 || bits !== 16 || channels < 1 || channels > 8) throw unreadable();
      if (rateHz < 8000 || rateHz > 96_000) throw unreadable();
      format = { rateHz, channels };
    } else if (name === "data") {
      if (!format) throw unreadable();
      return { ...format, start: at + 8, bytes };
    }
    at += 8 + bytes + (bytes % 2);
  }
  throw unreadable();
}

function unreadable(cause?: unknown): GatewayError {
  return new GatewayError("the levels of the sound cannot be read", {
    code: "hearing.unreadable",
    kind: "permanent",
    cause,
  });
}
