import { open } from "node:fs/promises";
import { GatewayError } from "../core/errors.ts";
import { type FragmentTimes, type Tracks, timesOf, tracksOf } from "./clip-boxes.ts";
import { createDiskLanes } from "./disk-lane.ts";
import { createSplitter, type InitSegment } from "./fragmented-mp4.ts";

const HEADER_BYTES = 8;
/** Holds the header of every usual fragment. */
const LOOK_BYTES = 4096;
const MAX_MOOF_BYTES = 1024 * 1024;
/** As the splitter's: no frame is as large. */
const MAX_MDAT_BYTES = 16 * 1024 * 1024;

/** So many threads of Node's pool can a disk that hangs hold by its readers: the ledger needs some. */
const MAX_READERS = 4;
const readers = createDiskLanes(MAX_READERS);

interface Film {
  stat(): Promise<{ readonly size: number }>;
  close(): Promise<void>;
  read(into: Buffer, offset: number, length: number, position: number): Promise<{ bytesRead: number }>;
}

async function openForReader(path: string): Promise<Film> {
  const file = await readers(() => open(path, "r"));
  return {
    read: (...place) => readers(() => file.read(...place)),
    stat: () => readers(() => file.stat()),
    close: () => file.close(),
  };
}

/** A fragment in a file, not yet read. */
export interface FiledFragment extends FragmentTimes {
  readonly offset: number;
  readonly sizeBytes: number;
  readonly moofBytes: number;
}

/** Fragmented MP4 on disk, of whatever length: what stands there whole can be read. */
export interface FilmFile {
  readonly init: InitSegment;
  readonly tracks: Tracks;
  /** In their order from a place on; reads their headers only. Ends where the file does, or is no longer readable. */
  fragments(fromOffset?: number): AsyncGenerator<FiledFragment>;
  /** @throws GatewayError `video.bad_media` where the file has become shorter. */
  read(fragment: FiledFragment): Promise<Buffer>;
  close(): Promise<void>;
}

/** @throws GatewayError `video.bad_media` for a file that is no fragmented MP4; system errors as they come. */
export async function openFilm(path: string): Promise<FilmFile> {
  const file = await openForReader(path);
  try {
    const { init, endsAt } = await readInit(file);
    const tracks = tracksOf(init.bytes);
    return {
      init,
      tracks,
      fragments: (fromOffset = endsAt) => fragmentsOf(file, tracks, fromOffset),
      async read({ offset, sizeBytes }) {
        const bytes = Buffer.allocUnsafe(sizeBytes);
        const { bytesRead } = await file.read(bytes, 0, sizeBytes, offset);
        if (bytesRead < sizeBytes) throw badMedia("a recording has become shorter");
        return bytes;
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function readInit(file: Film): Promise<{ init: InitSegment; endsAt: number }> {
  let init: InitSegment | undefined;
  const feed = createSplitter({
    onInit: (found) => {
      init ??= found;
    },
    onFragment() {},
  });
  for (let at = 0; at < MAX_MOOF_BYTES; ) {
    const box = await boxAt(file, at);
    // A box that names no length would be read again and again.
    if (!box || box.sizeBytes < HEADER_BYTES || box.sizeBytes > MAX_MOOF_BYTES) break;
    feed(await readAt(file, at, box.sizeBytes));
    at += box.sizeBytes;
    if (init) return { init, endsAt: at };
  }
  throw badMedia("the file has no beginning");
}

async function* fragmentsOf(file: Film, tracks: Tracks, from: number): AsyncGenerator<FiledFragment> {
  const look = Buffer.allocUnsafe(LOOK_BYTES);
  const { size } = await file.stat();
  let fileBytes = size;
  for (let at = from; ; ) {
    const { bytesRead } = await file.read(look, 0, LOOK_BYTES, at);
    if (bytesRead < HEADER_BYTES) return;
    const sizeBytes = look.readUInt32BE(0);
    const type = look.toString("latin1", 4, 8);
    if (sizeBytes < HEADER_BYTES || sizeBytes > MAX_MDAT_BYTES) return;
    if (type !== "moof") {
      at += sizeBytes;
      continue;
    }
    if (sizeBytes > MAX_MOOF_BYTES) return;
    const fits = sizeBytes + HEADER_BYTES <= bytesRead;
    const moof = fits ? look.subarray(0, sizeBytes) : await readAt(file, at, sizeBytes);
    const mdat = fits
      ? {
          type: look.toString("latin1", sizeBytes + 4, sizeBytes + 8),
          sizeBytes: look.readUInt32BE(sizeBytes),
        }
      : await boxAt(file, at + sizeBytes);
    if (mdat?.type !== "mdat" || mdat.sizeBytes < HEADER_BYTES || mdat.sizeBytes > MAX_MDAT_BYTES) return;
    const endsAt = at + sizeBytes + mdat.sizeBytes;
    if (endsAt > fileBytes) fileBytes = (await file.stat()).size;
    if (endsAt > fileBytes) return;
    const times = timesOf(moof, tracks);
    if (times) yield { ...times, offset: at, sizeBytes: endsAt - at, moofBytes: sizeBytes };
    at = endsAt;
  }
}

async function boxAt(file: Film, at: number): Promise<{ type: string; sizeBytes: number } | undefined> {
  const header = Buffer.allocUnsafe(HEADER_BYTES);
  const { bytesRead } = await file.read(header, 0, HEADER_BYTES, at);
  if (bytesRead < HEADER_BYTES) return undefined;
  return { type: header.toString("latin1", 4, 8), sizeBytes: header.readUInt32BE(0) };
}

async function readAt(file: Film, at: number, sizeBytes: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(sizeBytes);
  const { bytesRead } = await file.read(bytes, 0, sizeBytes, at);
  return bytes.subarray(0, bytesRead);
}

function badMedia(message: string): GatewayError {
  return new GatewayError(message, { code: "video.bad_media", kind: "permanent" });
}
