import { GatewayError } from "../core/errors.ts";

// What clips need of ISO base media boxes (ISO/IEC 14496-12): the times of fragments, read and rewritten in place.

const HEADER_BYTES = 8;
/** `trun` and `tfhd` sample flags: sample_is_non_sync_sample (8.8.3.1). */
const NON_SYNC = 0x1_00_00;

export interface Track {
  readonly id: number;
  readonly isVideo: boolean;
  /** Units in a second. */
  readonly timescale: number;
  /** From `trex`. */
  readonly defaultDuration: number;
  readonly defaultFlags: number;
}

export type Tracks = ReadonlyMap<number, Track>;

/** When a fragment is decoded, in seconds of its session, by its video track. */
export interface FragmentTimes {
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly keyFrame: boolean;
}

interface Box {
  readonly type: string;
  readonly content: Buffer;
}

function* boxesIn(bytes: Buffer): Generator<Box> {
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    if (length < HEADER_BYTES || at + length > bytes.length) return;
    yield {
      type: bytes.toString("latin1", at + 4, at + HEADER_BYTES),
      content: bytes.subarray(at + HEADER_BYTES, at + length),
    };
    at += length;
  }
}

function find(bytes: Buffer | undefined, ...path: readonly string[]): Buffer | undefined {
  let within = bytes;
  for (const wanted of path) {
    if (!within) return undefined;
    let found: Buffer | undefined;
    for (const { type, content } of boxesIn(within)) {
      if (type !== wanted) continue;
      found = content;
      break;
    }
    within = found;
  }
  return within;
}

/** Of an init segment (`ftyp` and `moov`). @throws GatewayError `video.bad_media`. */
export function tracksOf(init: Buffer): Tracks {
  const moov = find(init, "moov");
  const tracks = new Map<number, Track>();
  if (!moov) throw badMedia("there is no moov");
  const defaults = new Map<number, Buffer>();
  for (const { type, content } of boxesIn(find(moov, "mvex") ?? Buffer.alloc(0))) {
    if (type === "trex" && content.length >= 24) defaults.set(content.readUInt32BE(4), content);
  }
  for (const { type, content } of boxesIn(moov)) {
    if (type !== "trak") continue;
    const header = find(content, "tkhd");
    const media = find(content, "mdia", "mdhd");
    const handler = find(content, "mdia", "hdlr");
    if (!header || !media || !handler || header.length < 24 || media.length < 24 || handler.length < 12) {
      continue;
    }
    const id = header.readUInt32BE(header[0] === 1 ? 20 : 12);
    const extends_ = defaults.get(id);
    tracks.set(id, {
      id,
      isVideo: handler.toString("latin1", 8, 12) === "vide",
      timescale: media.readUInt32BE(media[0] === 1 ? 20 : 12) || 90_000,
      defaultDuration: extends_?.readUInt32BE(12) ?? 0,
      defaultFlags: extends_?.readUInt32BE(20) ?? 0,
    });
  }
  if (![...tracks.values()].some(({ isVideo }) => isVideo)) throw badMedia("there is no video track");
  return tracks;
}

/** Of a whole `moof` box; undefined for one without video. @throws GatewayError `video.bad_media`. */
export function timesOf(moof: Buffer, tracks: Tracks): FragmentTimes | undefined {
  for (const { type, content } of boxesIn(moof.subarray(HEADER_BYTES))) {
    if (type !== "traf") continue;
    const header = readHeader(content, tracks);
    if (!header?.track.isVideo) continue;
    const time = find(content, "tfdt");
    if (!time || time.length < (time[0] === 1 ? 12 : 8)) throw badMedia("a fragment has no time");
    const start = time[0] === 1 ? Number(time.readBigUInt64BE(4)) : time.readUInt32BE(4);
    const { duration, keyFrame } = readRuns(content, header);
    const { timescale } = header.track;
    return { startSeconds: start / timescale, endSeconds: (start + duration) / timescale, keyFrame };
  }
  return undefined;
}

interface FragmentHeader {
  readonly track: Track;
  readonly duration: number;
  readonly flags: number;
}

/** `tfhd` (8.8.7). */
function readHeader(traf: Buffer, tracks: Tracks): FragmentHeader | undefined {
  const header = find(traf, "tfhd");
  if (!header || header.length < 8) return undefined;
  const track = tracks.get(header.readUInt32BE(4));
  if (!track) return undefined;
  const present = header.readUInt32BE(0);
  let at = 8 + (present & 0x1 ? 8 : 0) + (present & 0x2 ? 4 : 0);
  const next = (bit: number): number | undefined => {
    if ((present & bit) === 0 || header.length < at + 4) return undefined;
    at += 4;
    return header.readUInt32BE(at - 4);
  };
  const duration = next(0x8);
  next(0x10);
  const flags = next(0x20);
  return { track, duration: duration ?? track.defaultDuration, flags: flags ?? track.defaultFlags };
}

/** Every `trun` (8.8.8). */
function readRuns(traf: Buffer, header: FragmentHeader): { duration: number; keyFrame: boolean } {
  let duration = 0;
  let firstFlags: number | undefined;
  for (const { type, content: run } of boxesIn(traf)) {
    if (type !== "trun" || run.length < 8) continue;
    const present = run.readUInt32BE(0);
    const samples = run.readUInt32BE(4);
    let at = 8 + (present & 0x1 ? 4 : 0);
    if (present & 0x4 && run.length >= at + 4) firstFlags ??= run.readUInt32BE(at);
    if (present & 0x4) at += 4;
    const has = (bit: number): number => (present & bit ? 4 : 0);
    const entry = has(0x1_00) + has(0x2_00) + has(0x4_00) + has(0x8_00);
    if (samples * entry > run.length - at) throw badMedia("a run is longer than its box");
    if (present & 0x4_00 && samples > 0) firstFlags ??= run.readUInt32BE(at + has(0x1_00) + has(0x2_00));
    if ((present & 0x1_00) === 0) duration += samples * header.duration;
    else for (let each = 0; each < samples; each++) duration += run.readUInt32BE(at + each * entry);
  }
  return { duration, keyFrame: ((firstFlags ?? header.flags) & NON_SYNC) === 0 };
}

/**
 * Moves a fragment by `shiftSeconds` and numbers it, in place.
 * @throws GatewayError `video.bad_media` where its time would not fit.
 */
export function rebase(moof: Buffer, tracks: Tracks, shiftSeconds: number, sequence: number): void {
  for (const { type, content } of boxesIn(moof.subarray(HEADER_BYTES))) {
    if (type === "mfhd" && content.length >= 8) content.writeUInt32BE(sequence, 4);
    if (type !== "traf") continue;
    const header = readHeader(content, tracks);
    const time = find(content, "tfdt");
    if (!header || !time || time.length < (time[0] === 1 ? 12 : 8)) continue;
    const before = time[0] === 1 ? Number(time.readBigUInt64BE(4)) : time.readUInt32BE(4);
    const after = Math.max(0, before + Math.round(shiftSeconds * header.track.timescale));
    if (time[0] === 1) time.writeBigUInt64BE(BigInt(after), 4);
    else if (after <= 0xff_ff_ff_ff) time.writeUInt32BE(after, 4);
    else throw badMedia("a fragment's time is too large for its box");
  }
}

function badMedia(message: string): GatewayError {
  return new GatewayError(message, { code: "video.bad_media", kind: "permanent" });
}
