import type { LessonWords } from "../../../core/lesson.ts";
import { useWords } from "../i18n.ts";
import { useVillage } from "../parts/use-village.ts";
import { spotPhrases, timeOfMinute } from "../words/lesson-words.ts";

/** What a lesson ignores, as parameters of the messages. */
export function useLessonWords() {
  const { t, say } = useWords();
  const { times } = useVillage();
  return (lesson: LessonWords) => {
    const { where, size } = spotPhrases(lesson);
    const { hours } = lesson;
    return {
      name: lesson.name,
      where: where.map(say).join(t("list.join")),
      size: size.map(say).join(t("list.join")),
      until: say(times.value.date(lesson.until)),
      hours: hours && { from: timeOfMinute(hours.fromMinute), to: timeOfMinute(hours.toMinute) },
    };
  };
}
