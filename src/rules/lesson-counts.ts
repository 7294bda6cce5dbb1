import { errorCode } from "../core/errors.ts";
import type { EventDraft } from "../core/event.ts";
import type { LessonBook, LessonCount, LessonFigures } from "../core/lesson.ts";
import type { Logger } from "../core/log.ts";
import type { Clock } from "../core/time.ts";

/** At most one picture a lesson in so long. */
const PICTURE_EVERY_MS = 3_600_000;
const DAY_MS = 86_400_000;
const WEEK_DAYS = 7;

export interface LessonCountsDependencies {
  readonly clock: Clock;
  readonly timezone: string;
  readonly book: Pick<LessonBook, "count" | "keepPicture">;
  readonly record: (draft: EventDraft) => void;
  /** The camera's newest picture as JPEG. */
  readonly snapshot: (camera: string) => Promise<Buffer>;
  readonly log: Logger;
}

interface Counted {
  readonly id: string;
  readonly camera: string;
  readonly zone: string;
}

/** Counts what lessons ignore, a local day at a time, with a picture now and then: nothing is ignored unseen. */
export interface LessonCounts {
  add(lesson: Counted): void;
  of(lesson: string): { readonly today: number; readonly week: number; readonly total: number };
  figures(): readonly LessonFigures[];
  /** Tells the ledger of days that are over. @param lessons that stand. */
  tell(lessons: readonly Counted[]): void;
  forget(lesson: string): void;
}

export function createLessonCounts(
  { clock, timezone, book, record, snapshot, log }: LessonCountsDependencies,
  carried: readonly LessonCount[],
  onPicture: (lesson: string, atMs: number) => void,
): LessonCounts {
  const format = new Intl.DateTimeFormat("en-CA", {
    timeZone: timezone,
    ...{ year: "numeric", month: "2-digit", day: "2-digit" },
  });
  const dayOf = (wallMs: number): string => format.format(wallMs);
  const days = new Map<string, Map<string, { count: number; told: boolean }>>();
  const figures = new Map<string, LessonFigures>();
  const picturedMs = new Map<string, number>();
  for (const { lesson, day, count, told } of carried) daysOf(lesson).set(day, { count, told });

  function daysOf(lesson: string) {
    const known = days.get(lesson) ?? new Map<string, { count: number; told: boolean }>();
    days.set(lesson, known);
    return known;
  }

  function takePicture({ id, camera }: Counted): void {
    const { monotonicMs, wallMs } = clock.now();
    const lastMs = picturedMs.get(id);
    if (lastMs !== undefined && monotonicMs - lastMs < PICTURE_EVERY_MS) return;
    picturedMs.set(id, monotonicMs);
    const kept = snapshot(camera).then(async (jpeg) => {
      // Taken back meanwhile: nothing of it stays.
      if (!picturedMs.has(id)) return;
      await book.keepPicture(id, jpeg);
      onPicture(id, wallMs);
    });
    kept.catch((error: unknown) => {
      log.warn({ code: errorCode(error), lesson: id }, "no picture of what was ignored");
    });
  }

  return {
    add(lesson) {
      const { id, camera, zone } = lesson;
      const day = dayOf(clock.now().wallMs);
      const before = daysOf(id).get(day);
      daysOf(id).set(day, { count: (before?.count ?? 0) + 1, told: false });
      const key = JSON.stringify([camera, zone]);
      figures.set(key, { camera, zone, ignored: (figures.get(key)?.ignored ?? 0) + 1 });
      book.count(id, day).catch((error: unknown) => {
        log.error({ code: errorCode(error), lesson: id }, "what was ignored could not be counted on disk");
      });
      takePicture(lesson);
    },
    of(lesson) {
      const { wallMs } = clock.now();
      const today = dayOf(wallMs);
      const weekFrom = dayOf(wallMs - (WEEK_DAYS - 1) * DAY_MS);
      const sum = (from: string): number =>
        [...(days.get(lesson) ?? [])].reduce((all, [day, { count }]) => (day >= from ? all + count : all), 0);
      return { today: sum(today), week: sum(weekFrom), total: sum("") };
    },
    figures: () => [...figures.values()],
    tell(lessons) {
      const today = dayOf(clock.now().wallMs);
      for (const { id, camera, zone } of lessons) {
        for (const [day, { count, told }] of days.get(id) ?? []) {
          if (told || day >= today) continue;
          daysOf(id).set(day, { count, told: true });
          record({
            type: "org.cunshao.lesson.ignored",
            class: "state",
            subject: id,
            data: { camera, zone, day, count },
          });
        }
      }
    },
    forget(lesson) {
      days.delete(lesson);
      picturedMs.delete(lesson);
    },
  };
}
