import type { LedgerEvent } from "../../../core/event.ts";
import type { AlarmReport, ReportPlace } from "../../../core/report.ts";
import { type Speech, sourceOf, textOf } from "./event-data.ts";
import { type Phrase, phrase } from "./phrase.ts";
import type { ReportDraft, ReportPiece } from "./report-draft.ts";

/** A metre. */
const DECIMALS = 5;

/** Where somebody stands. */
export function placePhrase({ latitude, longitude, accuracyMeters }: ReportPlace): Phrase {
  return phrase("report.place", {
    latitude: latitude.toFixed(DECIMALS),
    longitude: longitude.toFixed(DECIMALS),
    meters: Math.max(1, Math.round(accuracyMeters)),
  });
}

/** What was announced and has not come; undefined where nothing lacks. */
export function missingPhrase({ photos, hasVoice, files }: AlarmReport): Phrase | undefined {
  const lackingPhotos = photos - files.filter(({ kind }) => kind === "photo").length;
  const lacksVoice = hasVoice && !files.some(({ kind }) => kind === "voice");
  if (lackingPhotos > 0 && lacksVoice) return phrase("report.missingBoth", { count: lackingPhotos });
  if (lackingPhotos > 0) return phrase("report.missingPhotos", { count: lackingPhotos });
  return lacksVoice ? phrase("report.missingVoice") : undefined;
}

/** What is on its way just now. */
export function piecePhrase(piece: ReportPiece, percent: number): Phrase {
  if (piece.kind === "words") return phrase("report.sendingWords");
  if (percent >= 100) return phrase("report.checking");
  if (piece.kind === "voice") return phrase("report.sendingVoice", { percent });
  return phrase("report.sendingPhoto", { number: piece.number + 1, percent });
}

/**
 * How it stands with a report of which nothing is on its way just now.
 * @param isKept whether the browser keeps it when the page is closed.
 */
export function draftPhrase(
  { status, trouble = "" }: Pick<ReportDraft, "status" | "trouble">,
  { isConnected, isKept }: { readonly isConnected: boolean; readonly isKept: boolean },
  reason: (code: string) => string,
): Phrase {
  if (status === "writing") return phrase("report.unfinished");
  if (status === "sent") return phrase("report.sent");
  if (trouble === "cancelled") return phrase("report.stopped");
  if (status === "held") return phrase("report.held", { reason: reason(trouble) });
  if (isConnected && trouble === "") return phrase("report.inTurn");
  if (trouble !== "" && trouble !== "network") return phrase("report.later", { reason: reason(trouble) });
  return phrase(isKept ? "report.offline" : "report.offlineOpen");
}

/** That somebody reported. */
export function reportedPhrase({ by, text }: LedgerEvent["data"], name: string, speech: Speech): Phrase {
  const told = { name, by: sourceOf(by, speech) };
  if (textOf(text) === "") return phrase("event.alarmReportedSilent", told);
  return phrase("event.alarmReported", { ...told, text: textOf(text) });
}

/** That a file of a report is kept; undefined for evidence of another kind. */
export function reportFilePhrase({ kind, by }: LedgerEvent["data"], speech: Speech): Phrase | undefined {
  if (kind === "photo") return phrase("event.reportPhotoAdded", { by: sourceOf(by, speech) });
  return kind === "voice" ? phrase("event.reportVoiceAdded", { by: sourceOf(by, speech) }) : undefined;
}
