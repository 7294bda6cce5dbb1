import type { LedgerEvent } from "../../../core/event.ts";
import { isRecord, type Speech, sourceOf, textOf } from "./event-data.ts";
import { type Phrase, phrase } from "./phrase.ts";

type Teller = (event: LedgerEvent, named: unknown, speech: Speech) => Phrase;

/** What the ledger tells of orders to speak and of programmes. */
export const hornTellers: Readonly<Record<string, Teller>> = {
  "broadcast.ordered": ({ data }, _named, speech) => {
    const key = data["priority"] === "emergency" ? "event.broadcastEmergency" : "event.broadcastOrdered";
    return phrase(key, orderParams(data, speech));
  },
  "broadcast.refused": ({ data }, _named, speech) =>
    phrase("event.broadcastTurnedAway", orderParams(data, speech)),
  "programme.missed": programme("event.programmeMissed"),
  "programme.skipped": programme("event.programmeSkipped"),
  "programme.unskipped": programme("event.programmeUnskipped"),
  "programme.paused": ({ data }, _named, speech) =>
    phrase("event.programmePaused", { ...programmeParams(data, speech), reason: textOf(data["reason"]) }),
  "programme.resumed": programme("event.programmeResumed"),
  "programme.written": programme("event.programmeWritten"),
  "programme.taken_out": programme("event.programmeTakenOut"),
  "programme.restored": programme("event.programmeRestored"),
  "switch.refused": ({ data }, _named, speech) =>
    phrase("event.switchRefused", {
      name: textOf(data["name"]),
      reason: speech.reason(textOf(data["reason"])),
    }),
};

/** What the box does by itself is told by how it ended: an order of its own would be said twice. */
export function isOwnOrder({ type, data }: LedgerEvent): boolean {
  const { by } = data;
  if (type !== "org.cunshao.broadcast.ordered" || !isRecord(by)) return false;
  return by["kind"] === "rule" || by["kind"] === "schedule" || by["kind"] === "drill";
}

/** The words, what the clip is called, or that it was a voice. */
export function saidOf(data: LedgerEvent["data"], speech: Speech): string {
  if (data["live"] === true) return speech.reason("live.voice");
  return textOf(data["text"] ?? data["clipName"]);
}

function orderParams(data: LedgerEvent["data"], speech: Speech): Phrase["params"] {
  return {
    by: sourceOf(data["by"], speech),
    text: saidOf(data, speech),
    why: textOf(data["reason"]),
    reason: speech.reason(textOf(data["refusal"])),
  };
}

function programme(key: string): Teller {
  return ({ data }, _named, speech) => phrase(key, programmeParams(data, speech));
}

function programmeParams(data: LedgerEvent["data"], speech: Speech): Phrase["params"] {
  return {
    name: textOf(data["name"]),
    by: sourceOf(data["by"], speech),
    reason: speech.reason(textOf(data["reason"])),
  };
}
