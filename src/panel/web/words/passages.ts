// Movement as people think of it: one who stands and goes on is one passage, though the timeline has several spans of it.

/** Movement apart by less than this is one passage. */
const PAUSE_MS = 5_000;

/** A stretch of time in milliseconds since the Unix epoch. */
interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Passage extends Stretch {
  /** Where to begin playing. */
  readonly jumpToMs: number;
  /** False where the box's clock was not known to be right. */
  readonly isDated: boolean;
  readonly towards?: "left" | "right" | undefined;
}

/** Adds passages to those before, oldest first; what goes on where the last one ended lengthens it. */
export function joinPassages(before: readonly Passage[], found: readonly Passage[]): Passage[] {
  const joined = [...before];
  for (const next of found) {
    const last = joined.at(-1);
    if (!last || next.fromMs - last.toMs > PAUSE_MS || next.isDated !== last.isDated) {
      joined.push(next);
      continue;
    }
    const towards = next.towards ?? last.towards;
    joined[joined.length - 1] = { ...last, toMs: Math.max(last.toMs, next.toMs), towards };
  }
  return joined;
}

/** Stretches that a bar of time can draw: what its pixels cannot keep apart is one. `stretches` are in order of time. */
export function joinForBar(stretches: readonly Stretch[], range: Stretch, pixels: number): Stretch[] {
  const leastMs = (range.toMs - range.fromMs) / pixels;
  const joined: Stretch[] = [];
  for (const { fromMs, toMs } of stretches) {
    const last = joined.at(-1);
    if (last && fromMs - last.toMs < leastMs) {
      joined[joined.length - 1] = { fromMs: last.fromMs, toMs: Math.max(last.toMs, toMs) };
    } else {
      joined.push({ fromMs, toMs });
    }
  }
  return joined;
}
