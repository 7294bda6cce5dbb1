import type { WordsOf } from "./words-of.ts";
import type * as zh from "./zh-trial.ts";

/** A dry run of a zone over the last hour's recording. */
export const trial: WordsOf<typeof zh.trial> = {
  region: "Try it on a recording",
  try: "Try it on the last hour's recording",
  again: "Try again as drawn now",
  begin: "Try it",
  likelyLine: "Drawing a line: would it alarm for nothing?",
  likely: "Drawing a zone: would it alarm for nothing?",
  running: "Looking at the recording: no alarm so far",
  soFar: "Looking at the recording: {count} alarms so far",
  progress: "How much has been looked at",
  lookedAt: "{percent}% of {minutes} min",
  stop: "Stop",
  stopped: "Stopped; up to here it would have alarmed {count} times",
  alarms: "It would have alarmed {count} times in this hour",
  none: "It would not have alarmed once in this hour",
  old: "This is the result from before you changed it.",
  look: "Watch the recording of {time}",
  more: "and {count} more",
  others: "Pictures and recordings: ask an operator or administrator.",
  movedIn:
    "Something moved in the zone {count} times, {seconds} s at the longest: not for as long as the rule asks.",
  cameIn:
    "People came into the zone {count} times, {seconds} s at the longest: not as long or as surely as the rule asks.",
  beside: "People were seen {count} times, none of them in this zone.",
  wentOver: "Gone over: {in} in, {out} out; no rule alarms for that.",
  besideLine: "People were seen {count} times, none of them went over this line.",
  nobody: "Something moved ({minutes} min looked at), but no person was seen.",
  nothing: "Nothing was seen to move.",
  recorded:
    "{minutes} min of this hour are recorded; in {still} of them nothing moved: not looked at closely.",
  regardless: "Schedules, pauses and lessons from false alarms are ignored here.",
  noRule: "No rule watches this zone yet: whoever comes in counts once.",
  noRuleLine: "No rule watches this line yet: whoever goes over it counts once.",
  byMovement: "Judged by movement: it may not be a person.",
  failed: "That did not work: {reason}",
  notYet: "Nothing was recorded in the last hour. Come back when there is some recording.",
  notRecorded: "This camera is not recorded. Add recording (record) to it in the configuration first.",
};

export const trialReasons: WordsOf<typeof zh.trialReasons> = {
  trial_busy: "somebody else is trying a zone; try again a little later",
  trial_unknown: "the result has expired; try again",
  trial_crashed: "the program that looks at recordings stopped; try again",
};
