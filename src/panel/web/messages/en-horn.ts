import type { WordsOf } from "./words-of.ts";
import type * as zh from "./zh-horn.ts";

/** Who may speak when: the queue, emergencies, the kill switch, programmes; and what the ledger tells of them. */
export const horn: WordsOf<typeof zh.horn> = {
  queue: "Waiting to be said",
  waitsFor: {
    turn: "waits for its turn",
    time: "begins {time}",
    clock: "waits for the time to be set",
    second_key: "waits for a second sensor or camera",
  },
  classes: {
    emergency: "Emergency",
    township: "Township",
    local: "Village",
    rule: "Automatic",
    schedule: "Programme",
    drill: "Drill",
  },
  stop: "Stop: {text}",
  silenced: "The silence switch is on: no horn sounds",
  emergency: {
    toggle: "Emergency",
    explain:
      "Overrides everything, at night too. Your name and the reason are noted, and the township sees them.",
    why: "What emergency",
    whyExample: "Example: the dam may break",
    confirm: "I confirm this is an emergency",
    submit: "Send emergency broadcast",
    writeWhy: "First write what the emergency is",
    tickConfirm: "First tick “I confirm this is an emergency”",
  },
  programmes: {
    region: "Programmes",
    next: "Next: {day} {time}",
    none: "None within eight days",
    unsynced: "Waits for the time to be set",
    paused: "Paused by {by}: {reason}",
    where: "{speakers}",
    skip: "Skip the next",
    skipped: "Skips {day} {time}",
    unskip: "Do not skip",
    pause: "Pause",
    resume: "Resume",
    why: "Why pause it",
    cancel: "Cancel",
    failed: "That did not work: {reason}",
    clip: "Clip “{clip}”",
    clipGone:
      "The clip is gone and will not be played: bring it in, then have the technician change the programme",
    unreachable: "Cannot load the programmes",
  },
};

export const hornEvents: WordsOf<typeof zh.hornEvents> = {
  broadcastOrdered: "{by} wants to say: {text}",
  broadcastEmergency: "{by} ordered an emergency broadcast ({why}): {text}",
  broadcastTurnedAway: "{by} was not let speak ({reason}): {text}",
  programmeMissed: "Programme “{name}” was not played ({reason})",
  programmeSkipped: "{by} skips the programme “{name}” once",
  programmeUnskipped: "{by} no longer skips the programme “{name}”",
  programmePaused: "{by} paused the programme “{name}”: {reason}",
  programmeResumed: "{by} resumed the programme “{name}”",
  switchRefused: "{name} was not switched on ({reason})",
};
