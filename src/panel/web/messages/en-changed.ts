import type { WordsOf } from "./words-of.ts";
import type * as zh from "./zh-changed.ts";

/** What was changed of the configuration on the page. */
export const changed: WordsOf<typeof zh.changed> = {
  region: "Settings changed on the page",
  kinds: {
    sensors: "Sensor",
    speakers: "Horn",
    upstreams: "Upstream",
    zones: "Zone",
    rules: "Rule",
    other: "Setting",
  },
  ofCamera: "{kind} · {camera}",
  how: {
    changed: "changed by {by}, {time}",
    added: "added by {by}, {time}",
    removed: "taken out by {by}, {time}",
  },
  lay: "filled in by {by}, {time}",
  restore: "Put back",
  reallyRestore: "Really put back? Tap again",
  takeOut: "Take out",
  reallyTakeOut: "Really take out? Tap again",
  takesZones: "Taken out, it takes along what no other rule watches: {names}",
  misfit: "It does not fit the configuration file any more and is not used: {problem}",
  notStarted: "The box did not start with it and has gone back. It can be entered anew, put right.",
  forget: "Forget what did not start",
  reallyForget: "Really forget? Tap again",
  starts: "The box then starts anew for some seconds: nobody is seen or warned meanwhile.",
  failed: "That did not work: {reason}",
  more: "{count} more",
  fewer: "Show fewer",
  yaml: "For the configuration file",
  yamlHint:
    "Copy each into the part of the configuration file with the same name, in place of the one with the same id. Once the box has started with it, it can be put back here.",
  yamlHead: "Settings changed on the page",
  yamlRemoved: "Taken out: {id} of {list}",
  yamlSecrets: "Values of secrets are not shown; they belong into secrets.yaml: {names}",
  copy: "Copy",
  copied: "Copied",
  select: "Tap it to select all, then copy",
};
