import type { Priority } from "../../../core/broadcast.ts";
import type { QuietHours } from "../../../core/horn-limits.ts";
import type { HornsView } from "../../../core/horns-view.ts";
import { isMinuteWithin, minuteOfDay } from "../../../core/schedule.ts";
import type { SpeakerView, VillageState } from "../../../core/village.ts";
import { type Phrase, phrase } from "./phrase.ts";
import { clockOf } from "./rule-sentence.ts";

type Horns = Pick<VillageState, "speakers" | "horns" | "clock" | "site">;

/** As what the box takes somebody's words. */
export interface Voice {
  readonly priority: Priority;
  /** Logged in at the box itself: a desk speaks as a program, whoever sits at it. */
  readonly isByHand: boolean;
}

/** The words of a desk, and of who logs in from the township, are the township's. */
export function voiceOf(role: string, isAtDesk: boolean): Voice {
  return { priority: isAtDesk || role === "township" ? "township" : "local", isByHand: !isAtDesk };
}

/** For how many more minutes somebody of this class is not heard on a horn: 0 while he is, 1440 where he never is. */
export function quietMinutes(
  { horns, clock, site }: Horns,
  speaker: string,
  priority: Priority,
  nowIso: string,
): number {
  if (clock === "unsynced") return 0;
  const windows = windowsOf(horns, speaker, priority);
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

/** With an unknown hour it is night for what comes from afar; who stands there sees whether it is, and the box lets him speak. */
function isHourUnknown({ horns, clock }: Horns, speaker: string, priority: Priority): boolean {
  if (clock !== "unsynced" || priority === "local" || priority === "emergency") return false;
  return windowsOf(horns, speaker, priority).length > 0;
}

function windowsOf(horns: HornsView | undefined, speaker: string, priority: Priority): readonly QuietHours[] {
  return (horns?.quiet ?? []).filter(
    ({ classes, speakers }) => classes.includes(priority) && (speakers?.includes(speaker) ?? true),
  );
}

export interface HornsNow {
  readonly well: boolean;
  /** What keeps horns from being heard, or is just heard on them; empty while they wait for whoever speaks. */
  readonly phrases: readonly Phrase[];
}

/** Whether somebody would be heard now on these horns. */
export function hornsNow(
  state: Horns,
  speakers: readonly SpeakerView[],
  voice: Voice,
  nowIso: string,
): HornsNow {
  if (state.horns?.killSwitch?.closed) return { well: false, phrases: [phrase("horn.now.killed")] };
  const ill = speakers.filter(({ fault }) => fault !== undefined);
  const { priority } = voice;
  const unknown = speakers.filter(({ speaker }) => isHourUnknown(state, speaker, priority));
  const left = speakers
    .map(({ speaker }) => quietMinutes(state, speaker, priority, nowIso))
    .filter((minutes) => minutes > 0);
  const phrases = [
    ...(ill.length > 0 ? [illPhrase(ill.length, speakers.length)] : []),
    ...(unknown.length > 0
      ? [phrase(unknown.length < speakers.length ? "horn.now.someNoClock" : "horn.now.noClock")]
      : []),
    ...(left.length > 0
      ? [quietPhrase(state, Math.min(...left), left.length < speakers.length, voice, nowIso)]
      : []),
  ];
  if (phrases.length > 0) return { well: false, phrases };
  const sounding = speakers.filter(({ phase }) => phase !== "idle").length;
  return { well: true, phrases: sounding > 0 ? [phrase("home.speaking", { count: sounding })] : [] };
}

/** What is said of the chosen horns before anybody types. */
export function readyNow(
  state: Horns,
  speakers: readonly SpeakerView[],
  voice: Voice,
  nowIso: string,
): HornsNow {
  const { well, phrases } = hornsNow(state, speakers, voice, nowIso);
  return { well, phrases: well ? [readyPhrase(state, speakers.length, voice)] : phrases };
}

function readyPhrase({ horns }: Horns, count: number, { priority, isByHand }: Voice): Phrase {
  if (priority === "emergency") {
    return phrase(isByHand ? "horn.now.emergency" : "horn.now.emergencyAfar", { count });
  }
  // A box that does not tell its quiet hours may have some.
  return phrase(horns?.quiet ? "horn.now.ready" : "horn.now.chosen", { count });
}

/** What the page says of an emergency before it is sent; from afar the box waits for a device of the village that agrees. */
export function emergencyPhrases({ horns }: Pick<Horns, "horns">, { isByHand }: Voice): readonly Phrase[] {
  if (isByHand) return [phrase("horn.emergency.explain")];
  const { twoKeySeconds } = horns ?? {};
  return [
    phrase("horn.emergency.explainAfar"),
    ...(twoKeySeconds === undefined
      ? []
      : [phrase("horn.emergency.waitsMinutes", { count: Math.ceil(twoKeySeconds / 60) })]),
    phrase("horn.emergency.atOnce"),
  ];
}

function illPhrase(count: number, of: number): Phrase {
  return count === of ? phrase("horn.now.allIll") : phrase("horn.now.someIll", { count });
}

function quietPhrase(
  { site }: Horns,
  minutes: number,
  isInPart: boolean,
  { isByHand }: Voice,
  nowIso: string,
): Phrase {
  const place = isByHand ? "horn.now" : "horn.afar";
  if (minutes >= 1440) return phrase(`${place}.${isInPart ? "someMuted" : "muted"}`);
  const end = (minuteOfDay(Date.parse(nowIso), site.timezone) + minutes) % 1440;
  return phrase(`${place}.${isInPart ? "someQuiet" : "quiet"}`, { time: clockOf(end) });
}
