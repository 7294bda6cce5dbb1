import { createSplitter, type Fragment, type InitSegment } from "./fragmented-mp4.ts";
import type { SegmentFiles } from "./segment-files.ts";

/** What a file of video holds, whatever became of its end. */
export interface ExaminedSegment {
  readonly mediaType: string;
  readonly durationMs: number;
  /** Up to the end of the last whole fragment; what comes after it no player can use. */
  readonly wholeBytes: number;
}

const BLOCK_BYTES = 1024 * 1024;
/** A tail of the first size holds several fragments of nearly every stream; the last holds the largest key frame. */
const TAIL_BYTES = [64 * 1024, BLOCK_BYTES, 20 * BLOCK_BYTES];
/** Between frames, where a file has only one. */
const ONE_FRAME_MS = 40;
const MOOF = Buffer.from("moof");

type Reader = Pick<SegmentFiles, "read">;

/**
 * Finds out what `path` holds by its head and tail, or by all of it where the tail is torn.
 * @returns undefined when not even one fragment is whole.
 */
export async function examineSegment(
  files: Reader,
  path: string,
  sizeBytes: number,
): Promise<ExaminedSegment | undefined> {
  const head = await walk(files, path, sizeBytes, ({ fragments }) => fragments > 0);
  if (!head.init || !head.first) return undefined;
  for (const tailBytes of TAIL_BYTES) {
    const from = Math.max(head.init.bytes.length, sizeBytes - tailBytes);
    const found = tailOf(head.init, await files.read(path, from, sizeBytes - from));
    if (found) return told(head.init, head.first, found.last, found.before, sizeBytes);
    if (from === head.init.bytes.length) break;
  }
  const all = await walk(files, path, sizeBytes, () => false);
  if (!all.first || !all.last) return undefined;
  return told(head.init, all.first, all.last, all.before, all.wholeBytes);
}

function told(
  init: InitSegment,
  first: Fragment,
  last: Fragment,
  before: Fragment | undefined,
  wholeBytes: number,
): ExaminedSegment {
  const toMs = (units: number): number => (units * 1000) / init.timescale;
  const lastMs = before ? toMs(last.decodeTime - before.decodeTime) : ONE_FRAME_MS;
  const durationMs = Math.round(toMs(last.decodeTime - first.decodeTime) + Math.max(0, lastMs));
  return { mediaType: init.mediaType, durationMs: Math.max(0, durationMs), wholeBytes };
}

interface Walk {
  init?: InitSegment;
  first?: Fragment;
  before?: Fragment;
  last?: Fragment;
  fragments: number;
  wholeBytes: number;
}

/** Reads from the beginning until `isEnough`, the end, or what is no box. */
async function walk(
  files: Reader,
  path: string,
  sizeBytes: number,
  isEnough: (seen: Walk) => boolean,
): Promise<Walk> {
  const seen: Walk = { fragments: 0, wholeBytes: 0 };
  const feed = createSplitter(collectInto(seen));
  for (let at = 0; at < sizeBytes && !isEnough(seen); ) {
    const block = await files.read(path, at, Math.min(BLOCK_BYTES, sizeBytes - at));
    if (block.length === 0) break;
    at += block.length;
    try {
      feed(block);
    } catch {
      // What a power cut left: everything before it counts.
      break;
    }
  }
  return seen;
}

function collectInto(seen: Walk) {
  return {
    onInit(init: InitSegment) {
      seen.init = init;
      seen.wholeBytes += init.bytes.length;
    },
    onFragment(fragment: Fragment) {
      seen.first ??= fragment;
      if (seen.last) seen.before = seen.last;
      seen.last = fragment;
      seen.fragments++;
      seen.wholeBytes += fragment.bytes.length;
    },
  };
}

/** The last fragments, if the tail ends with a whole one. */
function tailOf(init: InitSegment, tail: Buffer): { last: Fragment; before?: Fragment } | undefined {
  for (let at = tail.indexOf(MOOF); at >= 0; at = tail.indexOf(MOOF, at + 1)) {
    const start = at - 4;
    // The type may stand by chance inside a picture: then what follows is no row of boxes that fills the file.
    if (start < 0 || tail.toString("latin1", at + 8, at + 12) !== "mfhd") continue;
    const seen: Walk = { fragments: 0, wholeBytes: 0 };
    const feed = createSplitter(collectInto(seen));
    try {
      feed(Buffer.concat([init.bytes, tail.subarray(start)]));
    } catch {
      continue;
    }
    const isWhole = seen.wholeBytes === init.bytes.length + tail.length - start;
    if (isWhole && seen.last) return { last: seen.last, ...(seen.before && { before: seen.before }) };
  }
  return undefined;
}
