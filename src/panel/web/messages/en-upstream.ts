import type { WordsOf } from "./words-of.ts";
import type * as zh from "./zh-upstream.ts";

/** Where events go: what a technician changes of it. */
export const upstream: WordsOf<typeof zh.upstream> = {
  add: "Add an upstream",
  change: "Change",
  changeOf: "Change upstream: {name}",
  none: "No upstream yet: the log stays on the box.",
  unread: "The settings cannot be had: {reason}",
  unsaved: "Changed and not saved yet",
  id: "Id",
  idHint:
    "Lower-case letters, digits and hyphens, for example township; the log uses it, and it cannot be changed later",
  kind: "How it is sent",
  kinds: { http: "Web interface (HTTP)", mqtt: "Message server (MQTT)" },
  url: "Address of the platform",
  urlHints: {
    http: "Ask whoever runs it; it begins with https://, for example https://town.example.cn/cunshao",
    mqtt: "Ask whoever runs it; it begins with mqtts://, for example mqtts://town.example.cn:8883",
  },
  plain:
    "This address is not encrypted: others on the way can read what is sent, and the token. Use one that begins with {safe}, unless it stays on the village's own wire.",
  token: "Token",
  tokenHint: "Ask whoever runs the platform. It is not shown here once it is saved",
  tokenKept: "It has one. Leave this empty to keep it, or fill it in to replace it",
  username: "User name",
  usernameHint: "What the message server knows the village by; empty where it wants no log-in",
  password: "Password",
  passwordHint: "It comes with the user name. It is not shown here once it is saved",
  passwordKept: "It has one. Leave this empty to keep it, or fill it in to replace it",
  topic: "First part of the topic",
  topicHint: "Whoever runs the platform says it; empty: cunshao. The village's id follows by itself",
  evidence: "Most that pictures and clips may take of the line (kbit/s)",
  evidenceHint: "16 to 1000000. Empty: no limit; with a mobile data card 256 is reasonable",
  untouched: "Kept as it is; change it in the configuration file: {parts}",
  parts: { tls: "certificate files", signing: "signatures", acknowledge: "whose word counts as received" },
  faults: {
    idMissing: "The id is missing",
    idBad: "An id has lower-case letters, digits and hyphens, no hyphen first, at most 40",
    idTaken: "There is one with this id: choose another",
    urlMissing: "The address is missing",
    urlBad:
      "This is no address: it begins with {protocol}, then a domain or an IP address follows, without spaces",
    urlLogin: "No user name and password in the address: fill them in below",
    tokenMissing: "The token is missing",
    usernameMissing: "There is a password: the user name is missing",
    passwordMissing: "There is a user name: the password is missing",
    topicBad: "A topic has no spaces, # or +, does not begin with /, and has at most 101 characters",
    evidenceBad: "Most of the line: a whole number from 16 to 1000000, or nothing",
  },
  changedBy: "Changed on the page by {by}, {time}",
  addedBy: "Added on the page by {by}, {time}",
  removedBy: "Taken out on the page by {by}, {time}",
  gone: "This upstream has just been taken out.",
  starts: "After saving, the box starts anew for some seconds: nobody is seen or warned meanwhile.",
  save: "Save",
  saving: "Saving…",
  cancel: "Not now",
  discard: "Discard these changes",
  restore: "Put back as configured",
  reallyRestore: "Really put back? Tap again",
  remove: "Take this upstream out",
  reallyRemove: "Really take it out? Tap again",
  removeWaits:
    "Waiting for it: {count} (alarms: {alarms}). Once it is taken out they are not sent to it any more; all of them stay on the box.",
  removeNothing:
    "Nothing waits for it. Once it is taken out nothing is sent to it any more; the log stays on the box.",
};
