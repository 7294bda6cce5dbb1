import type { LedgerEvent } from "../../../core/event.ts";
import type { LetGoSpan } from "../../../core/let-go.ts";
import { isRecord } from "./event-data.ts";
import { type Phrase, phrase } from "./phrase.ts";

/**
 * What was let go to make room, by the key of the words, `<key>` and, where its times are known, `<key>Between`.
 * @param day the day of a time, in words.
 */
export function letGoPhrase(
  key: string,
  { events: count, firstAt, lastAt }: LetGoSpan,
  day: (iso: string) => string,
): Phrase {
  if (firstAt === undefined || lastAt === undefined) return phrase(key, { count });
  return phrase(`${key}Between`, { count, from: day(firstAt), until: day(lastAt) });
}

/** What the box tells of its own keeping. */
export const ledgerTellers = {
  "ledger.started_anew": ({ data }: LedgerEvent): Phrase => {
    const { events, rescued } = isRecord(data["unsent"]) ? data["unsent"] : {};
    return phrase("event.ledgerAnew", { events: Number(events ?? 0), rescued: Number(rescued ?? 0) });
  },
  "ledger.evicted": ({ data }: LedgerEvent): Phrase =>
    phrase(data["acknowledged"] === false ? "event.ledgerEvictedUnsent" : "event.ledgerEvicted", {
      count: Number(data["events"] ?? 0),
    }),
  "telemetry.evicted": ({ data }: LedgerEvent): Phrase =>
    phrase("event.readingsEvicted", { count: Number(data["rows"] ?? 0) }),
  "clock.synced": (): Phrase => phrase("event.clockSynced"),
  "clock.corrected": ({ data }: LedgerEvent): Phrase => {
    const offsetMs = Number(data["offsetMs"] ?? 0);
    const { unit, amount } = inUnits(Math.abs(offsetMs) / 1000);
    return phrase(`event.${offsetMs < 0 ? "clockFast" : "clockSlow"}.${unit}`, {
      amount,
      count: Number(data["events"] ?? 0),
    });
  },
};

function inUnits(seconds: number): { unit: string; amount: number } {
  if (seconds < 120) return { unit: "seconds", amount: Math.round(seconds) };
  if (seconds < 7200) return { unit: "minutes", amount: Math.round(seconds / 60) };
  if (seconds < 172_800) return { unit: "hours", amount: Math.round(seconds / 3600) };
  return { unit: "days", amount: Math.round(seconds / 86_400) };
}
