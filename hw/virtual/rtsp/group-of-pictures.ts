import type { AccessUnit, VideoSource } from "./video-source.ts";

const MAX_FRAMES = 600;
const MAX_BYTES = 16 * 1024 * 1024;

/** Keeps the pictures since the last key, so that a client who joins sees something at once. */
export interface GroupOfPictures {
  open(): void;
  close(): void;
  /** Gives the pictures since the last key, then every new one. Returns how to leave. */
  join(listener: (frame: AccessUnit) => void): () => void;
}

export function createGroupOfPictures(source: VideoSource): GroupOfPictures {
  let frames: AccessUnit[] = [];
  let bytes = 0;
  /** Value: whether this listener has had its key. */
  const listeners = new Map<(frame: AccessUnit) => void, boolean>();
  let leaveSource: (() => void) | undefined;

  function take(frame: AccessUnit): void {
    const size = frame.nals.reduce((sum, nal) => sum + nal.length, 0);
    if (frame.key) {
      frames = [];
      bytes = 0;
    }
    if (frame.key || frames.length > 0) {
      frames.push(frame);
      bytes += size;
      // A group without an end is of no use to a joiner; the next key begins anew.
      if (frames.length > MAX_FRAMES || bytes > MAX_BYTES) frames = [];
    }
    for (const [listener, begun] of [...listeners]) {
      if (!begun && !frame.key) continue;
      if (!listeners.has(listener)) continue;
      listeners.set(listener, true);
      listener(frame);
    }
  }

  return {
    open() {
      leaveSource ??= source.onFrame(take);
    },
    close() {
      leaveSource?.();
      leaveSource = undefined;
      frames = [];
      listeners.clear();
    },
    join(listener) {
      listeners.set(listener, frames.length > 0);
      for (const frame of frames) listener(frame);
      return () => listeners.delete(listener);
    },
  };
}
