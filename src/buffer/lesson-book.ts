import type { LedgerEvent } from "../core/event.ts";
import type { Point } from "../core/geometry.ts";
import type { Lesson, LessonBook, LessonCount, Spot, Teaching } from "../core/lesson.ts";
import type { Projection } from "./ledger.ts";
import type { LessonPictures } from "./lesson-pictures.ts";
import { isSource } from "./source-data.ts";
import type { Database, Transaction } from "./sql.ts";

type Fields = Readonly<Record<string, unknown>>;

async function applyEvent({ run }: Transaction, { type, subject, seq, data }: LedgerEvent): Promise<void> {
  if (subject === undefined) return;
  if (type === "org.cunshao.lesson.taught") {
    const json = JSON.stringify(data);
    await run("INSERT OR IGNORE INTO lessons (id, seq, data) VALUES (?, ?, ?)", [subject, seq, json]);
    await run("INSERT OR IGNORE INTO lesson_teachings (seq, lesson, data) VALUES (?, ?, ?)", [
      seq,
      subject,
      json,
    ]);
  } else if (type === "org.cunshao.lesson.ignored") {
    await run("UPDATE lesson_counts SET told = 1 WHERE lesson = ? AND day = ?", [
      subject,
      String(data["day"]),
    ]);
  } else if (type === "org.cunshao.lesson.ended") {
    await run("DELETE FROM lessons WHERE id = ?", [subject]);
    await run("DELETE FROM lesson_teachings WHERE lesson = ?", [subject]);
    await run("DELETE FROM lesson_counts WHERE lesson = ?", [subject]);
  }
}

/** Lessons that stand; the ledger keeps them by `projection`. */
export function createLessonBook(
  database: Database,
  pictures: LessonPictures,
): { readonly book: LessonBook; readonly projection: Projection } {
  return {
    book: {
      async open() {
        const rows = await database.all<{ id: string; data: string }>(
          "SELECT id, data FROM lessons ORDER BY seq",
        );
        const teachings = await database.all<{ lesson: string; data: string }>(
          "SELECT lesson, data FROM lesson_teachings ORDER BY seq",
        );
        const counted = await database.all<Omit<LessonCount, "told"> & { told: number }>(
          `SELECT lesson, day, count, told FROM lesson_counts JOIN lessons ON lessons.id = lesson
           ORDER BY lesson, day`,
        );
        const taughtOf = (id: string): Fields[] =>
          teachings.flatMap(({ lesson, data }) => (lesson === id ? [JSON.parse(data) as Fields] : []));
        return {
          lessons: rows.flatMap(({ id, data }) => toLesson(id, JSON.parse(data) as Fields, taughtOf(id))),
          counts: counted.map((row) => ({ ...row, told: row.told === 1 })),
        };
      },
      async count(lesson, day) {
        await database.transaction(async ({ run }) => {
          // Of one that was taken back meanwhile nothing is counted.
          await run(
            `INSERT INTO lesson_counts (lesson, day, count) SELECT id, ?2, 1 FROM lessons WHERE id = ?1
             ON CONFLICT (lesson, day) DO UPDATE SET count = count + 1`,
            [lesson, day],
          );
        });
      },
      keepPicture: pictures.keep,
      picture: pictures.find,
      keepOnly: pictures.keepOnly,
    },
    projection: {
      concerns: ({ type }) => type.startsWith("org.cunshao.lesson."),

      async apply(transaction, events) {
        for (const event of events) await applyEvent(transaction, event);
      },
    },
  };
}

/** A row that is not what it should be ignores nothing: fail towards the alarm. */
function toLesson(id: string, data: Fields, teachings: readonly Fields[]): Lesson[] {
  const { camera, zone, detector, spots, isPerson } = data;
  if (typeof camera !== "string" || typeof zone !== "string" || typeof detector !== "string") return [];
  const taught = teachings.flatMap(toTeaching);
  if (!Array.isArray(spots) || spots.length === 0 || !spots.every(isSpot) || taught.length === 0) return [];
  return [{ id, camera, zone, detector, spots: spots.map(toSpot), isPerson: isPerson === true, taught }];
}

function toTeaching({ alarm, by, at, clock }: Fields): Teaching[] {
  const atMs = typeof at === "string" ? Date.parse(at) : Number.NaN;
  if (typeof alarm !== "string" || Number.isNaN(atMs) || !isSource(by)) return [];
  return [{ alarm, by, atMs, clock: clock === "synced" ? "synced" : "unsynced" }];
}

function toSpot({ feet, reach, width, height, factor }: Spot): Spot {
  return { feet, reach, width, height, factor };
}

function isSpot(value: unknown): value is Spot {
  if (!isRecord(value)) return false;
  const { feet, reach, width, height, factor } = value;
  return isPoint(feet) && isPoint(reach) && [width, height, factor].every((one) => Number(one) > 0);
}

function isPoint(value: unknown): value is Point {
  return Array.isArray(value) && value.length === 2 && value.every(Number.isFinite);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
