import type { WordsOf } from "./words-of.ts";
import type * as zh from "./zh-new-rule.ts";

/** Rules and zones that are made on the page. */
export const newRule: WordsOf<typeof zh.newRule> = {
  add: "Add a rule",
  begun: "A new rule is not saved yet: press “Add a rule” to go on with it.",
  none: "Press “Add a rule” and say what to watch and what to say.",
  now: "The rule will be",
  open: "The whole rule is written here once what follows is filled in.",
  nothing:
    "There is no camera, sensor or button to watch. Sensors can be added below; cameras and buttons are written into the configuration file.",
  watch: "What to watch",
  watched: {
    person: "Somebody in a zone",
    line: "Somebody over a line",
    level: "Water or rain too high",
    contact: "A button closes",
  },
  camera: "Which camera",
  zone: "Which zone",
  newZone: "Draw a new zone",
  zoneName: "Name of the new zone",
  line: "Which line",
  lineHint:
    "Only lines of the configuration file: those that were added on the page count people and serve no rule.",
  direction: "Which way counts",
  directions: { both: "Both ways", in: "Into the village", out: "Out of the village" },
  sensor: "Which sensor",
  reads: "Now {value} {unit}",
  hours: "Rain of the last",
  hoursOf: "{count} hour | {count} hours",
  input: "Which button or switch",
  speakers: "On which horns",
  silent: "None is chosen: it raises an alarm and says nothing.",
  name: "Name of the rule (shown with its alarms)",
  restart: "The box starts anew when you save: for some seconds nobody is seen or warned.",
  discard: "Drop it",
  reallyDiscard: "Really drop it?",
  changed: "{by} changed the settings {time}. What you filled in or drew is still here: press once more.",
  changedUnknown:
    "Somebody has just changed the settings. What you filled in or drew is still here: press once more.",
  addedBy: "Added on the page: {by}, {time}",
  takeOut: "Take out",
  reallyTakeOut: "Really take out? Tap again",
  notTakenOut: "Not taken out: {reason}",
  misfit: "“{name}” is not used: it does not fit the configuration any more ({problem})",
  notStarted: "“{name}” is not used: the box did not start with it",
  drop: "Take it out",
  names: {
    person: "Somebody at {place}",
    line: "Somebody over {line}",
    level: "{sensor} too high",
    rain: "{sensor} too high",
    contact: "{input} closed",
  },
};

export const newRuleReasons: WordsOf<typeof zh.newRuleReasons> = {
  new_rule_no_seconds: "the seconds are not filled in: 0 to 86,400",
  new_rule_no_level: "fill in above which level it acts and below which it is over",
  new_rule_zone_unnamed: "give the new zone a name",
  new_rule_unnamed: "give the rule a name",
};
