import { join } from "node:path";
import { errorCode, errorMessage } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { FoundSegment, Segment, SegmentCatalogue } from "../core/recordings.ts";
import { examineSegment } from "./segment-examine.ts";
import type { SegmentFiles } from "./segment-files.ts";
import { parseSegmentName } from "./segment-name.ts";

const PAGE = 200;
const TELL_EACH = 2000;

export interface SegmentScanDependencies {
  readonly files: SegmentFiles;
  readonly index: SegmentCatalogue;
  readonly folder: string;
  readonly log: Logger;
  /** Paths of files that are being written. */
  readonly inHand: ReadonlySet<string>;
}

export interface ScanReport {
  /** Files and rows looked at. */
  seen: number;
  /** Open segments of a run that broke off, closed with their true length. */
  closed: number;
  /** Files that had no row. */
  adopted: number;
  /** Rows that had no file. */
  forgotten: number;
  /** Files without one whole fragment. */
  removed: number;
  /** Files whose torn end was cut off. */
  mended: number;
}

export const NOTHING_SEEN: Readonly<ScanReport> = {
  seen: 0,
  closed: 0,
  adopted: 0,
  forgotten: 0,
  removed: 0,
  mended: 0,
};

/**
 * Brings the index and the files into agreement, a file at a time: rows first, then what stands on disk without one.
 * Whatever cannot be read is logged and passed over.
 */
export async function scanSegments(
  { files, index, folder, log, inHand }: SegmentScanDependencies,
  signal: AbortSignal,
  report: ScanReport = { ...NOTHING_SEEN },
): Promise<ScanReport> {
  async function attempt(path: string, work: () => Promise<void>): Promise<void> {
    report.seen++;
    if (report.seen % TELL_EACH === 0) log.info({ ...report }, "looking through the recordings");
    try {
      await work();
    } catch (error) {
      log.warn({ path, code: errorCode(error), reason: errorMessage(error) }, "a recording cannot be read");
    }
  }

  /** What the file holds, its torn end cut off; the file is removed when that is nothing. */
  async function mend(path: string, sizeBytes: number) {
    const found = await examineSegment(files, path, sizeBytes);
    if (!found) {
      await files.remove(path);
      report.removed++;
      return undefined;
    }
    if (found.wholeBytes < sizeBytes) {
      await files.truncate(path, found.wholeBytes);
      report.mended++;
    }
    return found;
  }

  async function checkRow({ id, path, isOpen, sizeBytes, startMs }: Segment): Promise<void> {
    if (inHand.has(path)) return;
    const state = await files.state(path);
    if (!state) {
      await index.remove([id]);
      report.forgotten++;
      return;
    }
    if (!isOpen && state.sizeBytes === sizeBytes) return;
    const found = await mend(path, state.sizeBytes);
    if (!found) {
      await index.remove([id]);
      return;
    }
    await index.update(id, { endMs: startMs + found.durationMs, sizeBytes: found.wholeBytes, isOpen: false });
    report.closed++;
  }

  async function checkFile(path: string, name: string, adopted: FoundSegment[]): Promise<void> {
    const told = parseSegmentName(name);
    // Asked before the size, which is no longer true of a file that was closed meanwhile.
    if (!told || inHand.has(path)) return;
    const state = await files.state(path);
    if (!state) return;
    const found = await mend(path, state.sizeBytes);
    if (!found) return;
    adopted.push({
      ...told,
      path,
      mediaType: found.mediaType,
      endMs: told.startMs + found.durationMs,
      sizeBytes: found.wholeBytes,
      isLocked: state.isLocked,
    });
  }

  async function checkFolder(day: string): Promise<void> {
    const names = (await files.list(day)).filter((name) => parseSegmentName(name)).sort();
    for (let at = 0; at < names.length && !signal.aborted; at += PAGE) {
      const some = names.slice(at, at + PAGE).map((name) => ({ name, path: join(day, name) }));
      const known = await index.known(some.map(({ path }) => path));
      const adopted: FoundSegment[] = [];
      for (const { name, path } of some) {
        if (signal.aborted) break;
        if (!known.has(path)) await attempt(path, () => checkFile(path, name, adopted));
      }
      // One commit for many: an index that is built anew must not wear the card.
      if (adopted.length > 0) await index.adopt(adopted);
      report.adopted += adopted.length;
    }
  }

  for (let after = 0; !signal.aborted; ) {
    const rows = await index.page(after, PAGE);
    const last = rows.at(-1);
    if (!last) break;
    after = last.id;
    for (const row of rows) {
      if (signal.aborted) return report;
      await attempt(row.path, () => checkRow(row));
    }
  }
  for (const camera of await files.list(folder)) {
    for (const day of await files.list(join(folder, camera))) {
      if (signal.aborted) return report;
      await checkFolder(join(folder, camera, day));
    }
  }
  return report;
}
