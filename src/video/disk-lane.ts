import { createTurns } from "../core/turns.ts";
import type { SegmentFiles } from "./segment-files.ts";

/** Work on the disk that is done one piece after the other, so that a slow disk holds one thread of the pool only. */
export type DiskLane = <T>(work: () => Promise<T>) => Promise<T>;

export function createDiskLane(): DiskLane {
  return createDiskLanes(1);
}

/** `files`, each call in its turn. Not for work that is in the lane already: it would wait for itself. */
export function inLane(files: SegmentFiles, lane: DiskLane): SegmentFiles {
  return {
    create: (path) => lane(() => files.create(path)),
    remove: (path) => lane(() => files.remove(path)),
    read: (path, position, length) => lane(() => files.read(path, position, length)),
    state: (path) => lane(() => files.state(path)),
    truncate: (path, sizeBytes) => lane(() => files.truncate(path, sizeBytes)),
    list: (folder) => lane(() => files.list(folder)),
    space: () => lane(() => files.space()),
  };
}

/** As many lanes as readers may be at the disk at once: the next work takes the first that is free. */
export function createDiskLanes(count: number): DiskLane {
  return createTurns(count).take;
}
