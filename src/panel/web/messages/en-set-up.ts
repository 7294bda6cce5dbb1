import type { WordsOf } from "./words-of.ts";
import type * as zh from "./zh-set-up.ts";

/** Devices, zones and rules of the configuration, changed on the page. */
export const setUp: WordsOf<typeof zh.setUp> = {
  saving: "Saving…",
  waiting: "Saved; it is used as soon as no horn or siren is on and no alarm gets graver…",
  starting: "Starting with the new settings: for some seconds nobody is seen or warned…",
  late: "The new settings are not in use yet: the box has not answered for longer than usual. Its network or its power may be gone.",
  done: "The new settings are in use",
  takenBack: "The box did not start with these settings and has gone back to those before",
  seen: "All right",
  unread: "The settings cannot be read, so nothing can be changed now: {reason}",
  failed: "Not saved: {reason}",
  changed: "{by} changed the settings {time}. Look, then press once more.",
  changedUnknown: "Somebody has just changed the settings. Look, then press once more.",
  invalid: "Something in it is not right: {detail}",
};

export const setUpEvents: WordsOf<typeof zh.setUpEvents> = {
  setUpChanged: "{by} changed on the page: @:{kind} “{name}”",
  setUpChangedMany: "{by} changed {count} settings on the page (@:{kind} “{name}” and others)",
  setUpRemoved: "{by} took out on the page: @:{kind} “{name}”",
  setUpRestored: "{by} put back as configured: @:{kind} “{name}”",
  setUpRestoredMany: "{by} put {count} settings back as configured (@:{kind} “{name}” and others)",
  setUpTakenBack: "The box did not start with new settings and went back: @:{kind} “{name}”",
  setUpTakenBackMany:
    "The box did not start with {count} new settings and went back (@:{kind} “{name}” and others)",
};

export const setUpReasons: WordsOf<typeof zh.setUpReasons> = {
  set_up_changed: "somebody else has just changed the settings: look before you save",
  set_up_invalid: "something in it is not right",
  set_up_nothing: "there is no such thing: look again",
  set_up_of_the_file: "this stands in the configuration file and cannot be changed so here",
  set_up_secret_needed: "the address is another one: type the token or password again",
  set_up_file_broken: "the configuration file is broken: the box would not start, have it mended first",
  set_up_emergency: "emergency rules are written in the configuration file only",
  set_up_too_many: "200 things were changed on the page already: write them into the configuration file",
  set_up_unreadable: "what was changed on the page cannot be read; the configuration file holds",
  set_up_unwritable: "the change cannot be kept: look at the storage",
  set_up_left_out: "some of what was changed on the page is not used",
};
