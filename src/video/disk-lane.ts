import type { SegmentFiles } from "./segment-files.ts";

/** Work on the disk that is done one piece after the other, so that a slow disk holds one thread of the pool only. */
export type DiskLane = <T>(work: () => Promise<T>) => Promise<T>;

export function createDiskLane(): DiskLane {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };
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
  const waiting: (() => void)[] = [];
  let free = count;
  return async (work) => {
    if (free > 0) free--;
    else await new Promise<void>((go) => waiting.push(go));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
}
