import type { LedgerEvent } from "../../../core/event.ts";
import { type Speech, textOf } from "./event-data.ts";
import { type Phrase, phrase } from "./phrase.ts";

/** What the ledger tells of the ways up. */
export const upstreamTellers = {
  "upstream.lost": ({ subject = "", data }: LedgerEvent, _named: unknown, { reason }: Speech): Phrase =>
    phrase("event.upstreamLost", { name: subject, reason: reason(textOf(data["reason"])) }),
  "upstream.found": ({ subject = "" }: LedgerEvent): Phrase =>
    phrase("event.upstreamFound", { name: subject }),
};
