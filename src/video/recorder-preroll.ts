import type { RecordPlan } from "../core/site.ts";
import type { Moment } from "../core/time.ts";
import type { Fragment } from "./fragmented-mp4.ts";

export interface TimedFragment {
  readonly fragment: Fragment;
  /** When it came. */
  readonly at: Moment;
}

const LEAST_MAX_BYTES = 8 * 1024 * 1024;
/** A group of pictures is kept whole: the oldest reaches back further than was asked for. */
const GROUP_SECONDS = 4;

/** More than this before an event is not kept, whatever the camera sends. */
export function prerollBytes({
  beforeSeconds,
  expectedKbps,
}: Pick<RecordPlan, "beforeSeconds" | "expectedKbps">): number {
  return Math.max(LEAST_MAX_BYTES, ((beforeSeconds + GROUP_SECONDS) * expectedKbps * 1000) / 8);
}

/** The last seconds of a stream in memory, in whole groups of pictures. */
export interface Preroll {
  add(timed: TimedFragment): void;
  /** What is held from `afterDecodeTime` on (exclusive), from a key frame on. */
  since(afterDecodeTime: number): TimedFragment[];
  clear(): void;
}

export function createPreroll(keepMs: number, maxBytes: number): Preroll {
  let groups: { readonly fragments: TimedFragment[]; sizeBytes: number }[] = [];
  let sizeBytes = 0;

  return {
    add(timed) {
      const { fragment, at } = timed;
      if (fragment.keyFrame) groups.push({ fragments: [], sizeBytes: 0 });
      const group = groups.at(-1);
      if (!group) return;
      group.fragments.push(timed);
      group.sizeBytes += fragment.bytes.length;
      sizeBytes += fragment.bytes.length;
      while (groups.length > 0) {
        const [oldest, second] = groups;
        const isOld =
          second?.fragments[0] !== undefined && at.monotonicMs - second.fragments[0].at.monotonicMs >= keepMs;
        if (!oldest || !(isOld || sizeBytes > maxBytes)) break;
        groups.shift();
        sizeBytes -= oldest.sizeBytes;
      }
    },
    since: (afterDecodeTime) =>
      groups
        .filter(({ fragments }) => (fragments[0]?.fragment.decodeTime ?? 0) > afterDecodeTime)
        .flatMap(({ fragments }) => fragments),
    clear() {
      groups = [];
      sizeBytes = 0;
    },
  };
}
