import type { WordsOf } from "./words-of.ts";
import type * as zh from "./zh-desk-audit.ts";

export const deskAudit: WordsOf<typeof zh.deskAudit> = {
  button: "Records",
  open: "Who looked, who did what",
  hint: "Who at this desk watched or exported recordings, looked at cameras or spoke, and what was done with alarms. Each village keeps the same for itself.",
  filter: "Which",
  all: "All",
  looked: "Who looked",
  done: "Who did what",
  none: "Nothing yet",
  loading: "Fetching…",
  more: "Older ones",
  failed: "Not to be had: {reason}",
  again: "Try again",
};

export const deskEvent: WordsOf<typeof zh.deskEvent> = {
  clip: "{by} watched an alarm's video of {village}: {reason}",
  recording: "{by} watched a recording of {village} (camera {camera}): {reason}",
  exported: "{by} exported a recording of {village} (camera {camera}): {reason}",
  fetched: "{by} downloaded a recording exported from {village}",
  camera: "{by} looked at {village} (camera {camera})",
  talk: "{by} spoke in {village}",
  opened: "{by} opened {path} of {village}",
  acknowledge: "{by} sees to an alarm of {village} {alarm}",
  clear: "{by} ended an alarm of {village} {alarm}",
  note: "{by} wrote a note to an alarm of {village} {alarm}",
  withdrawn: {
    acknowledge: "{by} took back that {person} sees to it: {village} {alarm}",
    clear: "{by} took back that {person} ended it: {village} {alarm}",
    note: "{by} took back a note of {person}: {village} {alarm}",
  },
  refused: {
    acknowledge: "{village} did not take that {person} sees to it: {reason} {alarm}",
    clear: "{village} did not take that {person} ended it: {reason} {alarm}",
    note: "{village} did not take a note of {person}: {reason} {alarm}",
  },
  read: "{by} has read what {village} did not do {alarm}",
  otherSite: "A box came with the token of {village} and said that it is {site}; it was turned away",
  cursorLeft: "Another desk pulls by the same id; this one goes on as {to}",
};
