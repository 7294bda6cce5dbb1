import type { WordsOf } from "./words-of.ts";
import type * as zh from "./zh-home.ts";
import { display as zhDisplay } from "./zh-home.ts";

/** The first page, the way to the others, and the alarm that takes the page. */
export const nav: WordsOf<typeof zh.nav> = {
  region: "Places",
  home: "Home",
  look: "Look",
  speak: "Speak",
  alarms: "Alarms",
  playback: "Replay",
  setup: "Set-up",
  unseen: "Nobody has seen to: {count}",
};

export const home: WordsOf<typeof zh.home> = {
  isAnythingWrong: "Is anything wrong",
  water: "The water",
  pictures: "Cameras",
  allSee: "{count} camera in order | {count} cameras, all in order",
  someBlind: "{count} cameras, {blind} blind",
  someConnecting: "{count} cameras, {connecting} connecting",
  someBlindConnecting: "{count} cameras, {blind} blind, {connecting} connecting",
  horns: "{count} horn | {count} horns",
  speaking: "{count} horn sounding | {count} horns sounding",
  unseen: "{count} unattended",
  noAlarms: "No alarms now",
  playback: "See what was, and who",
  latest: "Latest",
  all: "Whole log",
  value: "{value} {unit}",
};

export const takeover: WordsOf<typeof zh.takeover> = {
  title: "Alarm",
  over: "Alarm · over",
  later: "Look later",
  close: "Close",
  next: "{count} more: next",
  waiting: "Unattended alarm",
  open: "Look",
  openMore: "Look ({count} more)",
};

export const queue: WordsOf<typeof zh.queue> = {
  region: "Alarms",
  none: "No alarm so far",
  noneHint:
    "When somebody comes close to the water, the water is too high, or somebody calls for help, it appears here.",
  older: "Show earlier ones",
  loading: "Loading earlier ones…",
  failed: "Cannot load earlier ones: {reason}",
  first: "There are none earlier",
  filter: "Which alarms",
  fates: { all: "All", waiting: "Waiting", handling: "In hand", false: "False" },
  place: "Where",
  everywhere: "Everywhere",
  noMatch: "No such alarms",
  export: "Export the list",
  exportHint: "Opens in a spreadsheet; for hand-over and monthly reports.",
  from: "From",
  until: "To",
  download: "Download",
  file: "{village} alarms {from} to {until}",
  notExported: "Not exported: {reason}",
  badDays: "The last day must not be before the first",
  more: "Show {count} more",
  state: {
    waiting: "Unattended",
    handling: "{name} sees to it",
    handled: "{name} saw to it",
    over: "Cleared by itself",
    false: "False alarm ({name})",
  },
};

export const finding: WordsOf<typeof zh.finding> = {
  region: "Replay",
  searchHint: "From when until when, who passed a camera: all at once in a list.",
  days: "{count} day recorded | {count} days recorded",
  replay: "Watch",
  replayOf: "Watch: {name}",
  notYours: "Only operators and administrators can watch recordings.",
};

export const display: WordsOf<typeof zh.display> = {
  region: "Display",
  language: "Language",
  // Each in its own, for whoever cannot read the other.
  languages: zhDisplay.languages,
  size: "Letters",
  sizes: { usual: "Usual", large: "Large, fewer things" },
  light: "Day and night",
  lights: { auto: "Automatic", day: "Day", night: "Night" },
  toLarge: "Large",
  toUsual: "Usual",
};

export const setup: WordsOf<typeof zh.setup> = {
  region: "Set-up",
  accounts: "Accounts",
  upstreams: "Upload to the township",
  look: "Look",
  zonesOf: "{name}: zones, lines, masks",
  draw: "Draw",
  drawOf: "Draw zones, lines and masks of {name}",
  version: "Cunshao {version}",
};
