import type {
  AccountStore,
  LockStore,
  StoredAccount,
  StoredLock,
  StoredSession,
  StoredToken,
  TokenStore,
} from "../../src/core/accounts.ts";
import { GatewayError } from "../../src/core/errors.ts";

// Who may see, in memory, for tests of rooms that only ask.

export function createAccountsDouble(): AccountStore & { readonly open: Map<string, StoredSession> } {
  const accounts = new Map<string, StoredAccount>();
  const open = new Map<string, StoredSession>();
  const end = (username: string, except?: string): void => {
    for (const [hash, session] of open)
      if (session.username === username && hash !== except) open.delete(hash);
  };
  const administrators = (list: Iterable<StoredAccount>): number =>
    [...list].filter(({ role, disabled }) => role === "administrator" && !disabled).length;
  const demand = (next: Map<string, StoredAccount>): void => {
    if (administrators(accounts.values()) === 0 || administrators(next.values()) > 0) return;
    throw refusal("account.last_administrator");
  };
  return {
    open,
    find: async (username) => accounts.get(username),
    list: async () => [...accounts.values()].sort((a, b) => (a.username < b.username ? -1 : 1)),
    async add(account) {
      if (accounts.has(account.username)) throw refusal("account.exists");
      accounts.set(account.username, account);
    },
    async save(account) {
      demand(new Map(accounts).set(account.username, account));
      const before = accounts.get(account.username);
      const same = before?.passwordHash === account.passwordHash && before.role === account.role;
      if (!same || account.disabled) end(account.username);
      accounts.set(account.username, account);
    },
    async change(username, change, as) {
      const account = accounts.get(username);
      const { passwordHash, role, disabled = false } = as ?? {};
      const isSame =
        account?.passwordHash === passwordHash &&
        account?.role === role &&
        Boolean(account?.disabled) === disabled;
      if (as && !isSame) throw refusal("account.changed");
      if (!account) throw refusal("account.unknown");
      await this.save({ ...account, ...change });
    },
    async remove(username) {
      if (!accounts.has(username)) throw refusal("account.unknown");
      const next = new Map(accounts);
      next.delete(username);
      demand(next);
      accounts.delete(username);
      end(username);
    },
    count: async () => accounts.size,
    async openSession(session, checkedHash) {
      const account = accounts.get(session.username);
      if (account?.passwordHash !== checkedHash || account.disabled) throw refusal("account.changed");
      open.set(session.tokenHash, session);
    },
    async session(tokenHash) {
      const session = open.get(tokenHash);
      const account = session && accounts.get(session.username);
      return account && !account.disabled ? { ...session, role: account.role } : undefined;
    },
    sessions: async (username) =>
      [...open.values()].filter((one) => username === undefined || one.username === username).reverse(),
    async usedSession(tokenHash, address, lastUsedAt, expiresAt) {
      const session = open.get(tokenHash);
      if (session) open.set(tokenHash, { ...session, address, lastUsedAt, expiresAt });
    },
    closeSession: async (tokenHash) => void open.delete(tokenHash),
    closeSessions: async (username, except) => end(username, except),
  };
}

export function createTokensDouble(): TokenStore {
  const tokens = new Map<string, StoredToken>();
  return {
    list: async () => [...tokens.values()],
    find: async (tokenHash) => [...tokens.values()].find((one) => one.tokenHash === tokenHash),
    async add(token) {
      if ([...tokens.values()].some(({ name }) => name === token.name)) throw refusal("token.exists");
      tokens.set(token.id, token);
    },
    async used(id, lastAddress, lastUsedAt) {
      const token = tokens.get(id);
      if (token) tokens.set(id, { ...token, lastAddress, lastUsedAt });
    },
    remove: async (id) => tokens.delete(id),
  };
}

export function createLocksDouble(): LockStore & { readonly saved: Map<string, StoredLock> } {
  const saved = new Map<string, StoredLock>();
  const places = new Set<string>();
  return {
    saved,
    list: async () => [...saved.values()],
    save: async (lock) => void saved.set(`${lock.kind} ${lock.subject}`, lock),
    remove: async (kind, subject) => void saved.delete(`${kind} ${subject}`),
    isKnownPlace: async (username, network) => places.has(`${username} ${network}`),
    knowPlace: async (username, network) => void places.add(`${username} ${network}`),
  };
}

function refusal(code: string): GatewayError {
  return new GatewayError(code, { code, kind: "permanent" });
}
