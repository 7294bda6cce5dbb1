import type { WordsOf } from "./words-of.ts";
import type * as zh from "./zh-command.ts";

/** What the township orders from afar, and who pulls. */
export const commandEvents: WordsOf<typeof zh.commandEvents> = {
  commandAccepted: "Remote command of {by} received",
  commandDone: "Remote command of {by} done",
  commandBroadcast: "Remote broadcast of {by}: the horns have it",
  commandSilence: "{by} stopped the broadcast remotely",
  commandHandled: "{by} handled an alarm remotely",
  commandTime: "{by} told the box the time",
  commandFailed: "Remote command of {by} failed: {reason}",
  commandRefused: "Remote command refused: {reason}",
  configurationProposed:
    "{by} sent a new configuration. It is checked, and waits for the technician to use it here",
  cursorContested: "Two programs fetch as “{name}”; the later one was refused",
  cursorTakenOver: "Another program has taken over fetching as “{name}”",
  cursorRemoved: "“{name}” no longer fetches; nothing is kept for it",
  cursorWentBack: "“{name}” fetches again from no. {to} (had reached no. {from})",
};

export const commandReasons: WordsOf<typeof zh.commandReasons> = {
  command_invalid: "the command is not valid",
  command_unsigned: "not signed",
  command_unknown_key: "signed with a key that is not in the configuration",
  command_bad_signature: "wrong signature: may have been altered",
  command_denied: "this token may not give such commands",
  command_other_site: "meant for another village",
  command_id_reused: "its number was used before with other content",
  command_bad_expiry: "wrong expiry",
  command_expired: "expired",
  command_from_future: "later than the box's own time",
  command_clock_unknown: "the box does not know the time yet",
  command_configuration_wrong: "the new configuration has errors and was not kept",
  command_no_configuration: "the box takes no remote configuration",
  command_no_clock: "the box takes no time from afar",
  command_too_many: "too many came at once, and none was carried out",
  command_interrupted: "the box restarted meanwhile; please send it again",
};
