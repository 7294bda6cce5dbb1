import type { ReportPlace } from "../../../core/report.ts";

/** A report from the spot as it is on the telephone, until the box has all of it. */
export interface ReportDraft {
  /** The box knows it by this, so that nothing that is sent again is there twice. */
  readonly id: string;
  readonly alarm: string;
  readonly alarmName: string;
  /** Who writes it: nobody else who logs in on this telephone sends or sees it. */
  readonly username: string;
  /**
   * `writing`: nothing has been asked of it. `waiting`: it is sent as soon as it can be. `held`: it waits for a person.
   * `sent`: the box has all of it.
   */
  readonly status: "writing" | "waiting" | "held" | "sent";
  /** Code of why it is held, or why the box did not take it just now. */
  readonly trouble?: string | undefined;
  readonly text: string;
  readonly place?: ReportPlace | undefined;
  readonly sendsPlace: boolean;
  readonly photos: readonly Blob[];
  readonly voice?: Blob | undefined;
  /** What the box has already. */
  readonly sent: readonly string[];
}

/** What is sent at a time, each once. */
export type ReportPiece =
  | { readonly kind: "words"; readonly key: "words" }
  | { readonly kind: "photo"; readonly key: string; readonly number: number; readonly file: Blob }
  | { readonly kind: "voice"; readonly key: "voice"; readonly file: Blob };

type NewDraft = Pick<ReportDraft, "id" | "alarm" | "alarmName" | "username">;

export function newDraft(about: NewDraft): ReportDraft {
  return { ...about, status: "writing", text: "", sendsPlace: true, photos: [], sent: [] };
}

/** Whether there is nothing in it that could be sent. */
export function isEmpty({ text, place, sendsPlace, photos, voice }: ReportDraft): boolean {
  return text.trim() === "" && !(place && sendsPlace) && photos.length === 0 && !voice;
}

/** Words before pictures, pictures before the voice: the first get through the thinnest line. */
export function piecesOf({ photos, voice }: Pick<ReportDraft, "photos" | "voice">): ReportPiece[] {
  return [
    { kind: "words", key: "words" },
    ...photos.map((file, number) => ({ kind: "photo" as const, key: `photo-${number}`, number, file })),
    ...(voice ? [{ kind: "voice" as const, key: "voice" as const, file: voice }] : []),
  ];
}

/** What comes next; undefined when the box has all of it. */
export function nextPiece(draft: ReportDraft): ReportPiece | undefined {
  return piecesOf(draft).find(({ key }) => !draft.sent.includes(key));
}

/** What is told at once. */
export function wordsToSend({ text, place, sendsPlace, photos, voice }: ReportDraft) {
  const trimmed = text.trim();
  return {
    ...(trimmed !== "" && { text: trimmed }),
    ...(place && sendsPlace && { place }),
    photos: photos.length,
    hasVoice: voice !== undefined,
  };
}

export function withSent(draft: ReportDraft, { key }: ReportPiece): ReportDraft {
  const sent = [...draft.sent, key];
  const { trouble: _over, ...rest } = draft;
  return { ...rest, sent, status: nextPiece({ ...draft, sent }) ? "waiting" : "sent" };
}

/**
 * After something kept a piece from getting there. What may be over in a moment is tried again by itself; what the box refuses for good,
 * and what the person stopped, waits for the person. What was stopped before anything was sent may be written on.
 */
export function afterTrouble(draft: ReportDraft, code: string, status: number): ReportDraft {
  if (code === "cancelled" && draft.sent.length === 0) {
    const { trouble: _over, ...rest } = draft;
    return { ...rest, status: "writing" };
  }
  return { ...draft, status: mayPass(code, status) ? "waiting" : "held", trouble: code };
}

/** The telephone has lost a picture or a voice that it kept, as after its storage was cleared. */
export const FILE_GONE = "report.file_gone";

function mayPass(code: string, status: number): boolean {
  if (code === "cancelled" || code === FILE_GONE) return false;
  // Without a connection or a log-in, cut off, too many at once, or the box cannot just now.
  return status === 0 || status === 401 || status === 429 || status >= 500 || code.endsWith(".cut_off");
}
