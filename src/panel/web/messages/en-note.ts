import type { WordsOf } from "./words-of.ts";
import type { note as zhNote } from "./zh-note.ts";

export const note: WordsOf<typeof zhNote> = {
  region: "Hand-over",
  write: "For whoever comes next",
  example: "For whoever comes next: they have left…",
  submit: "Note",
  failed: "Not noted: {reason}",
};
