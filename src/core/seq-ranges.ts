/** Numbers of a ledger from `first` to `last`, both included. */
export interface SeqRange {
  readonly first: number;
  readonly last: number;
}

// Lists of ranges here are in order, and no two of them touch.

/** `ranges` with one more, joined with those it touches; an empty one changes nothing. */
export function addRange(ranges: readonly SeqRange[], added: SeqRange): readonly SeqRange[] {
  if (added.last < added.first) return ranges;
  const before: SeqRange[] = [];
  const after: SeqRange[] = [];
  let { first, last } = added;
  for (const range of ranges) {
    if (range.last < first - 1) before.push(range);
    else if (range.first > last + 1) after.push(range);
    else {
      first = Math.min(first, range.first);
      last = Math.max(last, range.last);
    }
  }
  return [...before, { first, last }, ...after];
}

/** `ranges` without the numbers of another. */
export function cutRange(ranges: readonly SeqRange[], cut: SeqRange): readonly SeqRange[] {
  return ranges.flatMap(({ first, last }) =>
    [
      { first, last: Math.min(last, cut.first - 1) },
      { first: Math.max(first, cut.last + 1), last },
    ].filter((rest) => rest.first <= rest.last),
  );
}

/** What of `within` is in none of `ranges`. */
export function gapsIn(ranges: readonly SeqRange[], within: SeqRange): readonly SeqRange[] {
  const gaps: SeqRange[] = [];
  let { first } = within;
  for (const range of ranges) {
    if (range.first > within.last) break;
    if (range.first > first) gaps.push({ first, last: range.first - 1 });
    first = Math.max(first, range.last + 1);
  }
  if (first <= within.last) gaps.push({ first, last: within.last });
  return gaps;
}

export function hasSeq(ranges: readonly SeqRange[], seq: number): boolean {
  return ranges.some(({ first, last }) => first <= seq && seq <= last);
}

/** `5-9,12`: how ranges are written in a header. */
export function rangesText(ranges: readonly SeqRange[]): string {
  return ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(",");
}

/** Numbers in order as ranges. */
export function rangesOf(seqs: readonly number[]): readonly SeqRange[] {
  const ranges: { first: number; last: number }[] = [];
  for (const seq of seqs) {
    const open = ranges.at(-1);
    if (open && seq === open.last + 1) open.last = seq;
    else ranges.push({ first: seq, last: seq });
  }
  return ranges;
}
