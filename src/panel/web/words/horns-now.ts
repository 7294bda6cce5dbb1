import type { Priority } from "../../../core/broadcast.ts";
import { isMinuteWithin, minuteOfDay } from "../../../core/schedule.ts";
import type { SpeakerView, VillageState } from "../../../core/village.ts";
import { type Phrase, phrase } from "./phrase.ts";
import { clockOf } from "./rule-sentence.ts";

type Horns = Pick<VillageState, "speakers" | "horns" | "clock" | "site">;

/** For how many more minutes somebody of this class is not heard on a horn: 0 while he is, 1440 where he never is. */
export function quietMinutes(
  { horns, clock, site }: Horns,
  speaker: string,
  priority: Priority,
  nowIso: string,
): number {
  // Whoever stands there sees whether it is night: with an unknown hour the box lets him speak.
  if (clock === "unsynced") return 0;
  const windows = (horns?.quiet ?? []).filter(
    ({ classes, speakers }) => classes.includes(priority) && (speakers?.includes(speaker) ?? true),
  );
  const fromMs = Math.floor(Date.parse(nowIso) / 60_000) * 60_000;
  let minutes = 0;
  while (minutes < 1440) {
    const atMs = fromMs + minutes * 60_000;
    const on = windows.find((window) => isMinuteWithin(window, atMs, site.timezone));
    if (!on) return minutes;
    const left = (on.toMinute - minuteOfDay(atMs, site.timezone) + 2880) % 1440;
    minutes += left === 0 ? 1440 : left;
  }
  return 1440;
}

export interface HornsNow {
  readonly well: boolean;
  /** What keeps horns from being heard, or is just heard on them; empty while they wait for whoever speaks. */
  readonly phrases: readonly Phrase[];
}

/** Whether somebody of this class would be heard now on these horns. */
export function hornsNow(
  state: Horns,
  speakers: readonly SpeakerView[],
  priority: Priority,
  nowIso: string,
): HornsNow {
  if (state.horns?.killSwitch?.closed) return { well: false, phrases: [phrase("horn.now.killed")] };
  const ill = speakers.filter(({ fault }) => fault !== undefined);
  const left = speakers
    .map(({ speaker }) => quietMinutes(state, speaker, priority, nowIso))
    .filter((minutes) => minutes > 0);
  const phrases = [
    ...(ill.length > 0 ? [illPhrase(ill.length, speakers.length)] : []),
    ...(left.length > 0
      ? [quietPhrase(state, Math.min(...left), left.length < speakers.length, nowIso)]
      : []),
  ];
  if (phrases.length > 0) return { well: false, phrases };
  const sounding = speakers.filter(({ phase }) => phase !== "idle").length;
  return { well: true, phrases: sounding > 0 ? [phrase("home.speaking", { count: sounding })] : [] };
}

function illPhrase(count: number, of: number): Phrase {
  return count === of ? phrase("horn.now.allIll") : phrase("horn.now.someIll", { count });
}

function quietPhrase({ site }: Horns, minutes: number, isInPart: boolean, nowIso: string): Phrase {
  if (minutes >= 1440) return phrase(isInPart ? "horn.now.someMuted" : "horn.now.muted");
  const end = (minuteOfDay(Date.parse(nowIso), site.timezone) + minutes) % 1440;
  return phrase(isInPart ? "horn.now.someQuiet" : "horn.now.quiet", { time: clockOf(end) });
}
