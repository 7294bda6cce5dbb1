import type { WordsOf } from "./words-of.ts";
import type * as zh from "./zh-log-in.ts";

export const login: WordsOf<typeof zh.login> = {
  title: "Log in",
  username: "User name",
  password: "Password",
  show: "Show",
  hide: "Hide",
  submit: "Log in",
  submitting: "Logging in…",
  wrong: "Wrong user name or password. Please try again.",
  wait: "Too many wrong passwords. Please wait {seconds} s.",
  unreachable: "Cannot reach the box. Check the cable or the wireless network.",
  failed: "That did not work. Please try again.",
  expired: "Your session has ended. Please log in again. What you have not sent is still here.",
  deafSince:
    "Your session has ended: no alarm has come here since {time}. Please log in again. What you have not sent is still here.",
  again:
    "You logged in more than half a day ago. Enter the password again before settings or accounts are changed, then tap the same button again.",
  notNow: "Not now",
  forgotten: "Forgotten your password? Ask the technician.",
  trust: "Browser says “not secure”? Install the certificate",
};

export const session: WordsOf<typeof zh.session> = {
  logOut: "Log out",
  user: "User: {name}",
  stillIn: "Not logged out yet: {reason}",
  stillInHint:
    "Whoever uses this phone or computer can still look and speak. Log out again once it is connected; if you have to leave, lock it or turn it off.",
  stillInSeen: "I see",
};
