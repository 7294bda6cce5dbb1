import type { LessonView, LessonWords, Spot } from "../../../core/lesson.ts";
import { type Phrase, phrase } from "./phrase.ts";

/** So long after it was taught a lesson stands at the top of the page, with its undo. */
const FRESH_MS = 10 * 60_000;
const WHERE = [
  ["lesson.where.leftTop", "lesson.where.top", "lesson.where.rightTop"],
  ["lesson.where.left", "lesson.where.middle", "lesson.where.right"],
  ["lesson.where.leftBottom", "lesson.where.bottom", "lesson.where.rightBottom"],
] as const;

/** Where in the picture, in one of nine words; the middle of its box, not its feet. */
export function wherePhrase({ feet: [x, y], height }: Spot): Phrase {
  const third = (at: number): 0 | 1 | 2 => (at < 1 / 3 ? 0 : at < 2 / 3 ? 1 : 2);
  return phrase(WHERE[third(y - height / 2)][third(x)]);
}

/** How large it looks. How far it is nobody knows: what is small may be a person far away, and the words say so. */
export function sizePhrase({ height }: Spot): Phrase {
  if (height < 0.07) return phrase("lesson.size.tiny");
  if (height < 0.18) return phrase("lesson.size.small");
  return phrase(height < 0.6 ? "lesson.size.person" : "lesson.size.large");
}

/** Each place once, each size once. */
export function spotPhrases({ spots }: Pick<LessonWords, "spots">): { where: Phrase[]; size: Phrase[] } {
  const once = (phrases: readonly Phrase[]): Phrase[] =>
    phrases.filter(({ key }, index) => phrases.findIndex((other) => other.key === key) === index);
  return { where: once(spots.map(wherePhrase)), size: once(spots.map(sizePhrase)) };
}

/** `13:05` of minutes since midnight. */
export function timeOfMinute(minute: number): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}

/** Lessons of the last minutes, newest first. */
export function freshLessons(lessons: readonly LessonView[], nowIso: string): LessonView[] {
  const nowMs = Date.parse(nowIso);
  return lessons.filter(({ taughtAt }) => nowMs - Date.parse(taughtAt) < FRESH_MS).reverse();
}
