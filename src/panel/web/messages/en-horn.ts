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
    second_key: "waits until another sensor, camera or button raises an alarm",
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
    noClock: "time not set, it may be night: nothing can be said",
    someNoClock: "time not set: some stay silent",
    chosen: "{count} horn chosen | {count} horns chosen",
    emergency: "{count} horn chosen: an emergency sounds now | {count} horns chosen: an emergency sounds now",
    emergencyAfar:
      "{count} horn chosen: sounds once the village raises an alarm, too | {count} horns chosen: they sound once the village raises an alarm, too",
  },
  afar: {
    quiet: "silent until {time} (emergencies: once the village raises an alarm)",
    someQuiet: "some silent until {time} (emergencies: once the village raises an alarm)",
    muted: "always silent (emergencies: once the village raises an alarm)",
    someMuted: "some always silent (emergencies: once the village raises an alarm)",
  },
  silenced: "The silence switch is on: no horn sounds",
  emergency: {
    toggle: "Emergency",
    explain:
      "Overrides everything, at night too. Your name and the reason are noted, and the township sees them.",
    explainAfar:
      "An emergency from the township sounds once a sensor, camera or button of the village raises an alarm, too, at night as well. Your name and the reason are noted.",
    waitsMinutes:
      "It waits {count} minute at most; then it is dropped. | It waits {count} minutes at most; then it is dropped.",
    atOnce: "If it must sound at once, call somebody in the village to send it from the village's own page.",
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
