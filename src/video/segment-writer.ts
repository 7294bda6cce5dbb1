import { errorCode, errorMessage } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { NewSegment, SegmentIndex } from "../core/recordings.ts";
import type { Clock, Timer } from "../core/time.ts";
import type { DiskLane } from "./disk-lane.ts";
import type { GrowingFile, SegmentFiles } from "./segment-files.ts";
import { type SegmentName, segmentPath } from "./segment-name.ts";

/**
 * Fragments are gathered and appended in blocks that suit flash, each synced: a power cut takes at most what came in
 * `GATHER_MS`, or one block and what the disk was just given.
 */
export const BLOCK_BYTES = 1024 * 1024;
export const GATHER_MS = 10_000;
/** What a camera may have waiting for a slow disk; more is a gap. */
export const MAX_WAITING_BYTES = 16 * 1024 * 1024;

export interface SegmentWriterDependencies {
  readonly files: SegmentFiles;
  readonly index: Pick<SegmentIndex, "add" | "update">;
  readonly lane: DiskLane;
  readonly clock: Clock;
  readonly log: Logger;
  readonly folder: string;
  /** What an event brings along at once, and may wait beside `MAX_WAITING_BYTES`; 0 unless told. */
  readonly prerollBytes?: number;
  /** Paths of files that are being written: nobody else is to touch them. */
  readonly inHand: Set<string>;
  /** A block is on the disk. `id`: of the segment's row, undefined while the index takes none. */
  readonly onWritten: (bytes: number, segment: SegmentName, id: number | undefined) => void;
  /** The disk took no more; everything that waited is gone. Code of the system, e.g. `ENOSPC`. */
  readonly onFault: (code: string) => void;
}

/** Writes one camera's segments, in order. */
export interface SegmentWriter {
  begin(segment: SegmentName, mediaType: string, init: Uint8Array): void;
  /** False when too much waits already: nothing was taken. */
  push(bytes: Uint8Array, endMs: number): boolean;
  /** Ends the present segment at `endMs`. */
  end(): void;
  /** Resolves when everything pushed so far is on the disk, or given up. */
  flush(): Promise<void>;
  waitingBytes(): number;
}

interface Draft {
  readonly name: SegmentName;
  readonly mediaType: string;
  path: string;
  file: GrowingFile | undefined;
  id: number | undefined;
  /** On the disk. */
  sizeBytes: number;
  writtenEndMs: number;
  pending: Uint8Array[];
  pendingBytes: number;
  endMs: number;
  isEnding: boolean;
}

export function createSegmentWriter(dependencies: SegmentWriterDependencies): SegmentWriter {
  const { files, index, lane, clock, log, folder, inHand, onWritten, onFault } = dependencies;
  const maxWaitingBytes = MAX_WAITING_BYTES + (dependencies.prerollBytes ?? 0);
  let drafts: Draft[] = [];
  let waitingBytes = 0;
  let isDue = false;
  let timer: Timer | undefined;
  let pumping: Promise<void> | undefined;
  /** Bytes taken in since the start, and those of them that are written or given up. */
  let taken = 0;
  let done = 0;

  const newest = (): Draft | undefined => {
    const draft = drafts.at(-1);
    return draft?.isEnding ? undefined : draft;
  };

  function gather(): void {
    const draft = drafts[0];
    if (!draft) return;
    if (draft.isEnding || draft.pendingBytes >= BLOCK_BYTES || isDue) pump();
    else
      timer ??= clock.after(GATHER_MS, () => {
        timer = undefined;
        isDue = true;
        pump();
      });
  }

  function pump(): void {
    pumping ??= pumpAll().finally(() => {
      pumping = undefined;
      gather();
    });
  }

  async function pumpAll(): Promise<void> {
    for (;;) {
      const [draft] = drafts;
      if (!draft) break;
      if (!(draft.isEnding || draft.pendingBytes >= BLOCK_BYTES || isDue)) return;
      try {
        const isClosed = await lane(() => writeOn(draft));
        // Not when it was given up meanwhile.
        if (isClosed && drafts[0] === draft) drafts.shift();
        if (!isClosed && draft.pendingBytes < BLOCK_BYTES) settle();
      } catch (error) {
        await giveUp(error);
        return;
      }
    }
    settle();
  }

  /** Everything that was due is written. */
  function settle(): void {
    isDue = false;
    timer?.cancel();
    timer = undefined;
  }

  /** @returns whether the segment is closed. */
  async function writeOn(draft: Draft): Promise<boolean> {
    const { pendingBytes, endMs } = draft;
    if (pendingBytes > 0) {
      const block = Buffer.concat(draft.pending, pendingBytes);
      draft.pending = [];
      draft.pendingBytes = 0;
      draft.file ??= await createFile(draft);
      await draft.file.append(block);
      await draft.file.sync();
      draft.sizeBytes += pendingBytes;
      draft.writtenEndMs = endMs;
      waitingBytes -= pendingBytes;
      done += pendingBytes;
      await enter(draft, true);
      onWritten(pendingBytes, draft.name, draft.id);
    }
    if (!draft.isEnding || draft.pendingBytes > 0) return false;
    await draft.file?.close();
    await enter(draft, false);
    inHand.delete(draft.path);
    return true;
  }

  async function createFile(draft: Draft): Promise<GrowingFile> {
    for (let copy = 0; ; copy++) {
      const path = segmentPath(folder, draft.name, copy);
      if (inHand.has(path)) continue;
      draft.path = path;
      // Before it stands on the disk: a scan would take an empty file for what a power cut left.
      inHand.add(draft.path);
      try {
        return await files.create(draft.path);
      } catch (error) {
        inHand.delete(draft.path);
        if (errorCode(error) !== "EEXIST" || copy > 99) throw error;
      }
    }
  }

  /** The file counts, the row only finds it: an index that takes nothing now never stops recording. */
  async function enter(draft: Draft, isOpen: boolean): Promise<void> {
    if (draft.sizeBytes === 0) return;
    try {
      const segment: NewSegment = { ...draft.name, path: draft.path, mediaType: draft.mediaType };
      draft.id ??= await index.add(segment);
      await index.update(draft.id, { endMs: draft.writtenEndMs, sizeBytes: draft.sizeBytes, isOpen });
    } catch (error) {
      log.warn(
        { camera: draft.name.camera, code: errorCode(error), reason: errorMessage(error) },
        "a segment could not be entered in the index",
      );
    }
  }

  async function giveUp(error: unknown): Promise<void> {
    const code = errorCode(error);
    const [draft] = drafts;
    drafts = [];
    waitingBytes = 0;
    done = taken;
    settle();
    onFault(code);
    log.warn({ code, reason: errorMessage(error), path: draft?.path }, "a recording could not be written");
    if (draft?.file) {
      const { file } = draft;
      // What is torn goes, so that the file ends with a whole fragment; a disk that refuses that too leaves it torn.
      await lane(async () => {
        await file.truncate(draft.sizeBytes).catch(() => undefined);
        await file.close().catch(() => undefined);
        if (draft.sizeBytes === 0) await files.remove(draft.path).catch(() => undefined);
      });
      await enter(draft, false);
      inHand.delete(draft.path);
    }
  }

  return {
    begin(name, mediaType, init) {
      const before = newest();
      if (before) before.isEnding = true;
      drafts.push({
        name,
        mediaType,
        path: "",
        file: undefined,
        id: undefined,
        sizeBytes: 0,
        writtenEndMs: name.startMs,
        pending: [init],
        pendingBytes: init.length,
        endMs: name.startMs,
        isEnding: false,
      });
      waitingBytes += init.length;
      taken += init.length;
      gather();
    },
    push(bytes, endMs) {
      const draft = newest();
      if (!draft || waitingBytes + bytes.length > maxWaitingBytes) return false;
      draft.pending.push(bytes);
      draft.pendingBytes += bytes.length;
      draft.endMs = endMs;
      waitingBytes += bytes.length;
      taken += bytes.length;
      gather();
      return true;
    },
    end() {
      const draft = newest();
      if (!draft) return;
      draft.isEnding = true;
      gather();
    },
    async flush() {
      const goal = taken;
      while (done < goal || drafts.some(({ isEnding }) => isEnding)) {
        isDue = true;
        pump();
        await pumping;
      }
    },
    waitingBytes: () => waitingBytes,
  };
}
