import { readonly, ref } from "vue";
import { call, ProblemError, whenLogInNeeded } from "./http.ts";

/** `expired` keeps the page behind the log-in, so that nothing typed is lost. */
type LogIn = "unknown" | "in" | "out" | "expired";

const RETRY_MS = 2_000;

const status = ref<LogIn>("unknown");
const username = ref("");

export const session = { status: readonly(status), username: readonly(username) };

whenLogInNeeded(() => {
  status.value = status.value === "in" || status.value === "expired" ? "expired" : "out";
});

/** Finds out whether this browser is logged in; asks again until the box answers. */
export async function resumeSession(): Promise<void> {
  try {
    const known = await call<{ username: string }>("GET", "/session");
    username.value = known.username;
    status.value = "in";
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
  const known = await call<{ username: string }>("POST", "/session", { username: name, password });
  username.value = known.username;
  status.value = "in";
}

export async function logOut(): Promise<void> {
  await call("DELETE", "/session").catch(() => undefined);
  status.value = "out";
}
