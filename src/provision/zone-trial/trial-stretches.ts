import type { RecordedSpan } from "../../core/recordings.ts";

/** What the place looks like is learnt anew after a pause, before anybody comes. */
const LEAD_MS = 6_000;
/** For so long after the last sign of somebody a track may still be followed, and is then let go of. */
const TAIL_MS = 13_000;
/** After a shorter pause the detection goes on as if there had been none: then there is to be none. */
const LEAST_PAUSE_MS = 30_000;
/** Movement of the last minute may not be in the index yet. */
const UNKNOWN_MS = 60_000;

export interface StretchesQuery {
  readonly recorded: readonly RecordedSpan[];
  /** When something moved, in any order. */
  readonly moved: readonly RecordedSpan[];
  readonly nowMs: number;
  /** For how long after the last movement a rule may still act on who has gone. */
  readonly afterMs: number;
}

/** What of a recording is worth looking at: around movement, and where nobody knows yet whether there was any. */
export function stretchesOf({ recorded, moved, nowMs, afterMs }: StretchesQuery): RecordedSpan[] {
  const tailMs = Math.max(TAIL_MS, afterMs);
  const wanted = joined([
    ...moved.map(({ fromMs, toMs }) => ({ fromMs: fromMs - LEAD_MS, toMs: toMs + tailMs })),
    { fromMs: nowMs - UNKNOWN_MS, toMs: Number.POSITIVE_INFINITY },
  ]);
  return recorded.flatMap(({ fromMs, toMs }) =>
    wanted.flatMap((span) => {
      const common = { fromMs: Math.max(fromMs, span.fromMs), toMs: Math.min(toMs, span.toMs) };
      return common.toMs > common.fromMs ? [common] : [];
    }),
  );
}

export function lengthMs(spans: readonly RecordedSpan[]): number {
  return spans.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
}

function joined(spans: readonly RecordedSpan[]): RecordedSpan[] {
  const all: { fromMs: number; toMs: number }[] = [];
  for (const { fromMs, toMs } of [...spans].sort((a, b) => a.fromMs - b.fromMs)) {
    const last = all.at(-1);
    if (last && fromMs - last.toMs < LEAST_PAUSE_MS) last.toMs = Math.max(last.toMs, toMs);
    else all.push({ fromMs, toMs });
  }
  return all;
}
