// What the road of every frame needs of a `moof` (ISO/IEC 14496-12), read in place: it is walked hundreds of times a second.

const HEADER_BYTES = 8;

/** A box's type as the number that stands in its header. */
function typeOf(name: string): number {
  return Buffer.from(name, "latin1").readUInt32BE(0);
}

const TRAF = typeOf("traf");
const TFHD = typeOf("tfhd");
const TFDT = typeOf("tfdt");
const TRUN = typeOf("trun");

/** `trun` and `tfhd` sample flags: bit 16 is sample_is_non_sync_sample (8.8.3.1). */
const NON_SYNC = 0x1_00_00;

export interface FragmentHeader {
  /** 0 where it does not tell. */
  readonly trackId: number;
  /** `tfdt`, in units of the track; 0 where there is none. */
  readonly decodeTime: number;
  /** Whether its first frame can be decoded by itself. */
  readonly keyFrame: boolean;
}

/** @param moof the whole box; of several tracks it tells the first. */
export function readFragmentHeader(moof: Buffer): FragmentHeader {
  const traf = contentOf(moof, HEADER_BYTES, moof.length, TRAF);
  const end = endOf(moof, traf);
  const header = contentOf(moof, traf, end, TFHD);
  const time = contentOf(moof, traf, end, TFDT);
  const run = contentOf(moof, traf, end, TRUN);
  return {
    trackId: header > 0 && endOf(moof, header) >= header + 8 ? moof.readUInt32BE(header + 4) : 0,
    decodeTime: time > 0 ? readTime(moof, time, endOf(moof, time)) : 0,
    keyFrame: run > 0 && beginsWithKeyFrame(moof, run, header),
  };
}

/** Where the content of the first box of a type between `from` and `to` begins; 0 where there is none. */
function contentOf(bytes: Buffer, from: number, to: number, type: number): number {
  if (from <= 0) return 0;
  for (let at = from; at + HEADER_BYTES <= to; ) {
    const length = bytes.readUInt32BE(at);
    if (length < HEADER_BYTES || at + length > to) return 0;
    if (bytes.readUInt32BE(at + 4) === type) return at + HEADER_BYTES;
    at += length;
  }
  return 0;
}

/** The end of the box whose content begins at `content`. */
function endOf(bytes: Buffer, content: number): number {
  return content > 0 ? content - HEADER_BYTES + bytes.readUInt32BE(content - HEADER_BYTES) : 0;
}

/** 8.8.12, in 32 or 64 bits. */
function readTime(moof: Buffer, at: number, end: number): number {
  if (end < at + 8) return 0;
  if (moof[at] !== 1) return moof.readUInt32BE(at + 4);
  return end < at + 12 ? 0 : moof.readUInt32BE(at + 4) * 2 ** 32 + moof.readUInt32BE(at + 8);
}

/** By the flags of the first sample, of all samples of the run, or of the track's fragment, whichever stands there. */
function beginsWithKeyFrame(moof: Buffer, run: number, header: number): boolean {
  const end = endOf(moof, run);
  if (end < run + 8) return false;
  const present = moof.readUInt32BE(run) & 0xff_ff_ff;
  let at = run + 8 + (present & 0x1 ? 4 : 0);
  if (present & 0x4) return isSync(moof, at, end);
  if (present & 0x4_00) {
    at += (present & 0x1_00 ? 4 : 0) + (present & 0x2_00 ? 4 : 0);
    return isSync(moof, at, end);
  }
  return header > 0 && isDefaultSync(moof, header);
}

/** `tfhd` (8.8.7). */
function isDefaultSync(moof: Buffer, header: number): boolean {
  const end = endOf(moof, header);
  if (end < header + 8) return false;
  const present = moof.readUInt32BE(header) & 0xff_ff_ff;
  if ((present & 0x20) === 0) return false;
  const skipped =
    (present & 0x1 ? 8 : 0) + (present & 0x2 ? 4 : 0) + (present & 0x8 ? 4 : 0) + (present & 0x10 ? 4 : 0);
  return isSync(moof, header + 8 + skipped, end);
}

function isSync(moof: Buffer, at: number, end: number): boolean {
  return end >= at + 4 && (moof.readUInt32BE(at) & NON_SYNC) === 0;
}
