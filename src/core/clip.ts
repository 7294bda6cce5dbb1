import type { Box, Polygon } from "./geometry.ts";
import type { GrayFormat } from "./media.ts";
import type { Detector, Observation } from "./observation.ts";
import type { GrayPicture } from "./picture.ts";
import type { Rule } from "./site.ts";
import type { Moment } from "./time.ts";

// What `cunshao evaluate` puts the detection to: clips of which somebody has said when people are in them.

/** From and to, in seconds from the clip's start; from < to. */
export type Span = readonly [fromSeconds: number, toSeconds: number];

export interface LabelledClip {
  /** As the labels name it. */
  readonly file: string;
  /** Where it is. */
  readonly path: string;
  readonly zone: Polygon;
  /** When somebody is in the zone. */
  readonly people: readonly Span[];
  /** What happens in these counts neither way. */
  readonly ignore: readonly Span[];
  /** Reported apart: beyond what is asked of the detection today. */
  readonly hard: boolean;
  /** Undefined: whoever is in the zone, at once, one alarm a track. */
  readonly rule?: Rule | undefined;
}

/** Ids by which observations and rules of a clip name its camera and its zone. */
export const CLIP_CAMERA = "clip";
export const CLIP_ZONE = "zone";

export interface ClipFacts {
  /** Of its pictures as they are shown, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly durationSeconds: number;
}

export interface ClipPicture {
  /** From the clip's start to this picture. */
  readonly seconds: number;
  readonly pixels: Uint8Array<ArrayBuffer>;
}

/** Reads video files through the same choice of frames and the same scaling as a camera's stream. */
export interface ClipReader {
  /** @throws GatewayError `clip.missing`, `clip.no_video`, `clip.empty`, `ffmpeg.missing` (permanent). */
  examine(path: string): Promise<ClipFacts>;
  /** @throws GatewayError `clip.broken` (permanent) while it is read. */
  pictures(path: string, format: GrayFormat): AsyncIterable<ClipPicture>;
}

/** What the detection tells after one picture of a clip. */
export interface ClipLook {
  /** As the rules get them. */
  readonly observations: readonly Observation[];
  /** Who is in the zone now; an id stays with one and the same, and is that of the observations' tracks where they have any. */
  readonly tracks: readonly string[];
}

/** The whole detection of one camera, with time taken from its pictures alone. */
export interface ClipDetection {
  readonly detector: Detector;
  look(picture: GrayPicture): Promise<ClipLook>;
}

/** An alarm that a rule over told observations raised. */
export interface ReplayedAlarm {
  readonly at: Moment;
  /** Of those who broke the rule; none where no camera tells. */
  readonly boxes: readonly Box[];
}

/** One rule over observations that are told with their time, without a clock: the same input raises the same alarms. */
export interface RuleReplay {
  /** Moves on to `now`, with every tick the rule asked for until then, and observes; times never go back. */
  observe(observation: Observation, now: Moment): void;
  /** Moves on to `now` alone. */
  advance(now: Moment): void;
  /** In order. */
  readonly raised: readonly ReplayedAlarm[];
}
