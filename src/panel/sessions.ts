import { setMaxListeners } from "node:events";
import type { FastifyRequest } from "fastify";
import type { AccountStore, LockStore, StoredAccount, StoredSession } from "../core/accounts.ts";
import { errorCode, type GatewayError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import { createSignal } from "../core/signals.ts";
import { type Clock, isoTime } from "../core/time.ts";
import { digestOf, type Identity, roleOf, sessionId } from "./identity.ts";
import { createLastUse } from "./last-use.ts";
import { type LogInThrottle, networkOf } from "./log-in-throttle.ts";
import type { Machines } from "./machines.ts";
import { hashPassword, type RandomBytes, verifyPassword } from "./passwords.ts";
import { refusal, ThrottledError } from "./problems.ts";

// What routes ask about who asks.
export { type Identity, identityOf } from "./identity.ts";

export const LIFE_MS = 12 * 3_600_000;
const COOKIE_BYTES = 32;
/** Each log-in takes 32 MiB while it is checked; more at once would hurt the village's real work. */
const MOST_AT_ONCE = 4;
const LONGEST_AGENT = 200;
/** The longest a timer can be told; whoever watches for longer is looked at again then. */
const LONGEST_WATCH_MS = 24 * 3_600_000;

/** Under TLS the prefix keeps anything but this very host, by TLS, from setting it (RFC 6265bis 4.1.3). */
export function cookieName(request: FastifyRequest): string {
  return request.protocol === "https" ? "__Host-cunshao_session" : "cunshao_session";
}

export interface Place {
  readonly address: string;
  readonly agent: string;
}

export interface Sessions {
  /** Who sent this request, or null. Reads a bearer token first, then the cookie. */
  identify(request: FastifyRequest): Promise<Identity | null>;
  /**
   * Checks a password and opens a log-in of 12 h.
   * @throws GatewayError `session.wrong`, and ThrottledError with the wait.
   */
  open(username: string, password: string, place: Place): Promise<{ token: string; identity: Identity }>;
  /** Checks a password as a log-in does, and opens nothing. @throws as `open`. */
  check(username: string, password: string, address: string): Promise<StoredAccount>;
  /** Opens a log-in for an account whose password was checked. @throws GatewayError `account.changed` since then. */
  renew(account: StoredAccount, place: Place): Promise<{ token: string; identity: Identity }>;
  close(tokenHash: string): Promise<void>;
  /** By the id of `sessionId`; false when this account has no such session. */
  closeById(username: string, id: string): Promise<boolean>;
  closeAll(username: string, except?: string): Promise<void>;
  /** To be told after the store has ended an account's sessions by itself. */
  ended(username: string): void;
  /** With the last use as of now, newest first. */
  list(username?: string): Promise<StoredSession[]>;
  /** Aborts when this identity's log-in or token is ended or runs out. Call `release` when it is of no more use. */
  watch(identity: Identity): { readonly ended: AbortSignal; release(): void };
}

export interface SessionsDependencies {
  readonly accounts: AccountStore;
  readonly locks: LockStore;
  readonly throttle: LogInThrottle;
  readonly machines: Machines;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly log: Logger;
}

export function createSessions(dependencies: SessionsDependencies): Sessions {
  const { accounts, locks, throttle, machines, clock, random } = dependencies;
  const ending = createSignal<(identity: Identity) => boolean>();
  const lastUse = createLastUse(dependencies, (tokenHash, { address, at }) =>
    accounts.usedSession(tokenHash, address, at),
  );
  let atOnce = 0;
  let decoy: Promise<string> | undefined;

  machines.revoked.on((id) => ending.emit(({ token }) => token?.id === id));

  async function person(cookie: string, address: string): Promise<Identity | null> {
    const tokenHash = digestOf(cookie);
    const session = await accounts.session(tokenHash);
    if (!session) return null;
    const leftMs = Date.parse(session.expiresAt) - clock.now().wallMs;
    // A clock that was set back must not give a log-in years.
    if (leftMs <= 0 || leftMs > LIFE_MS) return null;
    lastUse.used(tokenHash, address);
    return personOf(session.username, session.role, tokenHash, session.expiresAt);
  }

  /** An unknown name costs the same time as a wrong password, so that names cannot be told apart. */
  async function isRight(account: StoredAccount | undefined, password: string): Promise<boolean> {
    if (account) return (await verifyPassword(password, account.passwordHash)) && !account.disabled;
    decoy ??= hashPassword("", random);
    await verifyPassword(password, await decoy);
    return false;
  }

  async function check(username: string, password: string, address: string): Promise<StoredAccount> {
    if (atOnce >= MOST_AT_ONCE) throw new ThrottledError("session.busy", 1);
    // Before anything is waited for: those that come meanwhile count, too.
    atOnce++;
    try {
      const isKnown = await locks.isKnownPlace(username, networkOf(address));
      const waitMs = throttle.begin(address, username, isKnown);
      if (waitMs > 0) throw new ThrottledError("session.throttled", Math.ceil(waitMs / 1000));
      const account = await accounts.find(username);
      const isMeant = await isRight(account, password);
      if (account && isMeant) {
        await throttle.succeeded(address, username);
        return account;
      }
      throw wrong();
    } finally {
      atOnce--;
    }
  }

  async function renew({ username, role, passwordHash }: StoredAccount, { address, agent }: Place) {
    const token = Buffer.from(random(COOKIE_BYTES)).toString("base64url");
    const tokenHash = digestOf(token);
    const { wallMs } = clock.now();
    const openedAt = isoTime(wallMs);
    const expiresAt = isoTime(wallMs + LIFE_MS);
    const session = {
      tokenHash,
      username,
      address,
      agent: agent.slice(0, LONGEST_AGENT),
      openedAt,
      lastUsedAt: openedAt,
      expiresAt,
    };
    await accounts.openSession(session, passwordHash);
    return { token, identity: personOf(username, role, tokenHash, expiresAt) };
  }

  async function close(tokenHash: string): Promise<void> {
    await accounts.closeSession(tokenHash);
    lastUse.forget(tokenHash);
    ending.emit(({ session }) => session?.tokenHash === tokenHash);
  }

  return {
    check,
    renew,
    close,
    async identify(request) {
      const authorization = request.headers.authorization;
      if (authorization !== undefined) {
        const token = /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
        return token === undefined ? null : machines.identify(token, request.ip);
      }
      const cookie = request.cookies[cookieName(request)];
      return cookie === undefined ? null : person(cookie, request.ip);
    },

    async open(username, password, place) {
      const account = await check(username, password, place.address);
      const network = networkOf(place.address);
      if (!(await locks.isKnownPlace(username, network))) {
        await locks.knowPlace(username, network, isoTime(clock.now().wallMs));
      }
      try {
        return await renew(account, place);
      } catch (error) {
        // Right a moment ago: to whoever knows it, an old password is a wrong one.
        if (errorCode(error) === "account.changed") throw wrong();
        throw error;
      }
    },

    async closeById(username, id) {
      const found = (await accounts.sessions(username)).find((one) => sessionId(one.tokenHash) === id);
      if (found) await close(found.tokenHash);
      return found !== undefined;
    },

    async closeAll(username, except) {
      await accounts.closeSessions(username, except);
      ending.emit(({ name, session }) => {
        return session !== undefined && name === username && session.tokenHash !== except;
      });
    },

    ended(username) {
      ending.emit(({ name, session }) => session !== undefined && name === username);
    },

    async list(username) {
      return (await accounts.sessions(username)).map((session) => {
        const use = lastUse.of(session.tokenHash);
        return use ? { ...session, lastUsedAt: use.at, address: use.address } : session;
      });
    },

    watch(identity) {
      const controller = new AbortController();
      setMaxListeners(0, controller.signal);
      const expiresAt = identity.session?.expiresAt ?? identity.token?.expiresAt;
      const stop = ending.on((isMeant) => {
        if (isMeant(identity)) controller.abort();
      });
      let timer = { cancel: (): void => {} };
      const wait = (): void => {
        if (expiresAt === undefined) return;
        const leftMs = Date.parse(expiresAt) - clock.now().wallMs;
        const ends = identity.session ? Math.min(LIFE_MS, leftMs) : leftMs;
        if (ends <= 0) controller.abort();
        else if (ends <= LONGEST_WATCH_MS) timer = clock.after(ends, () => controller.abort());
        else timer = clock.after(LONGEST_WATCH_MS, wait);
      };
      wait();
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

function wrong(): GatewayError {
  return refusal("session.wrong", "The user name or the password is wrong");
}

function personOf(name: string, role: string, tokenHash: string, expiresAt: string): Identity {
  return { name, ...roleOf(role), by: { kind: "person", name }, session: { tokenHash, expiresAt } };
}
