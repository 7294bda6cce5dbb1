import type { Fragment, InitSegment } from "./fragmented-mp4.ts";
import { codecOf, sequenceParametersOf } from "./parameter-sets.ts";
import { createPaceWatch } from "./stream-pace.ts";

/** Finds in one session's stream what ffmpeg passes on without a word. Each gives the stable code of a fault, if any. */
export interface StreamInspection {
  /** `video.unsupported_codec` */
  onInit(init: InitSegment): string | undefined;
  /** `video.changed` before a fragment in another size or profile, `video.time_jump`, `video.time_stuck`. */
  onFragment(fragment: Fragment, nowMs: number): string | undefined;
  /** Whether a key frame has come, without which nothing can be decoded. */
  hasKeyFrame(): boolean;
}

export function createStreamInspection(): StreamInspection {
  const paceFault = createPaceWatch();
  let codec: ReturnType<typeof codecOf>;
  let ticksPerMs = 1;
  let hasKeyFrame = false;
  /** Of the first key frame: what the camera's SDP says may be out of date. */
  let sequence: Buffer | undefined;

  return {
    onInit(init) {
      codec = codecOf(init);
      ticksPerMs = init.timescale / 1000;
      return codec ? undefined : "video.unsupported_codec";
    },
    onFragment(fragment, nowMs) {
      if (fragment.track === "audio") return undefined;
      if (fragment.keyFrame && codec) {
        hasKeyFrame = true;
        const found = sequenceParametersOf(codec, fragment);
        // Players and recordings know the size from the init segment alone, so that a new one needs a new session.
        if (sequence && found.length > 0 && !found.equals(sequence)) return "video.changed";
        if (found.length > 0) sequence = found;
      }
      return paceFault(fragment.decodeTime / ticksPerMs, nowMs);
    },
    hasKeyFrame: () => hasKeyFrame,
  };
}
