import type { BroadcastSource } from "./broadcast.ts";

// What somebody tells of an alarm from the spot, with a telephone of their own: words, place, pictures, a voice.

/** Where somebody stands, in degrees of WGS 84, as the telephone says it. */
export interface ReportPlace {
  readonly latitude: number;
  readonly longitude: number;
  /** With 95 % it is no farther off. */
  readonly accuracyMeters: number;
}

export type ReportFileKind = "photo" | "voice";

/** A picture or voice of a report that has come. */
export interface ReportFile {
  readonly kind: ReportFileKind;
  /** Of a picture, from 0; 0 of a voice. */
  readonly number: number;
  /** Of what is kept; absent once it was let go for its age. */
  readonly sha256?: string | undefined;
  /** Of what was sent, which the box has made anew and does not keep. */
  readonly sentSha256: string;
  /** Of a voice. */
  readonly durationMs?: number | undefined;
}

/** What is told at once; the files it announces come after it, each for itself. */
export interface ReportWords {
  /** Made by who sends it: the same again is the same report. */
  readonly id: string;
  readonly text?: string | undefined;
  readonly place?: ReportPlace | undefined;
  /** So many pictures are to come. */
  readonly photos: number;
  /** A voice is to come. */
  readonly hasVoice: boolean;
}

export interface AlarmReport extends ReportWords {
  /** ISO time. */
  readonly at: string;
  readonly by: string;
  /** In the order in which they came. */
  readonly files: readonly ReportFile[];
}

export const LONGEST_REPORT_TEXT = 500;
export const MOST_REPORT_PHOTOS = 4;
export const LONGEST_VOICE_SECONDS = 60;
/** Of one alarm. */
export const MOST_REPORTS = 20;
/** Of one person in 24 hours. */
export const MOST_REPORTS_A_DAY = 100;
/** Pictures and voices alike; a camera's own picture of 12 megapixels fits. */
export const LARGEST_REPORT_FILE_BYTES = 8_000_000;
/** A bit more than 4:3 of 12 megapixels, as telephones take them. */
export const MOST_PHOTO_PIXELS = 4096 * 3072;
/** Pictures are kept with the longer side no longer. */
export const LONGEST_PHOTO_SIDE = 1600;

/** Makes anew what somebody sent, so that what is kept is a picture or a voice and nothing else, and says nothing of the telephone. */
export interface ReportMaker {
  /**
   * Writes `target`, a JPEG, of the JPEG in `source`. On an error nothing is left at `target`.
   * @throws GatewayError `report.not_photo`, `report.too_many_pixels` (permanent), `report.full`, `report.failed` (transient).
   */
  photo(source: string, target: string): Promise<void>;
  /**
   * Writes `target`, AAC in MP4, of whatever voice there is in `source`.
   * @throws GatewayError `report.not_voice`, `report.voice_too_long` (permanent), `report.full`, `report.failed` (transient).
   */
  voice(source: string, target: string): Promise<{ readonly durationMs: number }>;
}

export interface ReportDesk {
  /**
   * Tells of an alarm, also of one that is over. The same words again record nothing.
   * @throws GatewayError `alarm.unknown`, `report.too_many`, `report.too_many_today`, `report.id_reused` (permanent), `ledger.*`.
   */
  tell(alarm: string, words: ReportWords, by: BroadcastSource): Promise<AlarmReport>;
  /**
   * Examines a file that a report announced, makes it anew and keeps it as evidence. The same file again is not kept twice.
   * @throws GatewayError as `ReportMaker`, and `alarm.unknown`, `report.unknown`, `report.not_announced`, `report.id_reused`,
   *   `report.too_large` (permanent), `report.busy`, `report.cut_off`, `report.full`, `report.unwritable` (transient),
   *   `evidence.*`, `ledger.*`. Nothing is left behind then.
   */
  attach(
    alarm: string,
    report: string,
    file: Pick<ReportFile, "kind" | "number">,
    content: AsyncIterable<Uint8Array>,
    by: BroadcastSource,
  ): Promise<ReportFile>;
}
