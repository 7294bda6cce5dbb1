import type { ParameterSets } from "../rtsp/video-source.ts";

// FLV is how pictures leave ffmpeg: unlike an Annex-B stream it tells where each one ends, so that none has to wait
// for the next to begin. Layout after Adobe's "Video File Format Specification 10.1", Annex E.

const FILE_HEADER_BYTES = 9;
const BACK_POINTER_BYTES = 4;
const TAG_HEADER_BYTES = 11;
const VIDEO_TAG = 9;
const AVC = 7;
const MAX_TAG_BYTES = 8 * 1024 * 1024;
/** NAL unit types that RTP and SDP carry apart from pictures: SPS, PPS, access unit delimiter. */
const APART = new Set([7, 8, 9]);

export interface FlvPicture {
  readonly key: boolean;
  readonly nals: readonly Uint8Array[];
}

export interface FlvListener {
  readonly onParameterSets: (sets: ParameterSets) => void;
  readonly onPicture: (picture: FlvPicture) => void;
}

/** @returns a function that takes the stream in any pieces. @throws Error when it is not FLV. */
export function createFlvReader(listener: FlvListener): (chunk: Buffer) => void {
  let pending: Buffer = Buffer.alloc(0);
  let headerRead = false;

  return (chunk) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    if (!headerRead) {
      if (pending.length < FILE_HEADER_BYTES + BACK_POINTER_BYTES) return;
      if (pending.toString("latin1", 0, 3) !== "FLV") throw new Error("Not an FLV stream");
      pending = pending.subarray(FILE_HEADER_BYTES + BACK_POINTER_BYTES);
      headerRead = true;
    }
    while (pending.length >= TAG_HEADER_BYTES) {
      const size = pending.readUIntBE(1, 3);
      if (size > MAX_TAG_BYTES) throw new Error("An FLV tag is too long");
      const end = TAG_HEADER_BYTES + size + BACK_POINTER_BYTES;
      if (pending.length < end) return;
      if (pending[0] === VIDEO_TAG) {
        readVideo(Buffer.from(pending.subarray(TAG_HEADER_BYTES, TAG_HEADER_BYTES + size)), listener);
      }
      pending = pending.subarray(end);
    }
  };
}

function readVideo(tag: Buffer, listener: FlvListener): void {
  const [kind = 0, packet] = tag;
  if ((kind & 0x0f) !== AVC) throw new Error("An FLV video tag is not H.264");
  if (packet === 0) listener.onParameterSets(readConfiguration(tag.subarray(5)));
  if (packet === 1) {
    const nals = splitNals(tag.subarray(5)).filter((nal) => !APART.has((nal[0] ?? 0) & 0x1f));
    if (nals.length > 0) listener.onPicture({ key: kind >> 4 === 1, nals });
  }
}

/** AVCDecoderConfigurationRecord, ISO/IEC 14496-15 section 5.3.3.1. */
function readConfiguration(record: Buffer): ParameterSets {
  const spsLength = record.readUInt16BE(6);
  const sps = record.subarray(8, 8 + spsLength);
  const ppsLength = record.readUInt16BE(9 + spsLength);
  const pps = record.subarray(11 + spsLength, 11 + spsLength + ppsLength);
  return { sps, pps };
}

function splitNals(data: Buffer): Buffer[] {
  const nals: Buffer[] = [];
  for (let at = 0; at + 4 <= data.length; ) {
    const end = at + 4 + data.readUInt32BE(at);
    if (end > data.length) throw new Error("A NAL unit is longer than its picture");
    nals.push(data.subarray(at + 4, end));
    at = end;
  }
  return nals;
}
