import { ref, shallowRef } from "vue";
import type { Permission, Role } from "../../../core/access.ts";
import { call, codeOf } from "./http.ts";
import { whenSomebodyElseComes } from "./next-person.ts";
import { may } from "./session-store.ts";

export interface OpenSession {
  readonly id: string;
  readonly address: string;
  readonly agent: string;
  readonly lastUsedAt: string;
  readonly current: boolean;
}

export interface Account {
  readonly username: string;
  readonly role: Role;
  readonly disabled: boolean;
  readonly sessions: readonly OpenSession[];
}

export interface Token {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly Permission[];
  readonly expiresAt?: string;
  readonly lastUsedAt?: string;
  readonly lastAddress?: string;
}

export interface Lock {
  readonly kind: "address" | "account";
  readonly subject: string;
  readonly failures: number;
  readonly waitSeconds: number;
}

const sessions = shallowRef<readonly OpenSession[]>([]);
const accounts = shallowRef<readonly Account[]>([]);
const tokens = shallowRef<readonly Token[]>([]);
const locks = shallowRef<readonly Lock[]>([]);
const loaded = ref(false);
/** Code of why the last attempt at anything failed. */
const failure = ref("");
const busy = ref(false);

export const access = { sessions, accounts, tokens, locks, loaded, failure, busy };

whenSomebodyElseComes(() => {
  sessions.value = [];
  accounts.value = [];
  tokens.value = [];
  locks.value = [];
  loaded.value = false;
  failure.value = "";
});

export async function loadAccess(): Promise<void> {
  try {
    sessions.value = await call("GET", "/sessions");
    if (may("accounts")) {
      accounts.value = await call("GET", "/accounts");
      tokens.value = await call("GET", "/tokens");
      locks.value = await call("GET", "/locks");
    }
    loaded.value = true;
  } catch (error) {
    failure.value = codeOf(error);
  }
}

/** Does something, tells whether it went well, and fetches how everything is then. */
export async function attempt(work: () => Promise<unknown>): Promise<boolean> {
  if (busy.value) return false;
  busy.value = true;
  failure.value = "";
  try {
    await work();
    await loadAccess();
    return true;
  } catch (error) {
    failure.value = codeOf(error);
    return false;
  } finally {
    busy.value = false;
  }
}

/** Changes an account, one of its log-ins, a token, a lock, as `call` does. */
export function change(method: string, path: readonly string[], body?: unknown): Promise<boolean> {
  return attempt(() => call(method, `/${path.map(encodeURIComponent).join("/")}`, body));
}

/** @returns the token, which is shown this once; undefined when it failed. */
export async function makeToken(order: {
  name: string;
  scopes: readonly Permission[];
  expiresAt?: string;
}): Promise<string | undefined> {
  let token: string | undefined;
  await attempt(async () => {
    token = (await call<{ token: string }>("POST", "/tokens", order)).token;
  });
  return token;
}
