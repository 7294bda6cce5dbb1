import type { GrayFormat } from "./media.ts";

/** What movement is found in: small enough for a Pi, large enough for a person of 8 % of the picture's height. */
export const ANALYSED_PICTURES: GrayFormat = { width: 320, height: 180, framesPerSecond: 5 };

/** People are looked for in colour: more of them than these pixels show are not found, and each pixel costs. */
const COLOUR_WIDTH = 640;
const COLOUR_HEIGHT = 480;

/** The pictures that people are looked for in: a stream's own size and aspect, made no larger, with even sides. */
export function colourPictures({ width, height }: Pick<GrayFormat, "width" | "height">): GrayFormat {
  const scale = Math.min(1, COLOUR_WIDTH / width, COLOUR_HEIGHT / height);
  const even = (side: number): number => Math.max(2, 2 * Math.round((side * scale) / 2));
  const { framesPerSecond } = ANALYSED_PICTURES;
  return { width: even(width), height: even(height), framesPerSecond, colour: true };
}

/** Bytes of one picture. */
export function pictureBytes({ width, height, colour }: GrayFormat): number {
  return width * height * (colour ? 1.5 : 1);
}

/** How the looks for people keep up with one camera, since the start. */
export interface LookFigures {
  readonly looks: number;
  /** Sum of the times from asking for a turn to getting it. */
  readonly waitedMs: number;
  /** Pictures that waited in vain: a newer one came before their turn. */
  readonly leftOut: number;
  /** For how long it waited beyond its next picture: the time for looks was short. */
  readonly shortMs: number;
}

/** How the analysis of a camera's pictures keeps up. */
export interface AnalysisFigures {
  readonly camera: string;
  /** Every frame is decoded at present, not only key frames. */
  readonly isFullRate: boolean;
  /** From key frame to key frame; undefined before the second of a session. */
  readonly keyFrameSeconds: number | undefined;
  /** Pictures judged since start. */
  readonly judged: number;
  /** Pictures left out since start, because they were late or the analysis was behind. */
  readonly skipped: number;
  /** From the arrival of each judged frame at the ingest to the end of its judgement, summed up. */
  readonly ageSecondsSum: number;
  /** The oldest of the last minute; 0 when none was judged. */
  readonly oldestAgeSeconds: number;
  /** Absent where only movement is watched. */
  readonly looks?: LookFigures | undefined;
}
