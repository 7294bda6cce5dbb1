import type { Priority } from "./broadcast.ts";

// What the horns of a village never do, whoever orders it. `config/` makes these; `act/guards.ts` judges by them.

/** Hours of every day in minutes since local midnight; `fromMinute` > `toMinute` runs over midnight. */
export interface Hours {
  readonly fromMinute: number;
  readonly toMinute: number;
}

/** Hours in which these classes are silent on these speakers. */
export interface QuietHours extends Hours {
  readonly classes: readonly Priority[];
  /** Absent: all. */
  readonly speakers?: readonly string[] | undefined;
}

/** Hours in which these classes are no louder than this. */
export interface VolumeCap extends QuietHours {
  /** 0 to 100; 0 is quiet hours. */
  readonly volume: number;
}

export interface HornLimits {
  readonly quietHours: readonly QuietHours[];
  readonly loudest: readonly VolumeCap[];
  /** One broadcast on one speaker, all its repetitions together. */
  readonly longestSeconds: number;
  readonly mostRepeats: number;
  /** Orders of one source. */
  readonly mostPerMinute: number;
  /** No sooner after their end are the same words of a rule said again on a speaker, unless louder. */
  readonly sameWordsSeconds: number;
  /** How far apart two observations may be that together are believed. */
  readonly twoKeySeconds: number;
  /** Id of the input that silences everything while it is closed. */
  readonly killSwitch?: string | undefined;
}

/**
 * At night announcements, programmes and drills are silent; a warning at the water is not, nor is an emergency, which has to
 * name who and why.
 */
export const USUAL_LIMITS: HornLimits = {
  quietHours: [
    { fromMinute: 22 * 60, toMinute: 6 * 60, classes: ["township", "local", "schedule", "drill"] },
  ],
  loudest: [],
  longestSeconds: 600,
  mostRepeats: 10,
  mostPerMinute: 20,
  sameWordsSeconds: 3,
  twoKeySeconds: 120,
};

/** Every window in which classes are silent: no louder than nothing is silence, too. */
export function silentHours({
  quietHours,
  loudest,
}: Pick<HornLimits, "quietHours" | "loudest">): readonly QuietHours[] {
  return [...quietHours, ...loudest.filter(({ volume }) => volume === 0)];
}

/** How loud the loudest of these speakers ever is for this class: what holds at some hours alone is no limit, but quieter then. */
export function mostVolume(
  { loudest }: Pick<HornLimits, "loudest">,
  priority: Priority,
  speakers: readonly string[],
): number {
  const always = loudest.filter(
    ({ classes, fromMinute, toMinute, volume }) =>
      volume > 0 && classes.includes(priority) && (toMinute - fromMinute) % 1440 === 0,
  );
  const mostOf = (speaker: string): number =>
    Math.min(
      100,
      ...always.filter((cap) => cap.speakers?.includes(speaker) ?? true).map(({ volume }) => volume),
    );
  return speakers.length === 0 ? 100 : Math.max(...speakers.map(mostOf));
}

/** Dated orders are taken so long before their time. */
export const LONGEST_AHEAD_MS = 7 * 86_400_000;
