import type { WordsOf } from "./words-of.ts";
import type * as zh from "./zh-ledger.ts";

/** What the box tells of its own keeping: a damaged database, a wrong clock, room made. */
export const ledgerEvents: WordsOf<typeof zh.ledgerEvents> = {
  ledgerAnew:
    "The log was damaged and begun anew. Of {events} entries not yet sent, {rescued} were rescued; the old log is kept for inspection",
  ledgerEvicted: "The log was full: contents of {count} old entries, already sent, were cleared",
  ledgerEvictedUnsent:
    "The log was full: contents of {count} ordinary entries, not yet sent, were cleared; all alarms are kept",
  readingsEvicted: "The log was full: {count} old readings and movements were cleared",
  clockSynced: "The box knows the time",
  clockSlow: {
    seconds: "Time set; was {amount} s slow. Earlier entries put right: {count}",
    minutes: "Time set; was {amount} min slow. Earlier entries put right: {count}",
    hours: "Time set; was {amount} h slow. Earlier entries put right: {count}",
    days: "Time set; was {amount} d slow. Earlier entries put right: {count}",
  },
  clockFast: {
    seconds: "Time set; was {amount} s fast. Earlier entries put right: {count}",
    minutes: "Time set; was {amount} min fast. Earlier entries put right: {count}",
    hours: "Time set; was {amount} h fast. Earlier entries put right: {count}",
    days: "Time set; was {amount} d fast. Earlier entries put right: {count}",
  },
};
