import { shallowReactive } from "vue";
import type { DeskAlarm } from "../../../core/township-desk.ts";
import { alarmKey } from "../words/desk-words.ts";
import { whenSomebodyElseComes } from "./next-person.ts";

/** A note that is being written at a township's desk. */
export interface DeskNote {
  /** As the alarm was when the field was opened. */
  readonly alarm: DeskAlarm;
  readonly text: string;
  /** Whether its field stands on the page; what was written is kept where it does not. */
  readonly isOpen: boolean;
}

/** By alarm of a village. Stays while the page does, wherever the alarm's row goes meanwhile. */
export const deskNotes = shallowReactive(new Map<string, DeskNote>());

// A note is signed with the name of whoever is logged in.
whenSomebodyElseComes(() => deskNotes.clear());

export function writeNote(alarm: DeskAlarm, text: string): void {
  const key = alarmKey(alarm);
  deskNotes.set(key, { alarm, isOpen: true, ...deskNotes.get(key), text });
}

/** Opens the field or closes it; an empty one leaves nothing behind. */
export function toggleNote(alarm: DeskAlarm): void {
  const key = alarmKey(alarm);
  const note = deskNotes.get(key);
  if (!note?.isOpen) deskNotes.set(key, { alarm, isOpen: true, text: note?.text ?? "" });
  else if (note.text.trim() === "") deskNotes.delete(key);
  else deskNotes.set(key, { ...note, isOpen: false });
}

/** What was written on while it was on its way stays. */
export function dropNote(alarm: DeskAlarm, sent: string): void {
  const key = alarmKey(alarm);
  if (deskNotes.get(key)?.text === sent) deskNotes.delete(key);
}
