import type { LedgerEvent } from "../../../core/event.ts";
import { type Phrase, phrase } from "./phrase.ts";

type Teller = (event: LedgerEvent, named: unknown, speech: Speech) => Phrase;

interface Speech {
  source(by: { readonly kind: string; readonly name: string }): string;
}

/** What happens to recordings, by the event's type without `org.cunshao.`. */
export const clipTellers: Readonly<Record<string, Teller>> = {
  "clip.added": tell("event.clipBrought"),
  "clip.renamed": tell("event.clipRenamed"),
  "clip.assigned": (event, named, speech) =>
    tell(event.data["replaces"] === undefined ? "event.clipStandsForNone" : "event.clipStandsFor")(
      event,
      named,
      speech,
    ),
  "clip.removed": tell("event.clipRemoved"),
  "clip.restored": tell("event.clipRestored"),
  "clip.discarded": tell("event.clipDiscarded"),
};

function tell(key: string): Teller {
  return ({ data: { name, from, replaces, by } }, _named, speech) =>
    phrase(key, {
      by: isSource(by) ? speech.source(by) : "",
      name: textOf(name),
      from: textOf(from),
      text: textOf(replaces),
    });
}

function isSource(by: unknown): by is { readonly kind: string; readonly name: string } {
  return typeof by === "object" && by !== null && "kind" in by && "name" in by;
}

/** `1:05`. */
export function lengthOf(durationMs: number): string {
  const seconds = Math.max(1, Math.round(durationMs / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** In whole minutes where it is, else in minutes and seconds. */
export function minutesOf(seconds: number): Phrase {
  const [minutes, rest] = [Math.floor(seconds / 60), Math.floor(seconds % 60)];
  if (minutes === 0) return phrase("clip.seconds", { seconds: rest });
  return phrase(rest === 0 ? "clip.minutes" : "clip.minutesSeconds", { minutes, seconds: rest });
}

/** A file's name without its ending, as the name of a recording. */
export function nameOfFile(file: string): string {
  return [...file.replace(/\.[A-Za-z0-9]{1,5}$/, "")].slice(0, 60).join("");
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
