import type { ClockCorrection } from "../../../src/core/clock-correction.ts";
import type { LedgerEvent } from "../../../src/core/event.ts";
import type { MonthlySheet } from "../../../src/core/monthly-sheet.ts";
import { createMonthCount } from "../../../src/panel/monthly/month-count.ts";
import { monthSpan } from "../../../src/panel/monthly/month-span.ts";

// A month of a village on the clock of China, told event by event.

export interface Told {
  readonly type: string;
  /** On the village's clock: `11-03 14:00`, of 2026. */
  readonly at: string;
  readonly subject?: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly boot?: string;
  readonly clock?: "synced" | "unsynced";
}

export const chinaTime = (at: string): string =>
  new Date(`2026-${at.replace(" ", "T")}:00+08:00`).toISOString();

export function eventsOf(told: readonly Told[]): readonly LedgerEvent[] {
  return told.map(({ type, at, subject, data = {}, boot = "boot-1", clock = "synced" }, index) => ({
    specversion: "1.0",
    id: `ledger-${index + 1}`,
    source: "/sites/longwan",
    type: `org.cunshao.${type}`,
    ...(subject !== undefined && { subject }),
    time: chinaTime(at),
    datacontenttype: "application/json",
    data,
    ledger: "ledger",
    seq: index + 1,
    class: "state",
    boot,
    monotonic: 0,
    clock,
    prevhash: "",
    hash: "",
  }));
}

interface Asked {
  readonly now?: string;
  readonly corrections?: readonly ClockCorrection[];
  readonly most?: { readonly alarms: number; readonly outages: number };
  readonly evicted?: number;
}

/** November 2026, as it looks from the middle of December unless told. */
export function november(told: readonly Told[], asked: Asked = {}): MonthlySheet {
  const { now = "12-15 00:00", corrections = [], most = { alarms: 40, outages: 20 }, evicted = 0 } = asked;
  const count = createMonthCount({
    span: monthSpan("2026-11", "Asia/Shanghai"),
    nowMs: Date.parse(chinaTime(now)),
    corrections,
    most,
    namesOf: (rule) => ({ name: `规则 ${rule}`, place: rule }),
    outageName: (_kind, id) => id,
  });
  for (const event of eventsOf(told)) count.add(event);
  return count.sheet(evicted);
}

const PERSON = { kind: "person", name: "李主任" };

/** Somebody at the pond. */
export function raised(id: string, at: string, data: Readonly<Record<string, unknown>> = {}): Told {
  const because = { kind: "presence", camera: "pond", zone: "bank", present: true };
  return {
    type: "alarm.raised",
    at,
    subject: id,
    data: { rule: "pond", severity: "warning", because, ...data },
  };
}

export const cleared = (id: string, at: string, by?: string): Told => ({
  ...{ type: "alarm.cleared", at, subject: id },
  data: by === undefined ? {} : { by: { ...PERSON, name: by } },
});

export const handled = (what: string, id: string, at: string): Told => ({
  ...{ type: `alarm.${what}`, at, subject: id, data: { by: PERSON } },
});

/** The box spoke by itself. @param soundedAt when the horn began; it ended at `at`. */
export function spoke(id: string, at: string, data: Readonly<Record<string, unknown>> = {}): Told {
  return {
    type: "broadcast.finished",
    at,
    subject: `words for ${id}`,
    data: {
      ...{ alarm: id, speaker: "horn", result: "played", heard: "heard", soundedAt: chinaTime(at) },
      source: { kind: "rule", name: "pond" },
      ...data,
    },
  };
}
