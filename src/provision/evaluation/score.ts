import type { Span } from "../../core/clip.ts";

/** So far outside an interval an alarm still belongs to it: labels are set by eye. */
const MARGIN_SECONDS = 1;
/** The detection needs to know the place before it can be late: earlier intervals count for recall alone. */
const FIRST_TIMED_SECONDS = 2;

/** One clip after the rules have seen it. */
export interface JudgedClip {
  readonly durationSeconds: number;
  readonly people: readonly Span[];
  readonly ignore: readonly Span[];
  /** When alarms were raised. */
  readonly alarmsSeconds: readonly number[];
}

/** What is counted; tallies add up. */
export interface Tally {
  readonly intervals: number;
  readonly hits: number;
  readonly falseAlarms: number;
  /** From the beginning of each interval that was hit to its first alarm, where that is timed. */
  readonly latenciesSeconds: readonly number[];
  readonly secondsOfFootage: number;
}

export interface Score {
  /** Share of intervals with an alarm; null where there is none. */
  readonly recall: number | null;
  readonly falseAlarms: number;
  readonly falseAlarmsPerHour: number;
  readonly latencySeconds: { readonly p50: number | null; readonly p95: number | null };
  /** Without what is ignored. */
  readonly secondsOfFootage: number;
}

const NOTHING: Tally = {
  intervals: 0,
  hits: 0,
  falseAlarms: 0,
  latenciesSeconds: [],
  secondsOfFootage: 0,
};

/**
 * An alarm in an interval or within a second of it is a hit, of the nearest where there are two; any other is false. What
 * is ignored forgives: no alarm in it is false, and an interval that lies wholly in it is not asked for.
 */
export function tally({ durationSeconds, people, ignore, alarmsSeconds }: JudgedClip): Tally {
  const asked = people.filter(([from, to]) => !ignore.some(([a, b]) => a <= from && to <= b));
  const firsts = new Map<Span, number>();
  let falseAlarms = 0;
  for (const at of [...alarmsSeconds].sort((a, b) => a - b)) {
    const hit = nearest(asked, at);
    if (hit) firsts.set(hit, firsts.get(hit) ?? at);
    else if (!ignore.some((span) => distance(span, at) === 0) && !nearest(people, at)) falseAlarms++;
  }
  const ignored = ignore.reduce((sum, [a, b]) => sum + Math.max(0, Math.min(b, durationSeconds) - a), 0);
  return {
    intervals: asked.length,
    hits: firsts.size,
    falseAlarms,
    latenciesSeconds: [...firsts]
      .filter(([[from]]) => from >= FIRST_TIMED_SECONDS)
      .map(([[from], at]) => Math.max(0, at - from)),
    secondsOfFootage: durationSeconds - ignored,
  };
}

export function sum(tallies: readonly Tally[]): Tally {
  return tallies.reduce(
    (all, one) => ({
      intervals: all.intervals + one.intervals,
      hits: all.hits + one.hits,
      falseAlarms: all.falseAlarms + one.falseAlarms,
      latenciesSeconds: [...all.latenciesSeconds, ...one.latenciesSeconds],
      secondsOfFootage: all.secondsOfFootage + one.secondsOfFootage,
    }),
    NOTHING,
  );
}

export function score(counted: Tally): Score {
  const { intervals, hits, falseAlarms, latenciesSeconds, secondsOfFootage } = counted;
  return {
    recall: intervals === 0 ? null : rounded(hits / intervals),
    falseAlarms,
    falseAlarmsPerHour: secondsOfFootage > 0 ? rounded((falseAlarms * 3600) / secondsOfFootage) : 0,
    latencySeconds: { p50: percentile(latenciesSeconds, 0.5), p95: percentile(latenciesSeconds, 0.95) },
    secondsOfFootage: rounded(secondsOfFootage),
  };
}

/** 0 inside of the span. */
function distance([from, to]: Span, at: number): number {
  return Math.max(0, from - at, at - to);
}

function nearest(spans: readonly Span[], at: number): Span | undefined {
  const near = spans.filter((span) => distance(span, at) <= MARGIN_SECONDS);
  return near.sort((a, b) => distance(a, at) - distance(b, at))[0];
}

/** By nearest rank; null of nothing. */
function percentile(values: readonly number[], share: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.ceil(share * sorted.length) - 1];
  return value === undefined ? null : rounded(value);
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
