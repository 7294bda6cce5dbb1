import type { Clock } from "../core/time.ts";
import type { FragmentHub } from "./fragment-hub.ts";

/** Of a group: of a camera that sends more between two key frames only the beginning is kept. */
const MAX_BYTES = 4 * 1024 * 1024;

interface Group {
  readonly init: Buffer;
  readonly fragments: { readonly bytes: Buffer; readonly arrivedMs: number }[];
  bytes: number;
  /** From when on it is not kept. */
  cutMs: number;
}

/**
 * Keeps the pictures since the last key frame but one, with the time at which each arrived: one is judged a moment after it
 * came, and an alarm shows that very picture. Gives what a decoder needs to show the newest that had arrived by then; empty
 * where that is not kept.
 */
export function keepRecentPictures(
  clock: Clock,
  hub: FragmentHub,
): (arrivedByMs: number) => readonly Buffer[] {
  let init: Buffer | undefined;
  let groups: readonly Group[] = [];
  let open: Group | undefined;
  hub.attach({
    onInit(segment) {
      init = segment.bytes;
      open = undefined;
    },
    onFragment({ bytes, keyFrame, track }) {
      if (track || !init) return;
      if (keyFrame) {
        open = { init, fragments: [], bytes: 0, cutMs: Number.POSITIVE_INFINITY };
        groups = [...groups.slice(-1), open];
      }
      if (!open) return;
      const arrivedMs = clock.now().monotonicMs;
      if (open.bytes + bytes.length > MAX_BYTES) {
        open.cutMs = arrivedMs;
        open = undefined;
        return;
      }
      open.fragments.push({ bytes, arrivedMs });
      open.bytes += bytes.length;
    },
    onEnd() {},
    onWithdrawn() {
      groups = [];
      open = undefined;
    },
    isHurried: () => false,
  });
  return (arrivedByMs) => {
    const group = groups.findLast(({ fragments: [first] }) => first && first.arrivedMs <= arrivedByMs);
    if (!group || group.cutMs <= arrivedByMs) return [];
    const shown = group.fragments.filter(({ arrivedMs }) => arrivedMs <= arrivedByMs);
    return [group.init, ...shown.map(({ bytes }) => bytes)];
  };
}
