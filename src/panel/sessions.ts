import { setMaxListeners } from "node:events";
import type { FastifyRequest } from "fastify";
import type { AccountStore, LockStore, StoredAccount, StoredSession } from "../core/accounts.ts";
import { errorCode, type GatewayError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import { createSignal } from "../core/signals.ts";
import { type Clock, isoTime } from "../core/time.ts";
import { digestOf, type Identity, type LogIn, roleOf, sessionId } from "./identity.ts";
import { createLastUse, WRITE_EVERY_MS } from "./last-use.ts";
import { type Life, lifeFrom, lifeOf, timesOf } from "./log-in-life.ts";
import { type LogInThrottle, networkOf } from "./log-in-throttle.ts";
import type { Machines } from "./machines.ts";
import { hashPassword, type RandomBytes, verifyPassword } from "./passwords.ts";
import { refusal, ThrottledError } from "./problems.ts";

// What routes ask about who asks.
export { type Identity, identityOf } from "./identity.ts";

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
   * Checks a password and opens a log-in, which lives as `log-in-life.ts` says.
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
  /**
   * Aborts when this identity's log-in or token is ended or runs out. As long as it is watched a log-in counts as used: a page that is open has
   * it in use. Call `release` when it is of no more use.
   */
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
  const lastUse = createLastUse(dependencies, (tokenHash, { address, at, expiresAt }) =>
    expiresAt === undefined ? undefined : accounts.usedSession(tokenHash, address, at, expiresAt),
  );
  let atOnce = 0;
  let decoy: Promise<string> | undefined;

  machines.revoked.on((id) => ending.emit(({ token }) => token?.id === id));

  async function person(cookie: string, address: string): Promise<Identity | null> {
    const tokenHash = digestOf(cookie);
    const session = await accounts.session(tokenHash);
    if (!session) return null;
    const life = lifeOf(session, roleOf(session.role).permissions, clock.now().wallMs);
    if (!life) return null;
    const identity = personOf(session, life);
    lastUse.used(tokenHash, address, identity.session.expiresAt);
    return identity;
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
    const life = lifeFrom(wallMs, roleOf(role).permissions, wallMs);
    const session = {
      tokenHash,
      username,
      address,
      agent: agent.slice(0, LONGEST_AGENT),
      openedAt,
      lastUsedAt: openedAt,
      expiresAt: timesOf(life).expiresAt,
    };
    await accounts.openSession(session, passwordHash);
    return { token, identity: personOf({ ...session, role }, life) };
  }

  /** Of what goes on by itself, as a stream does: the address is that of the last request. */
  function useOn({ permissions, session }: Identity): void {
    if (!session) return;
    const { wallMs } = clock.now();
    const { expiresAt } = timesOf(lifeFrom(Date.parse(session.openedAt), permissions, wallMs));
    const address = lastUse.of(session.tokenHash)?.address;
    if (address !== undefined) lastUse.used(session.tokenHash, address, expiresAt);
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
      const stop = ending.on((isMeant) => {
        if (isMeant(identity)) controller.abort();
      });
      const { session, token } = identity;
      const { wallMs, monotonicMs } = clock.now();
      /** A log-in's end by the clock that nobody sets: it is watched for days. */
      const endsMs = session && monotonicMs + Date.parse(session.endsAt) - wallMs;
      const leftMs = (): number => {
        const now = clock.now();
        if (endsMs !== undefined) return endsMs - now.monotonicMs;
        return token?.expiresAt === undefined
          ? Number.POSITIVE_INFINITY
          : Date.parse(token.expiresAt) - now.wallMs;
      };
      let timer = { cancel: (): void => {} };
      const wait = (): void => {
        const left = leftMs();
        if (left === Number.POSITIVE_INFINITY) return;
        if (left <= 0) {
          controller.abort();
          return;
        }
        timer = clock.after(Math.min(left, session ? WRITE_EVERY_MS : LONGEST_WATCH_MS), () => {
          useOn(identity);
          wait();
        });
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

function personOf(
  {
    username: name,
    role,
    tokenHash,
    openedAt,
  }: Pick<StoredSession, "username" | "tokenHash" | "openedAt"> & { readonly role: string },
  life: Life,
): Identity & { readonly session: LogIn } {
  const session = { tokenHash, openedAt, ...timesOf(life), isFresh: life.isFresh };
  return { name, ...roleOf(role), by: { kind: "person", name }, session };
}
