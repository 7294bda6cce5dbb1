import type { ClockCorrection } from "../../core/clock-correction.ts";
import type { LedgerEvent } from "../../core/event.ts";
import { type MonthlySheet, SETTLED_AFTER_DAYS } from "../../core/monthly-sheet.ts";
import type { SeqRange } from "../../core/seq-ranges.ts";
import { isoTime } from "../../core/time.ts";
import { createAlarmCount, type RuleNames } from "./alarm-count.ts";
import { createEventTimes } from "./event-times.ts";
import type { MonthSpan } from "./month-span.ts";
import { createOutageCount, type OutageNames } from "./outage-count.ts";

const DAY_MS = 86_400_000;

export interface MonthCountConfig {
  readonly span: MonthSpan;
  readonly corrections: readonly ClockCorrection[];
  readonly namesOf: RuleNames;
  readonly outageName: OutageNames;
  readonly nowMs: number;
  /** Longer lists are cut to what weighs most. */
  readonly most: { readonly alarms: number; readonly outages: number };
}

/** Counts a month from its events: each is looked at once, and none is kept. Pure but for what it has counted. */
export interface MonthCount {
  /** In the order of the ledger. */
  add(event: LedgerEvent): void;
  /** Seqs between which the month lies, as far as its events tell. @param head of the ledger. */
  range(head: number): SeqRange;
  /** @param evicted events in `range` that were let go. */
  sheet(evicted: number): MonthlySheet;
}

export function createMonthCount(config: MonthCountConfig): MonthCount {
  const { span, corrections, namesOf, outageName, nowMs, most } = config;
  const fromMs = span.dayStartsMs[0] ?? 0;
  const settledMs = span.untilMs + SETTLED_AFTER_DAYS * DAY_MS;
  const timeOf = createEventTimes(corrections);
  const alarms = createAlarmCount(span, namesOf);
  const outages = createOutageCount(span);
  const pauses = { count: 0, withheld: 0 };
  let anew = 0;
  let lastBefore = 0;
  let firstAfter: number | undefined;
  let firstMs: number | undefined;

  return {
    add(event) {
      const at = timeOf(event);
      if (at.ms >= settledMs) {
        firstAfter ??= event.seq;
        return;
      }
      alarms.add(event, at);
      if (at.ms >= span.untilMs) {
        firstAfter ??= event.seq;
        // What ended after the month is of it until it ended: how it ended does not matter any more.
        return;
      }
      outages.add(event, at);
      if (at.ms < fromMs) {
        lastBefore = event.seq;
        return;
      }
      firstMs ??= at.ms;
      const { type, data } = event;
      if (type === "org.cunshao.pause.started") pauses.count++;
      if (type === "org.cunshao.pause.ended" && typeof data["withheld"] === "number") {
        pauses.withheld += data["withheld"];
      }
      if (type === "org.cunshao.ledger.started_anew") anew++;
    },
    range: (head) => ({ first: lastBefore + 1, last: firstAfter === undefined ? head : firstAfter - 1 }),
    sheet(evicted) {
      const { unsure, ...counted } = alarms.result(most.alarms);
      return {
        month: span.month,
        from: isoTime(fromMs),
        until: isoTime(span.untilMs),
        countedUntil: isoTime(Math.min(nowMs, settledMs)),
        isSettled: nowMs >= settledMs,
        ...counted,
        outages: outages.result(nowMs, most.outages, outageName),
        pauses,
        gaps: {
          ...{ evicted, anew, unsure },
          ...(lastBefore === 0 && firstMs !== undefined && { firstAt: isoTime(firstMs) }),
        },
      };
    },
  };
}
