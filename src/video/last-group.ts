import type { FragmentHub } from "./fragment-hub.ts";

/** Pictures from a key frame on, as much as is worth keeping of a camera that is gone. */
const MAX_BYTES = 2 * 1024 * 1024;

/** Keeps what a stream showed last beyond the end of its session: init segment and fragments since the last key frame. */
export function keepLastGroup(hub: FragmentHub): () => readonly Buffer[] {
  let init: Buffer | undefined;
  let group: Buffer[] = [];
  let bytes = 0;
  let next: Buffer | undefined;
  hub.attach({
    onInit(segment) {
      next = segment.bytes;
    },
    onFragment(fragment) {
      if (fragment.track) return;
      if (fragment.keyFrame) {
        // Not before: until its first key frame a new session has nothing better to show.
        init = next ?? init;
        next = undefined;
        group = [];
        bytes = 0;
      } else if (next !== undefined || bytes + fragment.bytes.length > MAX_BYTES) {
        return;
      }
      group.push(fragment.bytes);
      bytes += fragment.bytes.length;
    },
    onEnd() {},
  });
  return () => (init && group.length > 0 ? [init, ...group] : []);
}
