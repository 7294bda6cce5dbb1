// The stretch of time that a bar shows: how it is moved and zoomed, and where its marks stand.

export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Closer than this nothing can be told apart that stepping could not. */
export const SHORTEST_WINDOW_MS = MINUTE_MS;
export const LONGEST_WINDOW_MS = 31 * DAY_MS;

/** Apart from one tick to the next. */
const STEPS_MS = [
  10 * SECOND_MS,
  30 * SECOND_MS,
  MINUTE_MS,
  2 * MINUTE_MS,
  5 * MINUTE_MS,
  10 * MINUTE_MS,
  30 * MINUTE_MS,
  HOUR_MS,
  2 * HOUR_MS,
  3 * HOUR_MS,
  6 * HOUR_MS,
  12 * HOUR_MS,
  DAY_MS,
  2 * DAY_MS,
  7 * DAY_MS,
];

export function lengthOf({ fromMs, toMs }: Stretch): number {
  return toMs - fromMs;
}

/** As long as wanted where there is room, and within what there can be anything of. */
export function within(wanted: Stretch, limits: Stretch): Stretch {
  const room = Math.max(SHORTEST_WINDOW_MS, Math.min(LONGEST_WINDOW_MS, lengthOf(limits)));
  const length = Math.min(room, Math.max(SHORTEST_WINDOW_MS, lengthOf(wanted)));
  const fromMs = Math.max(limits.fromMs, Math.min(wanted.fromMs, limits.toMs - length));
  return { fromMs, toMs: fromMs + length };
}

/** What stands at `aroundMs` stays where it is. @param factor above 1 shows more time. */
export function zoomed(window: Stretch, factor: number, aroundMs: number, limits: Stretch): Stretch {
  const longest = Math.min(LONGEST_WINDOW_MS, lengthOf(limits));
  const length = Math.max(SHORTEST_WINDOW_MS, Math.min(longest, lengthOf(window) * factor));
  const share = Math.min(1, Math.max(0, (aroundMs - window.fromMs) / lengthOf(window)));
  const fromMs = aroundMs - share * length;
  return within({ fromMs, toMs: fromMs + length }, limits);
}

export function moved(window: Stretch, byMs: number, limits: Stretch): Stretch {
  return within({ fromMs: window.fromMs + byMs, toMs: window.toMs + byMs }, limits);
}

/** Holds what is played: turned on like a page when it leaves. */
export function following(window: Stretch, atMs: number, limits: Stretch): Stretch {
  if (atMs >= window.fromMs && atMs <= window.toMs) return window;
  return within({ fromMs: atMs - lengthOf(window) / 10, toMs: atMs + (lengthOf(window) * 9) / 10 }, limits);
}

/** A window and one beside it on each side, so that there is something to see while it is dragged. */
export function withMargin(window: Stretch, limits: Stretch): Stretch {
  const margin = Math.max(0, Math.min(lengthOf(window), (LONGEST_WINDOW_MS - lengthOf(window)) / 2));
  return {
    fromMs: Math.max(limits.fromMs, window.fromMs - margin),
    toMs: Math.max(window.toMs, Math.min(limits.toMs, window.toMs + margin)),
  };
}

/** Round times of the village, at most so many. @param offsetMs of its clock from UTC. */
export function ticksOf({ fromMs, toMs }: Stretch, offsetMs: number, most: number): number[] {
  const step = STEPS_MS.find((one) => (toMs - fromMs) / one <= most) ?? LONGEST_WINDOW_MS;
  const ticks: number[] = [];
  for (let at = Math.ceil((fromMs + offsetMs) / step) * step - offsetMs; at <= toMs; at += step)
    ticks.push(at);
  return ticks;
}

/** What a finger could not keep apart stands as one, at its first. `marks` are in order of time. */
export function groupMarks<Mark extends { readonly atMs: number }>(
  marks: readonly Mark[],
  apartMs: number,
): { readonly first: Mark; readonly all: readonly Mark[] }[] {
  const groups: { first: Mark; all: Mark[] }[] = [];
  for (const mark of marks) {
    const last = groups.at(-1);
    if (last && mark.atMs - last.first.atMs < apartMs) last.all.push(mark);
    else groups.push({ first: mark, all: [mark] });
  }
  return groups;
}

/** The parts of stretches that lie within a window. */
export function cut<One extends Stretch>(stretches: readonly One[], { fromMs, toMs }: Stretch): One[] {
  return stretches.flatMap((one) =>
    one.toMs <= fromMs || one.fromMs >= toMs
      ? []
      : [{ ...one, fromMs: Math.max(fromMs, one.fromMs), toMs: Math.min(toMs, one.toMs) }],
  );
}
