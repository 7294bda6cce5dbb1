import { CLASSES_BY_URGENCY, type Lanes } from "../core/delivery.ts";
import type { EventClass } from "../core/event.ts";
import { addRange, gapsIn, type SeqRange } from "../core/seq-ranges.ts";

/** A run of numbers that may hold events to be sent; of all classes where none is given. */
export interface PlannedSpan extends SeqRange {
  readonly class: EventClass | undefined;
}

export interface PlanOf {
  readonly head: number;
  /** Alarms after this are of now, those before are backlog. */
  readonly liveFrom: number;
  /** One run after the other whatever the class, for an upstream that can only count without gaps. */
  readonly bySeq: boolean;
}

/**
 * What is still to be sent, the most important first: alarms of now, alarms of the time without a line, then the other
 * classes, each from its oldest event on.
 */
export function planSpans(taken: Lanes, { head, liveFrom, bySeq }: PlanOf): readonly PlannedSpan[] {
  const all = { first: 1, last: head };
  if (bySeq) {
    const firsts = CLASSES_BY_URGENCY.flatMap((each) => gapsIn(taken[each], all)[0]?.first ?? []);
    return firsts.length === 0 ? [] : [{ class: undefined, first: Math.min(...firsts), last: head }];
  }
  return CLASSES_BY_URGENCY.flatMap((each): PlannedSpan[] => {
    const gaps = (within: SeqRange) => gapsIn(taken[each], within).map((gap) => ({ class: each, ...gap }));
    if (each !== "alarm") return gaps(all);
    return [
      ...gaps({ first: liveFrom + 1, last: head }),
      ...gaps({ first: 1, last: Math.min(liveFrom, head) }),
    ];
  });
}

/** Whether it is alarms of now, or what one that only counts without gaps wants before them. */
export function isOfNow({ class: eventClass, first }: PlannedSpan, liveFrom: number): boolean {
  return first > liveFrom && (eventClass === "alarm" || eventClass === undefined);
}

/** `lanes` with a range more, in one class or in all. */
export function extendLanes(lanes: Lanes, eventClass: EventClass | undefined, range: SeqRange): Lanes {
  const extended = (each: EventClass): readonly SeqRange[] =>
    eventClass === undefined || eventClass === each ? addRange(lanes[each], range) : lanes[each];
  return { alarm: extended("alarm"), state: extended("state"), audit: extended("audit") };
}

/** Everything up to `seq`, of every class. */
export function lanesThrough(seq: number): Lanes {
  const lane = seq < 1 ? [] : [{ first: 1, last: seq }];
  return { alarm: lane, state: lane, audit: lane };
}
