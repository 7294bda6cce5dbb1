import type { Permission } from "./access.ts";

// Who may see, as the buffer keeps it. Passwords stand here as scrypt, cookies and tokens as SHA-256 only.

export interface StoredAccount {
  readonly username: string;
  /** scrypt with its parameters, self-describing. */
  readonly passwordHash: string;
  readonly role: string;
  /** Kept, but nobody can log in with it. */
  readonly disabled?: boolean;
}

export type AccountChange = Partial<Omit<StoredAccount, "username">>;

export interface StoredSession {
  /** SHA-256 (hex) of the cookie. */
  readonly tokenHash: string;
  readonly username: string;
  readonly address: string;
  /** The browser, as it called itself. */
  readonly agent: string;
  readonly openedAt: string;
  readonly lastUsedAt: string;
  readonly expiresAt: string;
}

/** Accounts and log-ins that survive a restart. */
export interface AccountStore {
  find(username: string): Promise<StoredAccount | undefined>;
  /** By user name. */
  list(): Promise<StoredAccount[]>;
  /** @throws GatewayError `account.exists` (permanent). */
  add(account: StoredAccount): Promise<void>;
  /**
   * Adds or changes, whatever was there: for who works at the box itself. Ends sessions as `change`.
   * @throws GatewayError `account.last_administrator` (permanent): one who can log in must remain.
   */
  save(account: StoredAccount): Promise<void>;
  /**
   * Changes what is given and nothing else. Ends the account's sessions when its password or role changes, or it is
   * disabled.
   * @param as how it was when the change was allowed: it must still be so.
   * @throws GatewayError `account.unknown`, `account.changed`, `account.last_administrator` (permanent).
   */
  change(username: string, change: AccountChange, as?: StoredAccount): Promise<void>;
  /** @throws GatewayError `account.unknown`, `account.last_administrator` (permanent). */
  remove(username: string): Promise<void>;
  count(): Promise<number>;
  /**
   * Keeps at most 50 of an account, the newest.
   * @param checkedHash the hash that the password was checked against: it must still be the account's.
   * @throws GatewayError `account.changed` (permanent), also when the account is shut or gone.
   */
  openSession(session: StoredSession, checkedHash: string): Promise<void>;
  /** None that has expired, or whose account is disabled. */
  session(tokenHash: string): Promise<(StoredSession & { readonly role: string }) | undefined>;
  /** Newest first, of one account or of all; none that has expired. */
  sessions(username?: string): Promise<StoredSession[]>;
  /** A use prolongs it. */
  usedSession(tokenHash: string, address: string, lastUsedAt: string, expiresAt: string): Promise<void>;
  closeSession(tokenHash: string): Promise<void>;
  /** Ends all sessions of an account but `except`. */
  closeSessions(username: string, except?: string): Promise<void>;
}

export interface StoredToken {
  readonly id: string;
  readonly name: string;
  /** SHA-256 (hex) of the token. */
  readonly tokenHash: string;
  readonly scopes: readonly Permission[];
  readonly madeBy: string;
  readonly madeAt: string;
  readonly expiresAt?: string | undefined;
  readonly lastUsedAt?: string | undefined;
  readonly lastAddress?: string | undefined;
}

/** Tokens of machines. */
export interface TokenStore {
  list(): Promise<StoredToken[]>;
  find(tokenHash: string): Promise<StoredToken | undefined>;
  /** @throws GatewayError `token.exists`, `token.too_many` (permanent): 200 are the most. */
  add(token: StoredToken): Promise<void>;
  used(id: string, address: string, lastUsedAt: string): Promise<void>;
  /** False when there was none. */
  remove(id: string): Promise<boolean>;
}

/** Failed log-ins that hold an address or an account back. */
export interface StoredLock {
  readonly kind: "address" | "account";
  /** An address, the first half of an IPv6 one, or a user name. */
  readonly subject: string;
  readonly failures: number;
  /** Of the last failure, by the box's clock: for people to read, not to reckon with. */
  readonly at: string;
}

export interface LockStore {
  list(): Promise<StoredLock[]>;
  /** Keeps at most 1000, the latest. */
  save(lock: StoredLock): Promise<void>;
  remove(kind: StoredLock["kind"], subject: string): Promise<void>;
  /** Whether this account was logged in from this network before. */
  isKnownPlace(username: string, network: string): Promise<boolean>;
  /** Keeps the last 20 of an account. */
  knowPlace(username: string, network: string, at: string): Promise<void>;
}
