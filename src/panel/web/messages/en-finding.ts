import type { WordsOf } from "./words-of.ts";
import type * as zh from "./zh-finding.ts";

// What the page says about finding what was, playing it and taking it along.

export const search: WordsOf<typeof zh.search> = {
  open: "Who was here",
  title: "Who was here",
  close: "Close",
  camera: "Camera",
  where: "Where in the picture",
  anywhere: "Whole picture",
  line: "Crossed {name}",
  draw: "Or draw a box: tap two corners, or drag.",
  secondCorner: "Now tap the opposite corner.",
  drawn: "Only movement in the box. Draw again to change it.",
  noPicture: "No picture now. You can draw the box here all the same.",
  from: "From",
  to: "To (empty: until now)",
  submit: "Search",
  answer: "Found",
  before: "Choose place and time, then “Search”.",
  busy: "Searching…",
  none: "No movement here in that time.",
  noneHint: "Try a longer time or a larger box. The last half minute cannot be searched yet.",
  count: "{count} movement. Tap it for the video | {count} movements. Tap one for the video",
  countSoFar: "The first {count} movements. Tap one for the video",
  more: "Show more",
  noStill: "No picture",
  seconds: "{seconds} s",
  minutes: "{minutes} min {seconds} s",
  failed: "Search failed: {reason}",
  wrong: {
    missing: "Please enter when it should begin.",
    future: "The beginning is in the future. Please choose a time that has passed.",
    order: "The end must be after the beginning.",
    long: "Too long: at most 31 days at once.",
  },
};

export const playback: WordsOf<typeof zh.playback> = {
  open: "Replay",
  live: "Live",
  when: "When",
  choices: { minutes: "Last 10 min", hour: "Last hour", today: "Today", yesterday: "Yesterday" },
  day: "Choose a day",
  why: "Why do you want to watch?",
  whyExample: "Example: looking for a lost child",
  whyHint: "Who watched, when and why is noted.",
  reasons: ["Missing person", "Checking an alarm", "Traffic accident", "Asked by the police"],
  because: "Reason: {reason}",
  otherReason: "Change",
  begin: "Watch",
  bar: "Time of the recording",
  legend: { recorded: "Recorded", moved: "Movement", alarm: "Alarm" },
  none: "No recording of that time",
  failed: "That did not work: {reason}",
  noMarks: "Cannot tell where something moved: {reason}",
  cannotPlay: "This browser cannot play the recording. Export it to watch it.",
};

export const exporting: WordsOf<typeof zh.exporting> = {
  region: "Export video",
  from: "Export from {time}",
  length: "How much",
  minutes: "{count} min",
  order: "Export",
  going: "Exporting {percent}%",
  cancel: "Cancel",
  download: "Download",
  kept: "Holds the video and a proof that can be checked. Kept for a day.",
  failed: "Not exported: {reason}",
};

/** Who comes into the village and leaves it. */
export const lines: WordsOf<typeof zh.lines> = {
  region: "In and out",
  in: "Today in: {count}",
  out: "out: {count}",
  movement: "By movement: may not be people or vehicles",
  none: "No people or vehicles today",
  went: { in: "→ in", out: "← out" },
  counted: "Too many, only counted: in {in}, out {out}",
  picture: "Passing {name}, {time}",
  failed: "Cannot load who came and left: {reason}",
};
