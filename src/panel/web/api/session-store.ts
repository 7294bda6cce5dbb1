import { readonly, ref, shallowRef } from "vue";
import { PERMISSIONS_OF, type Permission } from "../../../core/access.ts";
import { call, codeOf, ProblemError, villageAtDesk, whenLogInNeeded } from "./http.ts";

/** `expired` keeps the page behind the log-in, so that nothing typed is lost. */
type LogIn = "unknown" | "in" | "out" | "expired";

const RETRY_MS = 2_000;
/** By which one page of a browser tells the others that somebody has logged in. */
const LOG_INS = "log-ins";

const status = ref<LogIn>("unknown");
const username = ref("");
const role = ref("");
const permissions = shallowRef<readonly Permission[]>([]);

/** Whether the password is wanted again, for something dangerous, of a log-in that goes on. */
const asksAgain = ref(false);

/** Code of why somebody who wanted to log out still is logged in; empty where nobody is. */
const logOutFailure = ref("");

/** The township whose desk serves the page; undefined at a village's own box. */
const desk = shallowRef<{ readonly name: string }>();

/** Whether the box has not answered since the page was opened. */
const unreachable = ref(false);

export const session = {
  status: readonly(status),
  username: readonly(username),
  role: readonly(role),
  unreachable: readonly(unreachable),
  asksAgain,
  logOutFailure,
  desk,
};

interface WhoAmI {
  readonly username: string;
  readonly role: string;
  readonly permissions: readonly Permission[];
  readonly desk?: { readonly name: string };
}

/** Whether who is logged in may do this; what one may not do is not offered. */
export function may(permission: Permission): boolean {
  return permissions.value.includes(permission);
}

function enter(known: WhoAmI): void {
  username.value = known.username;
  role.value = known.role;
  // In a village a desk may do what a township may, whoever sits at it.
  permissions.value =
    villageAtDesk === undefined
      ? known.permissions
      : known.permissions.filter((permission) => PERMISSIONS_OF.township.includes(permission));
  desk.value = known.desk;
  status.value = "in";
  unreachable.value = false;
  asksAgain.value = false;
  logOutFailure.value = "";
}

whenLogInNeeded((why) => {
  if (why === "session.stale") asksAgain.value = true;
  else status.value = status.value === "in" || status.value === "expired" ? "expired" : "out";
});

/** Finds out whether this browser is logged in; asks again until the box answers. */
export async function resumeSession(): Promise<void> {
  try {
    enter(await call<WhoAmI>("GET", "/session"));
  } catch (error) {
    const isBoxThere = error instanceof ProblemError && error.code === "session.required";
    unreachable.value = !isBoxThere;
    if (isBoxThere) return;
    setTimeout(() => void resumeSession(), RETRY_MS);
  }
}

/**
 * Whose log-in has ended on this page, and who has logged in on another one of the same browser, is in here, too. Where somebody else has,
 * nobody is in here: what is open is not for them, and what is done would be in their name. Returns how to stop.
 */
export function joinOtherPages(): () => void {
  const others = new BroadcastChannel(LOG_INS);
  const look = (): void => void checkSession();
  const ways = [
    [others, "message"],
    [window, "focus"],
    [document, "visibilitychange"],
  ] as const;
  for (const [from, way] of ways) from.addEventListener(way, look);
  return () => {
    for (const [from, way] of ways) from.removeEventListener(way, look);
    others.close();
  };
}

/**
 * Asks whether the log-in still stands, e.g. after a stream was refused, and whose it is: it is that of all pages of this browser, and one
 * that slept has heard of no other.
 */
export async function checkSession(): Promise<void> {
  if (status.value !== "in" && status.value !== "expired") return;
  const asked = status.value;
  const name = username.value;
  // A refusal tells of itself.
  const known = await call<WhoAmI>("GET", "/session").catch(() => undefined);
  // Meanwhile somebody may have logged in here.
  if (!known || status.value !== asked || username.value !== name) return;
  if (known.username !== name) status.value = "expired";
  else if (asked === "expired") enter(known);
}

/** @throws ProblemError `session.wrong`, `session.throttled`, `network`. */
export async function logIn(name: string, password: string): Promise<void> {
  enter(await call<WhoAmI>("POST", "/session", { username: name, password }));
  const others = new BroadcastChannel(LOG_INS);
  others.postMessage(undefined);
  others.close();
}

/** @throws ProblemError `session.wrong`, `session.throttled`, `password.*`, `network`. */
export async function changePassword(oldPassword: string, newPassword: string): Promise<void> {
  enter(await call<WhoAmI>("PUT", "/session/password", { oldPassword, newPassword }));
}

/** Where the box does not hear of it, the cookie holds and the page is not left: whoever comes next would be logged in. */
export async function logOut(): Promise<void> {
  logOutFailure.value = "";
  try {
    await call("DELETE", "/session");
  } catch (error) {
    const code = codeOf(error);
    if (code !== "session.required") {
      logOutFailure.value = code;
      return;
    }
  }
  status.value = "out";
}
