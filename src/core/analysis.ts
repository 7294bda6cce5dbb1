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
}
