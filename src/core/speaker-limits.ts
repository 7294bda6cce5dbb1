import type { HornLimits } from "./horn-limits.ts";
import type { Speaker } from "./site.ts";

/** Nobody listens to a warning for longer. */
const LONGEST_WARNING_S = 60;

/** How long one recording may be that a speaker plays to its end. */
export interface SpeakerLimit {
  readonly speaker: string;
  readonly name: string;
  readonly longestMs: number;
}

/**
 * The limits of the speakers that play recordings: the longest time of one broadcast, and what the longest time of the
 * amplifier leaves after it has settled. In the order of the speakers.
 */
export function speakerLimits(
  speakers: readonly Speaker[],
  { longestSeconds }: Pick<HornLimits, "longestSeconds">,
): SpeakerLimit[] {
  return speakers.flatMap(({ id, name, audio, settleMs, maxOnSeconds }) =>
    audio.kind === "module"
      ? []
      : [
          {
            speaker: id,
            name,
            longestMs: Math.max(0, Math.min(longestSeconds * 1000, maxOnSeconds * 1000 - settleMs)),
          },
        ],
  );
}

/** Of all speakers together, in seconds; undefined where none plays recordings. */
export function longestOnAnySeconds(limits: readonly SpeakerLimit[]): number | undefined {
  return limits.length === 0
    ? undefined
    : Math.floor(Math.max(...limits.map(({ longestMs }) => longestMs)) / 1000);
}

/** What a recording in place of words may be: no longer than a warning is, nor than the most patient speaker plays. */
export function recordingLimits({
  speakers,
  hornLimits,
  clips,
}: {
  readonly speakers: readonly Speaker[];
  readonly hornLimits: Pick<HornLimits, "longestSeconds">;
  readonly clips: { readonly maxUploadBytes: number };
}): { readonly seconds: number; readonly bytes: number } {
  const longest = longestOnAnySeconds(speakerLimits(speakers, hornLimits)) ?? LONGEST_WARNING_S;
  return { seconds: Math.min(LONGEST_WARNING_S, longest), bytes: clips.maxUploadBytes };
}
