// video/: one ingest per stream and its readers. It may import core/ only; media processes come in through core ports.
import { GatewayError } from "../core/errors.ts";
import { readFragmentHeader } from "./fragment-header.ts";

/** What a fragmented MP4 begins with: everything a player needs before the first fragment. */
export interface InitSegment {
  readonly bytes: Buffer;
  /** For Media Source Extensions: `video/mp4; codecs="avc1.42c01e"`, with sound `…,mp4a.40.2"` (RFC 6381). */
  readonly mediaType: string;
  /** Units of a fragment's `decodeTime` in a second. */
  readonly timescale: number;
}

/** One `moof` with its `mdat`; the ingest makes one a frame, or one of sound. */
export interface Fragment {
  readonly bytes: Buffer;
  /** `audio` where it is sound; absent for video. */
  readonly track?: "audio";
  readonly keyFrame: boolean;
  /** When its first frame is decoded, in units of the init segment's `timescale` since the session began. */
  readonly decodeTime: number;
}

export interface SplitterEvents {
  onInit(init: InitSegment): void;
  onFragment(fragment: Fragment): void;
}

/** A frame of a 4K key picture stays well below this; more is not a video stream. */
const MAX_BOX_BYTES = 16 * 1024 * 1024;
const HEADER_BYTES = 8;

/** Box types as the numbers that stand in a box's header. */
const FTYP = 0x66_74_79_70;
const MOOV = 0x6d_6f_6f_76;
const MOOF = 0x6d_6f_6f_66;
const MDAT = 0x6d_64_61_74;

/**
 * Cuts a stream of ISO base media boxes (ISO/IEC 14496-12) into init segment and fragments, however it is chunked. A
 * fragment that came in one chunk is a view of it, without a copy.
 * @returns a function to feed; it throws GatewayError `video.bad_media` when the bytes are no such stream.
 */
export function createSplitter(events: SplitterEvents): (chunk: Buffer) => void {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let wantedBytes = HEADER_BYTES;
  let hasInit = false;
  let fileType: Buffer | undefined;
  let sound: Track | undefined;
  let timescale = 0;

  function onBox(type: number, bytes: Buffer): void {
    if (type === FTYP) fileType = Buffer.from(bytes);
    else if (type === MOOV && fileType) {
      hasInit = true;
      const tracks = tracksOf(bytes);
      const video = tracks.find(({ handler }) => handler !== "soun");
      sound = tracks.find(({ handler }) => handler === "soun");
      timescale = video?.timescale ?? DEFAULT_TIMESCALE;
      const mediaType = mediaTypeOf([video, sound]);
      events.onInit({ bytes: Buffer.concat([fileType, bytes]), mediaType, timescale });
    } else if (type === MOOF && hasInit) onFragment(bytes);
    else if (type === MOOV || type === MOOF || type === MDAT) {
      throw badMedia(`${nameOf(bytes, 0)} stands where it cannot`);
    }
    // Whatever else stands between fragments (styp, sidx, free) no player needs.
  }

  function onFragment(bytes: Buffer): void {
    const { trackId, decodeTime, keyFrame } = readFragmentHeader(bytes.subarray(0, bytes.readUInt32BE(0)));
    if (sound && trackId === sound.id) {
      const inVideoTime = Math.round((decodeTime / sound.timescale) * timescale);
      events.onFragment({ bytes, track: "audio", keyFrame: false, decodeTime: inVideoTime });
    } else {
      events.onFragment({ bytes, keyFrame, decodeTime });
    }
  }

  return (chunk) => {
    pending.push(chunk);
    pendingBytes += chunk.length;
    if (pendingBytes < wantedBytes) return;
    const bytes = pending.length === 1 ? chunk : Buffer.concat(pending);
    let at = 0;
    for (;;) {
      wantedBytes = unitAt(bytes, at);
      if (bytes.length - at < wantedBytes) break;
      onBox(bytes.readUInt32BE(at + 4), bytes.subarray(at, at + wantedBytes));
      at += wantedBytes;
    }
    pendingBytes = bytes.length - at;
    pending = pendingBytes > 0 ? [bytes.subarray(at)] : [];
  };
}

/**
 * How many bytes from `at` on are taken at once: a box, or a `moof` with its `mdat`. As long as not all headers are
 * there, up to the end of the next one.
 */
function unitAt(bytes: Buffer, at: number): number {
  if (bytes.length - at < HEADER_BYTES) return HEADER_BYTES;
  const length = boxLength(bytes, at);
  if (bytes.readUInt32BE(at + 4) !== MOOF) return length;
  if (bytes.length - at < length + HEADER_BYTES) return length + HEADER_BYTES;
  if (bytes.readUInt32BE(at + length + 4) !== MDAT) {
    throw badMedia(`${nameOf(bytes, at + length)} stands between a fragment's header and its data`);
  }
  return length + boxLength(bytes, at + length);
}

/** @throws GatewayError `video.bad_media` for what is no box, or too large for one. */
function boxLength(bytes: Buffer, at: number): number {
  const length = bytes.readUInt32BE(at);
  if (length < HEADER_BYTES || length > MAX_BOX_BYTES || !isName(bytes, at + 4)) {
    throw badMedia(`no MP4 box: ${JSON.stringify(nameOf(bytes, at))} of ${length} bytes`);
  }
  return length;
}

/** Letters, digits, underscores and spaces only. */
function isName(bytes: Buffer, at: number): boolean {
  for (let i = at; i < at + 4; i++) {
    const code = bytes[i] as number;
    const isLetter = (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a;
    if (!isLetter && !(code >= 0x30 && code <= 0x39) && code !== 0x20 && code !== 0x5f) return false;
  }
  return true;
}

function nameOf(bytes: Buffer, at: number): string {
  return bytes.toString("latin1", at + 4, at + HEADER_BYTES);
}

function badMedia(message: string): GatewayError {
  return new GatewayError(message, { code: "video.bad_media", kind: "transient" });
}

/** Finds a box by its path of types; returns its content without the header. */
function findBox(bytes: Buffer, path: readonly string[]): Buffer | undefined {
  const [wanted, ...rest] = path;
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    if (length < HEADER_BYTES) return undefined;
    if (bytes.toString("latin1", at + 4, at + 8) === wanted) {
      const content = bytes.subarray(at + HEADER_BYTES, at + length);
      return rest.length === 0 ? content : findBox(content, rest);
    }
    at += length;
  }
  return undefined;
}

interface Track {
  readonly id: number;
  /** `vide` or `soun`; empty where the track does not tell. */
  readonly handler: string;
  readonly timescale: number;
  /** For the codecs parameter; empty for one that has no place here. */
  readonly codec: string;
}

/** ffmpeg's own for video, where a track does not tell. */
const DEFAULT_TIMESCALE = 90_000;

function tracksOf(moov: Buffer): Track[] {
  const tracks: Track[] = [];
  for (let at = HEADER_BYTES; at + HEADER_BYTES <= moov.length; ) {
    const length = moov.readUInt32BE(at);
    if (length < HEADER_BYTES) break;
    if (moov.toString("latin1", at + 4, at + 8) === "trak")
      tracks.push(readTrack(moov.subarray(at + HEADER_BYTES, at + length)));
    at += length;
  }
  return tracks;
}

/** `tkhd` (8.3.2), `hdlr` (8.4.3), `mdhd` (8.4.2) and the sample description. */
function readTrack(trak: Buffer): Track {
  const header = findBox(trak, ["tkhd"]);
  const handler = findBox(trak, ["mdia", "hdlr"]);
  const times = findBox(trak, ["mdia", "mdhd"]);
  const timescale = readAt(times, times?.[0] === 1 ? 20 : 12);
  return {
    id: readAt(header, header?.[0] === 1 ? 20 : 12),
    handler: handler?.toString("latin1", 8, 12) ?? "",
    timescale: timescale > 0 ? timescale : DEFAULT_TIMESCALE,
    codec: codecOf(trak),
  };
}

function readAt(content: Buffer | undefined, at: number): number {
  return content && content.length >= at + 4 ? content.readUInt32BE(at) : 0;
}

function mediaTypeOf(tracks: readonly (Track | undefined)[]): string {
  const codecs = tracks.flatMap((track) => (track && track.codec !== "" ? [track.codec] : []));
  return codecs.length > 0 ? `video/mp4; codecs="${codecs.join(",")}"` : "video/mp4";
}

/** An element of the codecs parameter, from the decoder configuration in the sample description. */
function codecOf(trak: Buffer): string {
  const description = findBox(trak, ["mdia", "minf", "stbl", "stsd"]);
  // stsd: version, flags and count (8 bytes), then the entry, whose own boxes start after 78 fixed bytes.
  const entry = description?.subarray(8);
  const type = entry?.toString("latin1", 4, 8);
  // The ingest makes AAC-LC of all sound.
  if (type === "mp4a") return "mp4a.40.2";
  const boxes = entry?.subarray(HEADER_BYTES + 78) ?? Buffer.alloc(0);
  const avc = findBox(boxes, ["avcC"]);
  if (avc && avc.length >= 4) return `avc1.${avc.toString("hex", 1, 4)}`;
  const hevc = findBox(boxes, ["hvcC"]);
  return hevc && hevc.length >= 13 ? hevcCodec(type ?? "hvc1", hevc) : "";
}

/** ISO/IEC 14496-15 Annex E: profile, reversed compatibility flags, tier and level, constraint bytes. */
function hevcCodec(type: string, configuration: Buffer): string {
  const profile = configuration[1] ?? 0;
  const space = ["", "A", "B", "C"][profile >> 6] ?? "";
  let compatibility = 0;
  for (let bit = 0, flags = configuration.readUInt32BE(2); bit < 32; bit++, flags >>>= 1) {
    compatibility = ((compatibility << 1) | (flags & 1)) >>> 0;
  }
  const tier = profile & 0x20 ? "H" : "L";
  const constraints = [...configuration.subarray(6, 12)];
  while (constraints.at(-1) === 0) constraints.pop();
  const tail = constraints.map((byte) => `.${byte.toString(16).toUpperCase()}`).join("");
  return `${type}.${space}${profile & 0x1f}.${compatibility.toString(16).toUpperCase()}.${tier}${configuration[12] ?? 0}${tail}`;
}
