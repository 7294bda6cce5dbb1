import { isoTime } from "./time.ts";

/**
 * A rule that says how wrong the clock was: the times of these events of a boot, written while nobody knew better, are to be
 * read this much later. The events themselves never change.
 */
export interface ClockCorrection {
  readonly boot: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** To be added to the recorded time, in ms; negative where the clock was fast. */
  readonly offsetMs: number;
  /** What told the right time. */
  readonly source: string;
}

export interface ClockBook {
  /** All that the ledger knows, oldest first. */
  corrections(): readonly ClockCorrection[];
}

/** The corrected time of an event; undefined where its recorded one stands. */
export function correctedTime(
  { seq, time }: { readonly seq: number; readonly time: string },
  corrections: readonly ClockCorrection[],
): string | undefined {
  const found = corrections.find(({ firstSeq, lastSeq }) => firstSeq <= seq && seq <= lastSeq);
  return found && isoTime(Date.parse(time) + found.offsetMs);
}
