import type { WordsOf } from "./words-of.ts";
import type * as zh from "./zh-township.ts";

/** What an upstream has. */
export const township: WordsOf<typeof zh.township> = {
  name: "Township",
  received: "{name} received, {time}",
  sending: "{name} received {time}, {count} more being sent",
  never: "{name} has received nothing yet",
  connecting: "Contacting {name}…",
  unreachable: "{name} unreachable, nothing waits",
  waiting: "{name} unreachable, {count} waiting",
  waitingAlarms: "{name} unreachable, {count} waiting (alarms: {alarms})",
  refused: "{name} refuses, {count} waiting. Tell the technician",
  comma: ", ",
  none: "No upstream: the log stays on the box",
  open: "Show uploads",
  title: "Uploads",
  close: "Close",
  heard: "Last contact: {day} {time}",
  neverHeard: "No contact so far",
  why: "No contact now: {reason}",
  nothingWaits: "Nothing waits",
  waits: "Waiting: {count}, of them alarms: {alarms}",
  minutes: "takes about {minutes} min",
  minutesOnce: "takes about {minutes} min once connected",
  soon: "takes less than a minute",
  dead: "{count} rejected",
  lostHeading: "Lost entries",
  lost: "When storage was full, {count} entries were lost before they were sent.",
  lostBetween: "When storage was full, {count} entries ({from} to {until}) were lost before they were sent.",
  lostHint:
    "Everyday entries, which the township will not get. Alarms are kept and go on being sent: there is nothing to do.",
  deadHeading: "Rejected entries",
  deadHint:
    "The upstream says it does not take these. They are all kept on the box and hold up nothing else.",
  deadLine: "No. {seq}, {time}: {reason}",
  said: "Its answer: {words}",
  retry: "Send again",
  failed: "That did not work: {reason}",
};

/** Why an upstream does not take events, or one of them. */
export const townshipReasons: WordsOf<typeof zh.townshipReasons> = {
  upstream_network: "no network",
  upstream_timeout: "no answer",
  upstream_certificate: "wrong certificate",
  upstream_tls_files: "the box's certificate files cannot be read",
  upstream_bad_answer: "its answer makes no sense",
  upstream_redirected: "redirected to another address",
  upstream_unauthorized: "wrong token or password",
  upstream_rejected: "rejected",
  upstream_too_large: "too large",
  upstream_throttled: "it is too busy",
  upstream_server_error: "error on its side",
  upstream_other_ledger: "it answered for another ledger",
  upstream_ahead: "its count is wrong",
  upstream_behind: "it lost entries; sending them again",
  upstream_no_progress: "it took them but did not keep them",
  upstream_unacknowledged: "the message server is there, but nobody confirms",
  upstream_nobody_listens: "the message server is there, but nobody listens",
  upstream_session_taken: "another box uses the same village number",
  upstream_old_protocol: "the message server is too old: MQTT 5 is needed",
  upstream_unreachable: "no network",
  upstream_unknown: "no such upstream",
  dead_letter_unknown: "already sent again",
};

export const townshipEvents: WordsOf<typeof zh.townshipEvents> = {
  upstreamLost: "The line up to {name} is broken ({reason})",
  upstreamFound: "The line up to {name} works again",
};
