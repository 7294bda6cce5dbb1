import type { LedgerEvent } from "../../../core/event.ts";
import { type Speech, textOf } from "./event-data.ts";
import { type Phrase, phrase } from "./phrase.ts";
import { reportFilePhrase } from "./report-words.ts";

type Teller = (event: Pick<LedgerEvent, "data">, named: unknown, speech: Speech) => Phrase;

/** What becomes of pictures, clips and voices, by the event's type without `org.cunshao.`. */
export const evidenceTellers: Readonly<Record<string, Teller>> = {
  "evidence.added": ({ data }, _named, speech) => {
    const ofReport = reportFilePhrase(data, speech);
    if (ofReport) return ofReport;
    if (data["kind"] === "drawing") return phrase("event.drawingAdded");
    if (data["kind"] !== "clip") return phrase("event.evidenceAdded");
    if (data["complete"] !== false) return phrase("event.clipAdded");
    return phrase("event.clipIncomplete", { reason: speech.reason(textOf(data["reason"])) });
  },
  "evidence.missing": ({ data }, _named, { reason }) =>
    phrase("event.clipMissing", { reason: reason(textOf(data["reason"])) }),
  "evidence.deleted": ({ data }) => phrase("event.evidenceDeleted", { count: Number(data["files"] ?? 0) }),
  "evidence.paused": () => phrase("event.evidencePaused"),
  "evidence.resumed": () => phrase("event.evidenceResumed"),
};
