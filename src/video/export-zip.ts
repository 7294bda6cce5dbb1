// A ZIP file without compression (APPNOTE.TXT 6.3.10), made while it is read: video does not get smaller, and a copy
// of it would cost the card. Everything opens ZIP, also a police station's old PC.

/** A file that goes in; its bytes are read when their turn comes. */
export interface ZipEntry {
  readonly name: string;
  readonly sizeBytes: number;
  /** CRC-32 as ZIP and PNG use it. */
  readonly crc32: number;
  read(start: number, end: number): AsyncIterable<Uint8Array>;
}

export interface ZipLayout {
  readonly sizeBytes: number;
  /** Bytes from `start` to `end`, both included. */
  read(start: number, end: number): AsyncIterable<Uint8Array>;
}

/** The format without its extension for large files; FAT sticks take no more either. */
export const MAX_ZIP_BYTES = 4_000_000_000;

const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;
const END_BYTES = 22;
/** 2.0; flag bit 11: names in UTF-8. */
const VERSION = 20;
const UTF8 = 0x08_00;

/** @param modified of all entries, by the site's own time. */
export function zipLayout(entries: readonly ZipEntry[], modified: Date): ZipLayout {
  const stamp = dosTime(modified);
  const parts: { sizeBytes: number; read(start: number, end: number): AsyncIterable<Uint8Array> }[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const name = Buffer.from(entry.name);
    const common = commonFields(entry, name.length, stamp);
    const local = Buffer.concat([Buffer.alloc(LOCAL_BYTES), name]);
    local.writeUInt32LE(0x04_03_4b_50, 0);
    common.copy(local, 4);
    const central = Buffer.concat([Buffer.alloc(CENTRAL_BYTES), name]);
    central.writeUInt32LE(0x02_01_4b_50, 0);
    central.writeUInt16LE(VERSION, 4);
    common.copy(central, 6);
    central.writeUInt32LE(offset, 42);
    directory.push(central);
    parts.push(inMemory(local), entry);
    offset += local.length + entry.sizeBytes;
  }
  const tail = Buffer.concat([...directory, Buffer.alloc(END_BYTES)]);
  const end = tail.length - END_BYTES;
  tail.writeUInt32LE(0x06_05_4b_50, end);
  tail.writeUInt16LE(entries.length, end + 8);
  tail.writeUInt16LE(entries.length, end + 10);
  tail.writeUInt32LE(end, end + 12);
  tail.writeUInt32LE(offset, end + 16);
  parts.push(inMemory(tail));
  return { sizeBytes: offset + tail.length, read: (start, last) => readParts(parts, start, last) };
}

/** From the version on, the same in the local and the central header. */
function commonFields({ sizeBytes, crc32 }: ZipEntry, nameBytes: number, stamp: number): Buffer {
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(VERSION, 0);
  fields.writeUInt16LE(UTF8, 2);
  fields.writeUInt32LE(stamp, 6);
  fields.writeUInt32LE(crc32, 10);
  fields.writeUInt32LE(sizeBytes, 14);
  fields.writeUInt32LE(sizeBytes, 18);
  fields.writeUInt16LE(nameBytes, 22);
  return fields;
}

export function inMemory(bytes: Uint8Array): Pick<ZipEntry, "sizeBytes" | "read"> {
  return {
    sizeBytes: bytes.length,
    async *read(start, end) {
      yield bytes.subarray(start, end + 1);
    },
  };
}

async function* readParts(
  parts: readonly Pick<ZipEntry, "sizeBytes" | "read">[],
  start: number,
  end: number,
): AsyncGenerator<Uint8Array> {
  let offset = 0;
  for (const part of parts) {
    const from = Math.max(0, start - offset);
    const to = Math.min(part.sizeBytes - 1, end - offset);
    if (from <= to) yield* part.read(from, to);
    offset += part.sizeBytes;
  }
}

/** Low 16 bits the time, high 16 bits the date; it begins in 1980. */
function dosTime(at: Date): number {
  const year = Math.min(127, Math.max(0, at.getUTCFullYear() - 1980));
  const date = (year << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate();
  const time = (at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1);
  return ((date << 16) | time) >>> 0;
}
