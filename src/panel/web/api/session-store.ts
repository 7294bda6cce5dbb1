import { readonly, ref, shallowRef } from "vue";
import type { Permission } from "../../../core/access.ts";
import { call, ProblemError, whenLogInNeeded } from "./http.ts";

/** `expired` keeps the page behind the log-in, so that nothing typed is lost. */
type LogIn = "unknown" | "in" | "out" | "expired";

const RETRY_MS = 2_000;

const status = ref<LogIn>("unknown");
const username = ref("");
const permissions = shallowRef<readonly Permission[]>([]);

export const session = {
  status: readonly(status),
  username: readonly(username),
  /** What the page may offer; the box checks each request all the same. */
  permissions: readonly(permissions),
};

interface Known {
  readonly username: string;
  readonly permissions?: readonly Permission[];
}

function become(known: Known): void {
  username.value = known.username;
  permissions.value = known.permissions ?? [];
  status.value = "in";
}

whenLogInNeeded(() => {
  status.value = status.value === "in" || status.value === "expired" ? "expired" : "out";
});

/** Finds out whether this browser is logged in; asks again until the box answers. */
export async function resumeSession(): Promise<void> {
  try {
    become(await call<Known>("GET", "/session"));
  } catch (error) {
    if (error instanceof ProblemError && error.code === "session.required") return;
    setTimeout(() => void resumeSession(), RETRY_MS);
  }
}

/** Asks whether the log-in still stands, e.g. after a stream was refused. */
export async function checkSession(): Promise<void> {
  await call("GET", "/session").catch(() => undefined);
}

/** @throws ProblemError `session.wrong`, `session.throttled`, `network`. */
export async function logIn(name: string, password: string): Promise<void> {
  become(await call<Known>("POST", "/session", { username: name, password }));
}

export async function logOut(): Promise<void> {
  await call("DELETE", "/session").catch(() => undefined);
  status.value = "out";
}
