import type { WordsOf } from "./words-of.ts";
import type * as zh from "./zh-pause.ts";

/** Pausing, and what the ledger tells of it. */
export const pause: WordsOf<typeof zh.pause> = {
  region: "Armed and paused",
  armed: "Armed",
  armedNoClock: "Armed at all hours: the time is not set",
  paused: "Paused",
  pausedUntil: "Paused until {time}, {by}",
  resting: "Not watching now",
  restingUntil: "Not watching now, from {time} on",
  pause: "Pause",
  wholePlace: "This whole place",
  arm: "Arm now",
  title: "Pause: {name}",
  explain: "Arms itself when the time is up. While paused: no announcements, no alarms; recording goes on.",
  howLong: "How long",
  hour: "1 hour",
  evening: "Until 18:00",
  own: "Other time",
  until: "Until",
  why: "Why",
  reasons: ["Washing clothes", "Fishing", "Building work", "Other"],
  other: "Other",
  whyExample: "Write why",
  submit: "Pause",
  cancel: "Do not pause",
  failed: "That did not work: {reason}",
  left: "{count} min left",
  leftHours: "{hours} h {minutes} min left",
  banner: "{name} paused until {time}, {left}",
  waiting: "Pause of {name} does not count yet: the time is not set, so it is armed",
  by: "{by} · {reason}",
  withheld: "Not alarmed while paused: {count}",
};

export const pauseEvents: WordsOf<typeof zh.pauseEvents> = {
  pauseStarted: "{by} paused for {minutes} min: {name} ({reason})",
  pauseEndedTime: "Armed by itself: {name} (not alarmed while paused: {count})",
  pauseEndedPerson: "{by} armed: {name} (not alarmed while paused: {count})",
  pauseEndedClock: "Time not set, armed by itself: {name} (not alarmed while paused: {count})",
  pauseReplaced: "{by} changed the pause: {name}",
  pauseWithheld: "Paused, no alarm: {name}",
  pauseOrdered: "{by} paused from {address}: {reason}",
  pauseLifted: "{by} armed from {address}",
};
