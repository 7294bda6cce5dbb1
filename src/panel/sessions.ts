import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyRequest } from "fastify";
import { isRole, PERMISSIONS_OF, type Permission } from "../core/access.ts";
import type { BroadcastSource } from "../core/broadcast.ts";
import { createSignal } from "../core/signals.ts";
import type { AccountStore } from "../core/stores.ts";
import { type Clock, isoTime } from "../core/time.ts";
import { createLogInThrottle } from "./log-in-throttle.ts";
import { hashPassword, type RandomBytes, verifyPassword } from "./passwords.ts";
import { refusal, ThrottledError } from "./problems.ts";

export const COOKIE = "cunshao_session";
const LIFE_MS = 12 * 3_600_000;
const TOKEN_BYTES = 32;
/** Each log-in takes 32 MiB while it is checked; more at once would hurt the village's real work. */
const MOST_AT_ONCE = 4;

export interface PanelToken {
  /** What the ledger calls whoever holds it, e.g. an upstream's id. */
  readonly name: string;
  readonly token: string;
}

/** Who asks. */
export interface Identity {
  readonly name: string;
  readonly role: string;
  readonly permissions: ReadonlySet<Permission>;
  readonly by: BroadcastSource;
  /** Set for a log-in by cookie, with the wall time at which it ends. */
  readonly session?: { readonly tokenHash: string; readonly expiresAt: string };
}

declare module "fastify" {
  interface FastifyRequest {
    identity: Identity | null;
  }
}

export interface Sessions {
  /** Who sent this request, or null. Reads a bearer token first, then the cookie. */
  identify(request: FastifyRequest): Promise<Identity | null>;
  /**
   * Checks a password and opens a log-in of 12 h.
   * @throws GatewayError `session.wrong`, and ThrottledError with the wait.
   */
  open(username: string, password: string, address: string): Promise<{ token: string; identity: Identity }>;
  close(tokenHash: string): Promise<void>;
  /** Aborts when this identity's log-in is closed or runs out. Call `release` when it is of no more use. */
  watch(identity: Identity): { readonly ended: AbortSignal; release(): void };
}

export function createSessions(options: {
  accounts: AccountStore;
  tokens: readonly PanelToken[];
  clock: Clock;
  random: RandomBytes;
}): Sessions {
  const { accounts, clock, random } = options;
  const throttle = createLogInThrottle(clock);
  const closed = createSignal<string>();
  const machines = options.tokens.map(({ name, token }) => ({ name, digest: digestOf(token) }));
  let atOnce = 0;
  let decoy: Promise<string> | undefined;

  function machine(token: string): Identity | null {
    const digest = digestOf(token);
    let found: Identity | null = null;
    for (const { name, digest: expected } of machines) {
      if (timingSafeEqual(digest, expected)) {
        found = { name, ...roleOf("township"), by: { kind: "township", name } };
      }
    }
    return found;
  }

  async function person(token: string): Promise<Identity | null> {
    const tokenHash = digestOf(token).toString("hex");
    const session = await accounts.session(tokenHash);
    if (!session || Date.parse(session.expiresAt) <= clock.now().wallMs) return null;
    return personOf(session.username, session.role, tokenHash, session.expiresAt);
  }

  /** An unknown name costs the same time as a wrong password, so that names cannot be told apart. */
  async function check(username: string, password: string): Promise<string | undefined> {
    const account = await accounts.find(username);
    if (account) return (await verifyPassword(password, account.passwordHash)) ? account.role : undefined;
    decoy ??= hashPassword("", random);
    await verifyPassword(password, await decoy);
    return undefined;
  }

  return {
    async identify(request) {
      const authorization = request.headers.authorization;
      if (authorization !== undefined) {
        const token = /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
        return token === undefined ? null : machine(token);
      }
      const cookie = request.cookies[COOKIE];
      return cookie === undefined ? null : person(cookie);
    },

    async open(username, password, address) {
      if (atOnce >= MOST_AT_ONCE) throw new ThrottledError("session.busy", 1);
      const waitMs = throttle.begin(address, username);
      if (waitMs > 0) throw new ThrottledError("session.throttled", Math.ceil(waitMs / 1000));
      atOnce++;
      try {
        const role = await check(username, password);
        if (role === undefined) throw refusal("session.wrong", "The user name or the password is wrong");
        throttle.succeeded(address, username);
        const token = Buffer.from(random(TOKEN_BYTES)).toString("base64url");
        const tokenHash = digestOf(token).toString("hex");
        const expiresAt = isoTime(clock.now().wallMs + LIFE_MS);
        await accounts.openSession(tokenHash, username, expiresAt);
        return { token, identity: personOf(username, role, tokenHash, expiresAt) };
      } finally {
        atOnce--;
      }
    },

    async close(tokenHash) {
      await accounts.closeSession(tokenHash);
      closed.emit(tokenHash);
    },

    watch({ session }) {
      const controller = new AbortController();
      if (!session) return { ended: controller.signal, release: () => {} };
      const stop = closed.on((tokenHash) => {
        if (tokenHash === session.tokenHash) controller.abort();
      });
      const leftMs = Math.min(LIFE_MS, Math.max(0, Date.parse(session.expiresAt) - clock.now().wallMs));
      const timer = clock.after(leftMs, () => controller.abort());
      return {
        ended: controller.signal,
        release: () => {
          stop();
          timer.cancel();
        },
      };
    },
  };
}

/** The identity behind a request that passed the log-in check. */
export function identityOf(request: FastifyRequest): Identity {
  if (!request.identity) throw refusal("session.required", "Log in first");
  return request.identity;
}

function personOf(name: string, role: string, tokenHash: string, expiresAt: string): Identity {
  return { name, ...roleOf(role), by: { kind: "person", name }, session: { tokenHash, expiresAt } };
}

/** A role that this version does not know may do nothing. */
function roleOf(role: string): Pick<Identity, "role" | "permissions"> {
  return { role, permissions: new Set(isRole(role) ? PERMISSIONS_OF[role] : []) };
}

function digestOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
