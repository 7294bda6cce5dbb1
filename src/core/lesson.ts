import type { BroadcastSource } from "./broadcast.ts";
import type { Point } from "./geometry.ts";
import type { Detector } from "./observation.ts";
import type { Schedule } from "./site.ts";

// 误报: a person says that an alarm was false, and the zone learns what not to be alarmed by. A lesson ignores what looks
// like it and stays where it was, counts what it ignored, can be taken back, and ends by itself.

/** Where something stood and how large it was, with what may differ. */
export interface Spot {
  readonly feet: Point;
  /** How far its feet may be from there, each way, in fractions of the picture. */
  readonly reach: Point;
  /** Of its box, in fractions of the picture. */
  readonly width: number;
  readonly height: number;
  /** Width and height may each be so many times larger or smaller, above 1. */
  readonly factor: number;
}

/** What one false alarm has taught. */
export interface LessonDraft {
  readonly camera: string;
  readonly zone: string;
  /** It ignores only what is found by the same means. */
  readonly detector: Detector;
  readonly spots: readonly Spot[];
  /** A model was sure to see a person: the lesson is narrower and shorter. */
  readonly isPerson: boolean;
}

/** Who called which alarm false, and when. */
export interface Teaching {
  readonly alarm: string;
  readonly by: BroadcastSource;
  /** Wall time; true only when `clock` is `synced`. */
  readonly atMs: number;
  readonly clock: "synced" | "unsynced";
}

/** A lesson as the ledger tells it. */
export interface Lesson extends LessonDraft {
  readonly id: string;
  /** Oldest first, at least one. */
  readonly taught: readonly Teaching[];
}

/** What was ignored on one local day. */
export interface LessonCount {
  readonly lesson: string;
  /** `2026-07-01`, in the site's time zone. */
  readonly day: string;
  readonly count: number;
  /** An event has told of it. */
  readonly told: boolean;
}

export interface LessonBook {
  /** Lessons that nothing in the ledger ended, oldest first, and what they ignored. */
  open(): Promise<{ readonly lessons: readonly Lesson[]; readonly counts: readonly LessonCount[] }>;
  /** One more was ignored. @throws GatewayError `ledger.*`. */
  count(lesson: string, day: string): Promise<void>;
  /** Keeps one picture a lesson: the newest takes the place of the one before. @throws GatewayError `lessons.*`. */
  keepPicture(lesson: string, jpeg: Uint8Array): Promise<void>;
  picture(lesson: string): Promise<{ readonly jpeg: Buffer; readonly atMs: number } | undefined>;
  /** Lets the pictures of all other lessons go. */
  keepOnly(lessons: readonly string[]): Promise<void>;
}

/** Minutes since local midnight; `fromMinute` > `toMinute` runs over midnight. */
export type LessonHours = Pick<Schedule, "fromMinute" | "toMinute">;

/** What a lesson ignores, in what the page can say. */
export interface LessonWords extends LessonDraft {
  /** Of the camera and the zone. */
  readonly name: string;
  /** All day where absent. */
  readonly hours?: LessonHours | undefined;
  /** ISO time. */
  readonly until: string;
}

export interface LessonView extends LessonWords {
  readonly id: string;
  /**
   * `clock`: after a restart it waits until the clock is known to be right; `moved`: the camera looks elsewhere; `zone`: the
   * water left so little of the zone that the lessons would cover too much of it.
   */
  readonly state: "holding" | "clock" | "moved" | "zone";
  /** Who taught it last, and when: ISO time. */
  readonly by: BroadcastSource;
  readonly taughtAt: string;
  /** The alarms that taught it, oldest first. */
  readonly alarms: readonly string[];
  /** How often it ignored something: today, in the last seven days, and ever. */
  readonly today: number;
  readonly week: number;
  readonly total: number;
  /** ISO time of the last picture of what it ignored. */
  readonly picturedAt?: string | undefined;
}

/** What calling an alarm false teaches: a lesson, one that is there already, or nothing. */
export interface FalseAlarm {
  readonly alarm: string;
  /** What will be ignored from now on; absent where nothing is. */
  readonly ignores?: LessonWords | undefined;
  /** Id of the lesson, once it is taught or where it is there already. */
  readonly lesson?: string | undefined;
  /** It is taught once more: it lasts longer, and ignores no more than before. */
  readonly repeats?: boolean | undefined;
  /** Stable code of why nothing is learnt, e.g. `lesson.zone_full`. */
  readonly nothing?: string | undefined;
}

/** How often something was ignored in a zone since the gateway started. */
export interface LessonFigures {
  readonly camera: string;
  readonly zone: string;
  readonly ignored: number;
}

export interface LessonDesk {
  /** Oldest first. */
  list(): readonly LessonView[];
  figures(): readonly LessonFigures[];
  /** What `mark` would do. @throws GatewayError `alarm.unknown` (permanent). */
  preview(alarm: string): Promise<FalseAlarm>;
  /**
   * Calls the alarm false, acknowledges it where it is still open, and learns from it where something can be learnt.
   * Resolves once it is on disk. Repeating changes nothing.
   * @throws GatewayError `alarm.unknown` (permanent), `ledger.*`.
   */
  mark(alarm: string, by: BroadcastSource): Promise<FalseAlarm>;
  /** It was no false alarm: the mark goes, and the lesson it taught. @throws GatewayError `alarm.unknown`, `alarm.not_false` (permanent). */
  withdraw(alarm: string, by: BroadcastSource): Promise<void>;
  /** Ignores nothing more at once, even when the disk takes nothing, and withdraws its alarms' marks. @throws GatewayError `lesson.unknown` (permanent). */
  undo(lesson: string, by: BroadcastSource): Promise<void>;
  /** The last picture of what it ignored. @throws GatewayError `lesson.unknown`, `lesson.unpictured` (permanent). */
  picture(lesson: string): Promise<Buffer>;
}
