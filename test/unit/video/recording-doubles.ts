import type { NewSegment, Segment, SegmentCatalogue } from "../../../src/core/recordings.ts";
import type { RecordPlan } from "../../../src/core/site.ts";
import { FragmentHub } from "../../../src/video/fragment-hub.ts";
import type { Fragment, InitSegment } from "../../../src/video/fragmented-mp4.ts";
import type { DiskSpace, GrowingFile, SegmentFiles } from "../../../src/video/segment-files.ts";

export const PLAN: RecordPlan = {
  mode: "continuous",
  schedule: { days: [1, 2, 3, 4, 5, 6, 7], fromMinute: 0, toMinute: 1440 },
  keep: { days: 30 },
  segmentSeconds: 60,
  beforeSeconds: 4,
  afterSeconds: 10,
  expectedKbps: 4000,
};

export const INIT: InitSegment = { bytes: Buffer.from("init"), mediaType: "video/mp4", timescale: 1000 };

export function frame(decodeTime: number, keyFrame = false, sizeBytes = 100): Fragment {
  return { bytes: Buffer.alloc(sizeBytes, keyFrame ? "K" : "p"), keyFrame, decodeTime };
}

export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: the disk`), { code });
}

export interface DiskDouble extends SegmentFiles {
  /** What is on the disk, by path. */
  readonly content: Map<string, Buffer>;
  readonly locked: Set<string>;
  /** Bytes not yet synced are lost by `cutPower`. */
  cutPower(): void;
  /** Every append from now on fails with this code, until it is taken away. */
  failing: string | undefined;
  /** Resolvers of appends that hang while `isHanging`. */
  isHanging: boolean;
  goOn(): void;
  capacityBytes: number;
  appends: number;
}

/** A disk in memory with a capacity; it can fail, hang, and lose power. */
export function createDiskDouble(capacityBytes = 1e9): DiskDouble {
  const content = new Map<string, Buffer>();
  const synced = new Map<string, number>();
  const locked = new Set<string>();
  let waiting: (() => void)[] = [];
  const used = (): number => [...content.values()].reduce((sum, { length }) => sum + length, 0);

  const disk: DiskDouble = {
    content,
    locked,
    failing: undefined,
    isHanging: false,
    capacityBytes,
    appends: 0,
    goOn() {
      disk.isHanging = false;
      for (const go of waiting) go();
      waiting = [];
    },
    cutPower() {
      for (const [path, bytes] of content) content.set(path, bytes.subarray(0, synced.get(path) ?? 0));
    },
    async create(path): Promise<GrowingFile> {
      if (content.has(path)) throw systemError("EEXIST");
      if (disk.failing) throw systemError(disk.failing);
      content.set(path, Buffer.alloc(0));
      return {
        async append(bytes) {
          disk.appends++;
          if (disk.isHanging) await new Promise<void>((go) => waiting.push(go));
          if (disk.failing) throw systemError(disk.failing);
          const fits = Math.max(0, Math.min(bytes.length, disk.capacityBytes - used()));
          const before = content.get(path) ?? Buffer.alloc(0);
          content.set(path, Buffer.concat([before, bytes.subarray(0, fits)]));
          if (fits < bytes.length) throw systemError("ENOSPC");
        },
        async sync() {
          synced.set(path, content.get(path)?.length ?? 0);
        },
        truncate: (sizeBytes) => disk.truncate(path, sizeBytes),
        async close() {},
      };
    },
    async remove(path) {
      content.delete(path);
    },
    async read(path, position, length) {
      return content.get(path)?.subarray(position, position + length) ?? Buffer.alloc(0);
    },
    async state(path) {
      const bytes = content.get(path);
      return bytes && { sizeBytes: bytes.length, isLocked: locked.has(path) };
    },
    async truncate(path, sizeBytes) {
      content.set(path, content.get(path)?.subarray(0, sizeBytes) ?? Buffer.alloc(0));
    },
    async list(folder) {
      const inside = [...content.keys()].filter((path) => path.startsWith(`${folder}/`));
      return [...new Set(inside.map((path) => path.slice(folder.length + 1).split("/")[0] ?? ""))];
    },
    async space(): Promise<DiskSpace> {
      const freeBytes = disk.capacityBytes - used();
      return { totalBytes: disk.capacityBytes, freeBytes, totalInodes: 0, freeInodes: 0 };
    },
  };
  return disk;
}

export interface CatalogueDouble extends SegmentCatalogue {
  readonly rows: Map<number, Segment>;
}

/** An index in memory, in order of time. */
export function createCatalogueDouble(): CatalogueDouble {
  const rows = new Map<number, Segment>();
  let lastId = 0;
  const sorted = (): Segment[] => [...rows.values()].sort((a, b) => a.startMs - b.startMs || a.id - b.id);
  const put = (segment: NewSegment, rest: Partial<Segment> = {}): number => {
    lastId++;
    const fresh = { endMs: segment.startMs, sizeBytes: 0, isOpen: true, isLocked: false };
    rows.set(lastId, { ...segment, ...fresh, ...rest, id: lastId });
    return lastId;
  };
  const change = (id: number, by: Partial<Segment>): void => {
    const row = rows.get(id);
    if (row) rows.set(id, { ...row, ...by });
  };
  return {
    rows,
    add: async (segment) => put(segment),
    update: async (id, by) => change(id, by),
    remove: async (ids) => {
      for (const id of ids) rows.delete(id);
    },
    between: async (camera, fromMs, toMs) =>
      sorted().filter((one) => one.camera === camera && one.startMs < toMs && one.endMs > fromMs),
    all: async () => sorted(),
    async setLocked(camera, fromMs, toMs, isLocked) {
      const touched = await this.between(camera, fromMs, toMs);
      for (const { id } of touched) change(id, { isLocked });
      return touched.length;
    },
    removable: async ({ camera, beforeMs = Number.POSITIVE_INFINITY, limit }) =>
      sorted()
        .filter((one) => !one.isOpen && !one.isLocked && one.startMs < beforeMs)
        .filter((one) => camera === undefined || one.camera === camera)
        .slice(0, limit),
    async release(ids) {
      const released = sorted().filter(
        ({ id, isOpen, isLocked }) => ids.includes(id) && !isOpen && !isLocked,
      );
      for (const { id } of released) rows.delete(id);
      return released;
    },
    async usage() {
      const cameras = [...new Set(sorted().map(({ camera }) => camera))];
      return cameras.map((camera) => {
        const own = sorted().filter((one) => one.camera === camera);
        const sum = (some: readonly Segment[]) => some.reduce((total, { sizeBytes }) => total + sizeBytes, 0);
        return {
          camera,
          segments: own.length,
          sizeBytes: sum(own),
          lockedBytes: sum(own.filter(({ isLocked }) => isLocked)),
          oldestMs: own[0]?.startMs ?? 0,
        };
      });
    },
    async recordedSince(fromMs) {
      const recent = sorted().filter(({ startMs, isOpen }) => startMs >= fromMs && !isOpen);
      return [...new Set(recent.map(({ camera }) => camera))].map((camera) => {
        const own = recent.filter((one) => one.camera === camera);
        return {
          camera,
          sizeBytes: own.reduce((total, { sizeBytes }) => total + sizeBytes, 0),
          durationMs: own.reduce((total, { startMs, endMs }) => total + endMs - startMs, 0),
          firstMs: own[0]?.startMs ?? 0,
        };
      });
    },
    page: async (afterId, limit) => [...rows.values()].filter(({ id }) => id > afterId).slice(0, limit),
    known: async (paths) => new Set(sorted().flatMap(({ path }) => (paths.includes(path) ? [path] : []))),
    adopt: async (found) => {
      for (const segment of found) {
        if (!sorted().some(({ path }) => path === segment.path)) put(segment, { ...segment, isOpen: false });
      }
    },
    date: async () => {},
  };
}

/** A stream that a test plays by hand. */
export function createStreamDouble() {
  const hub = new FragmentHub();
  const stream = {
    hub,
    leases: 0,
    lease() {
      stream.leases++;
      return () => void stream.leases--;
    },
  };
  return stream;
}
