import type { WordsOf } from "./words-of.ts";
import type * as zh from "./zh-duty.ts";

/** Who is to be called when. */
export const duty: WordsOf<typeof zh.duty> = {
  region: "Duty roster",
  now: "On duty now: {names}",
  nobody: "Nobody is on duty now",
  nobodyHint: "In an alarm the page has no number to call.",
  none: "No roster yet",
  noneHint: "Write who is on duty when, and the number: in an alarm one tap calls.",
  edit: "Change the roster",
  title: "Duty roster",
  turn: "Turn {number}",
  name: "Name",
  nameExample: "Example: Director Li",
  phone: "Telephone",
  phoneExample: "Mobile or landline",
  call: "Call {name} {phone}",
  days: "On which days",
  from: "From",
  to: "To",
  allDay: "All day",
  over: "until the next day",
  alsoElse: "And {count} more spans, as installed",
  add: "Add a turn",
  drop: "Drop turn {number}",
  save: "Save",
  cancel: "Cancel",
  restore: "As it was installed",
  reallyRestore: "Really go back? Tap again",
  writtenBy: "Written by {by}, {time}",
  failed: "That did not work: {reason}",
  unreachable: "Cannot load the roster",
  stays: "Telephone numbers stay on the box; they are not sent up.",
  missing: {
    name: "Turn {number} has no name yet",
    phone: "Turn {number} has no right number: 3 to 20 digits",
    days: "Turn {number} has no days yet",
  },
  changed: "{by} has just changed the roster; it is now: {names}. What you wrote is still here.",
  emptied: "empty",
  keepMine: "Save mine all the same",
  keepTheirs: "Keep theirs",
};

export const dutyEvents: WordsOf<typeof zh.dutyEvents> = {
  dutyWritten: "{by} wrote the duty roster: {names}",
  dutyRestored: "{by} put the duty roster back as it was installed",
};
