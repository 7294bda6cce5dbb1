// video/: one ingest per stream and its readers. It may import core/ only; media processes come in through core ports.
import { GatewayError } from "../core/errors.ts";

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

/**
 * Cuts a stream of ISO base media boxes (ISO/IEC 14496-12) into init segment and fragments, however it is chunked.
 * @returns a function to feed; it throws GatewayError `video.bad_media` when the bytes are no such stream.
 */
export function createSplitter(events: SplitterEvents): (chunk: Buffer) => void {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let wantedBytes = HEADER_BYTES;
  let hasInit = false;
  let fileType: Buffer | undefined;
  let moof: Buffer | undefined;
  let sound: Track | undefined;
  let timescale = 0;

  function onBox(type: string, box: Buffer): void {
    if (type === "ftyp") fileType = Buffer.from(box);
    else if (type === "moov" && fileType) {
      hasInit = true;
      moof = undefined;
      const tracks = tracksOf(box);
      const video = tracks.find(({ handler }) => handler !== "soun");
      sound = tracks.find(({ handler }) => handler === "soun");
      timescale = video?.timescale ?? DEFAULT_TIMESCALE;
      const mediaType = mediaTypeOf([video, sound]);
      events.onInit({ bytes: Buffer.concat([fileType, box]), mediaType, timescale });
    } else if (type === "moof" && hasInit) moof = box;
    else if (type === "mdat" && moof) {
      const bytes = Buffer.concat([moof, box]);
      const decodeTime = decodeTimeOf(moof);
      if (sound && trackIdOf(moof) === sound.id) {
        const inVideoTime = Math.round((decodeTime / sound.timescale) * timescale);
        events.onFragment({ bytes, track: "audio", keyFrame: false, decodeTime: inVideoTime });
      } else {
        events.onFragment({ bytes, keyFrame: beginsWithKeyFrame(moof), decodeTime });
      }
      moof = undefined;
    } else if (type === "moov" || type === "moof" || type === "mdat") {
      throw badMedia(`${type} stands where it cannot`);
    }
    // Whatever else stands between fragments (styp, sidx, free) no player needs.
  }

  return (chunk) => {
    pending.push(chunk);
    pendingBytes += chunk.length;
    while (pendingBytes >= wantedBytes) {
      const bytes = pending.length === 1 && pending[0] ? pending[0] : Buffer.concat(pending);
      const boxBytes = bytes.readUInt32BE(0);
      const type = bytes.toString("latin1", 4, 8);
      if (boxBytes < HEADER_BYTES || boxBytes > MAX_BOX_BYTES || !/^[\w ]{4}$/.test(type)) {
        throw badMedia(`no MP4 box: ${JSON.stringify(type)} of ${boxBytes} bytes`);
      }
      if (bytes.length < boxBytes) {
        pending = [bytes];
        wantedBytes = boxBytes;
        return;
      }
      onBox(type, bytes.subarray(0, boxBytes));
      const rest = bytes.subarray(boxBytes);
      pending = rest.length > 0 ? [rest] : [];
      pendingBytes = rest.length;
      wantedBytes = HEADER_BYTES;
    }
  };
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

/** `trun` and `tfhd` sample flags: bit 16 is sample_is_non_sync_sample (ISO/IEC 14496-12, 8.8.3.1). */
const NON_SYNC = 0x1_00_00;

function beginsWithKeyFrame(moof: Buffer): boolean {
  const traf = findBox(moof.subarray(HEADER_BYTES), ["traf"]);
  const run = traf && findBox(traf, ["trun"]);
  if (!traf || !run || run.length < 8) return false;
  const runFlags = run.readUInt32BE(0) & 0xff_ff_ff;
  let at = 8 + (runFlags & 0x1 ? 4 : 0);
  if (runFlags & 0x4) return run.length >= at + 4 && (run.readUInt32BE(at) & NON_SYNC) === 0;
  if (runFlags & 0x4_00) {
    at += (runFlags & 0x1_00 ? 4 : 0) + (runFlags & 0x2_00 ? 4 : 0);
    return run.length >= at + 4 && (run.readUInt32BE(at) & NON_SYNC) === 0;
  }
  return defaultSampleIsKey(traf);
}

function defaultSampleIsKey(traf: Buffer): boolean {
  const header = findBox(traf, ["tfhd"]);
  if (!header || header.length < 8) return false;
  const flags = header.readUInt32BE(0) & 0xff_ff_ff;
  if ((flags & 0x20) === 0) return false;
  const at =
    8 + (flags & 0x1 ? 8 : 0) + (flags & 0x2 ? 4 : 0) + (flags & 0x8 ? 4 : 0) + (flags & 0x10 ? 4 : 0);
  return header.length >= at + 4 && (header.readUInt32BE(at) & NON_SYNC) === 0;
}

/** `tfdt` (ISO/IEC 14496-12, 8.8.12), in 32 or 64 bits; 0 where a fragment has none. */
function decodeTimeOf(moof: Buffer): number {
  const time = findBox(moof.subarray(HEADER_BYTES), ["traf", "tfdt"]);
  if (!time || time.length < 8) return 0;
  if (time[0] !== 1) return time.readUInt32BE(4);
  return time.length < 12 ? 0 : Number(time.readBigUInt64BE(4));
}

/** `tfhd`: to which track a fragment belongs (8.8.7); 0 where it does not tell. */
function trackIdOf(moof: Buffer): number {
  const header = findBox(moof.subarray(HEADER_BYTES), ["traf", "tfhd"]);
  return header && header.length >= 8 ? header.readUInt32BE(4) : 0;
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
