import { type Phrase, phrase } from "./phrase.ts";
import { timeOfWall, wallDay } from "./village-time.ts";

const MINUTE_MS = 60_000;

/** Never less than is left: "0 minutes" would read as over. */
export function leftPhrase(untilIso: string, nowIso: string): Phrase {
  const minutes = Math.max(1, Math.ceil((Date.parse(untilIso) - Date.parse(nowIso)) / MINUTE_MS));
  if (minutes < 60) return phrase("pause.left", { count: minutes });
  return phrase("pause.leftHours", { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
}

/** Six in the evening of today; undefined once that is near or over. */
export function thisEvening(nowMs: number, timezone: string): number | undefined {
  const evening = timeOfWall(`${wallDay(nowMs, timezone)}T18:00`, timezone);
  return evening !== undefined && evening - nowMs >= 2 * MINUTE_MS ? evening : undefined;
}
