import { programmes } from "./en-programme.ts";
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
  now: {
    killed: "Mute switch closed: none sounds",
    allIll: "all faulty",
    someIll: "{count} faulty",
    quiet: "silent until {time} (emergencies sound)",
    someQuiet: "some silent until {time} (emergencies sound)",
    muted: "always silent (emergencies sound)",
    someMuted: "some always silent (emergencies sound)",
    ready: "{count} horn chosen: ready | {count} horns chosen: ready",
    emergency: "{count} horn chosen: an emergency sounds now | {count} horns chosen: an emergency sounds now",
  },
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
  programmes,
};

export const hornEvents: WordsOf<typeof zh.hornEvents> = {
  broadcastOrdered: "{by} wants to say: {text}",
  broadcastEmergency: "{by} ordered an emergency broadcast ({why}): {text}",
  broadcastTurnedAway: "{by} was not let speak ({reason}): {text}",
  switchRefused: "{name} was not switched on ({reason})",
};
