import type { LedgerEvent } from "../../../core/event.ts";
import { pick, type Speech, sourceOf, textOf } from "./event-data.ts";
import { type Phrase, phrase } from "./phrase.ts";

type Teller = (event: LedgerEvent, named: unknown, speech: Speech) => Phrase;

const DONE: Readonly<Record<string, string>> = {
  broadcast: "event.commandBroadcast",
  "broadcast.silence": "event.commandSilence",
  "alarm.acknowledge": "event.commandHandled",
  "alarm.clear": "event.commandHandled",
  configuration: "event.configurationProposed",
  time: "event.commandTime",
};

/** Commands of the township and cursors of pullers, by the event's type without `org.cunshao.`. */
export const commandTellers: Readonly<Record<string, Teller>> = {
  "command.accepted": tell("event.commandAccepted"),
  "command.done": (event, named, speech) =>
    tell(pick(DONE, event.data["kind"]) ?? "event.commandDone")(event, named, speech),
  "command.failed": tell("event.commandFailed"),
  "command.refused": ({ data }, _named, { reason }) =>
    phrase("event.commandRefused", { reason: reason(textOf(data["refusal"])) }),
  "cursor.contested": ({ subject = "" }) => phrase("event.cursorContested", { name: subject }),
  "cursor.taken_over": ({ subject = "" }) => phrase("event.cursorTakenOver", { name: subject }),
  "cursor.removed": ({ subject = "" }) => phrase("event.cursorRemoved", { name: subject }),
  "cursor.went_back": ({ subject = "", data }) =>
    phrase("event.cursorWentBack", {
      name: subject,
      from: Number(data["fromSeq"]),
      to: Number(data["toSeq"]),
    }),
};

function tell(key: string): Teller {
  return ({ data }, _named, speech) =>
    phrase(key, {
      by: sourceOf(data["by"], speech),
      reason: speech.reason(textOf(data["reason"])),
    });
}
