import type { TriedClip } from "./try-condition.ts";

/** What came of some of the clips. */
export interface TrialFigures {
  /** Of clips with nobody in them. */
  readonly emptyMinutes: number;
  readonly falseAlarms: number;
  readonly falseAlarmsPerHour: number | null;
  readonly walks: number;
  readonly found: number;
  /** From the half of a person in the picture to the alarm. */
  readonly latencySeconds: { readonly p50: number | null; readonly p95: number | null };
}

export function figuresOf(clips: readonly TriedClip[]): TrialFigures {
  const empty = clips.filter(({ people }) => people.length === 0);
  const walks = clips.filter(({ people }) => people.length > 0);
  const hours = empty.reduce((sum, { result }) => sum + result.secondsOfFootage, 0) / 3600;
  const falseAlarms = empty.reduce((sum, { result }) => sum + result.falseAlarms, 0);
  // Each walk is a clip of its own with one interval: its p50 is the latency.
  const late = walks.flatMap(({ result }) => result.latencySeconds.p50 ?? []).sort((a, b) => a - b);
  const rank = (share: number): number | null => late[Math.ceil(share * late.length) - 1] ?? null;
  return {
    emptyMinutes: Math.round(hours * 600) / 10,
    falseAlarms,
    falseAlarmsPerHour: hours > 0 ? Math.round((falseAlarms / hours) * 100) / 100 : null,
    walks: walks.length,
    found: walks.filter(({ result }) => result.recall === 1).length,
    latencySeconds: { p50: rank(0.5), p95: rank(0.95) },
  };
}

const SIZES = ["near", "mid", "far"] as const;

export const TABLE_HEAD = [
  `${"".padEnd(12)}|  nobody there           | found of walks (p95 s)`,
  `${"condition".padEnd(12)}|  minutes  false  false/h | ${SIZES.map((size) => size.padEnd(15)).join("")}`,
].join("\n");

export function tableLine(name: string, clips: readonly TriedClip[]): string {
  const { emptyMinutes, falseAlarms, falseAlarmsPerHour } = figuresOf(clips);
  const people = SIZES.map((size) => {
    const { walks, found, latencySeconds } = figuresOf(clips.filter((clip) => clip.size === size));
    if (walks === 0) return "-".padEnd(15);
    const { p95 } = latencySeconds;
    return `${found}/${walks}${p95 === null ? "" : ` (${p95.toFixed(1)})`}`.padEnd(15);
  });
  const rate = falseAlarmsPerHour === null ? "-" : falseAlarmsPerHour.toFixed(1);
  return [
    `${name.padEnd(12)}| ${emptyMinutes.toFixed(1).padStart(8)}`,
    `${String(falseAlarms).padStart(6)} ${rate.padStart(8)} | ${people.join("")}`,
  ].join(" ");
}
