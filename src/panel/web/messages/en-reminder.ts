import type { WordsOf } from "./words-of.ts";
import type { reminder as zhReminder } from "./zh-reminder.ts";

export const reminder: WordsOf<typeof zhReminder> = {
  region: "Alarm reminders",
  sound: "Ring for alarms",
  notifications: "Show notifications for alarms",
  on: "On",
  off: "Off",
  try: "Try it",
  refused:
    "The browser shows no notifications: allow them in its settings, then turn them on under “Alarm reminders”",
  needsTap: "Tap the page once, or it cannot ring for alarms",
  permission: {
    granted: "Works while the page is open, minimised too. Not once it is closed.",
    default: "The browser asks once when you turn it on: choose “Allow”.",
    denied: "The browser does not allow it. Tap the lock beside the address and allow notifications.",
    unavailable: "Needs https and the box's certificate installed.",
  },
  deaf: "No alarms come here any more",
  deafHint: "Your session has ended: please log in",
  title: "Alarm: {name}",
  body: "{village} {place}",
};
