import type { Ledger } from "../../src/core/event.ts";
import type { Lesson, LessonBook, LessonCount } from "../../src/core/lesson.ts";
import { silentLogger } from "../../src/core/log.ts";
import type { Clock } from "../../src/core/time.ts";
import { createLessonDesk } from "../../src/rules/lesson-desk.ts";
import type { VillageDouble } from "./village-double.ts";

/** The book of lessons in memory, with what it was asked to keep. */
export function createLessonBookDouble(
  carried: { lessons?: readonly Lesson[]; counts?: readonly LessonCount[] } = {},
) {
  const counted: string[] = [];
  const pictures = new Map<string, { jpeg: Buffer; atMs: number }>();
  const book: LessonBook = {
    open: async () => ({ lessons: carried.lessons ?? [], counts: carried.counts ?? [] }),
    count: async (lesson, day) => void counted.push(`${lesson} ${day}`),
    keepPicture: async (lesson, jpeg) => void pictures.set(lesson, { jpeg: Buffer.from(jpeg), atMs: 0 }),
    picture: async (lesson) => pictures.get(lesson),
    async keepOnly(lessons) {
      for (const lesson of pictures.keys()) if (!lessons.includes(lesson)) pictures.delete(lesson);
    },
  };
  return { book, counted, pictures };
}

/** The real desk on the alarms and rules of the village double, which shows what it tells. */
export function createLessonsDouble({
  clock,
  ledger,
  village,
}: {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly village: VillageDouble;
}) {
  let count = 0;
  const state = village.state();
  const desk = createLessonDesk(
    {
      clock,
      isClockSynced: () => village.state().clock === "synced",
      ledger,
      alarms: { get: async (id) => village.state().alarms.find((alarm) => alarm.id === id) },
      lessonBook: createLessonBookDouble().book,
      record: (draft) => void ledger.append(draft),
      newId: () => `lesson-${++count}`,
      acknowledge: village.acknowledge,
      snapshot: village.snapshot,
      faults: (camera) => village.state().cameras.find(({ id }) => id === camera)?.faults ?? [],
      zones: { zonesOf: (camera) => village.state().cameras.find(({ id }) => id === camera)?.zones ?? [] },
      log: silentLogger,
    },
    { rules: state.rules, cameras: state.cameras, site: state.site },
    { lessons: [], counts: [] },
  );
  desk.changes.on(() => village.update({ lessons: desk.list() }));
  ledger.onAppend(({ type, subject, data }) => {
    if (!type.startsWith("org.cunshao.alarm.false")) return;
    const by = data["by"] as { readonly name: string };
    const falseBy = type === "org.cunshao.alarm.false" ? by.name : undefined;
    const { alarms } = village.state();
    village.update({ alarms: alarms.map((alarm) => (alarm.id === subject ? { ...alarm, falseBy } : alarm)) });
  });
  return desk;
}
