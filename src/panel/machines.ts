import { type Permission, SCOPES } from "../core/access.ts";
import type { StoredToken, TokenStore } from "../core/accounts.ts";
import type { Logger } from "../core/log.ts";
import { createSignal, type Signal } from "../core/signals.ts";
import { type Clock, isoTime } from "../core/time.ts";
import { digestOf, type Identity, roleOf } from "./identity.ts";
import { createLastUse } from "./last-use.ts";
import type { RandomBytes } from "./passwords.ts";
import { refusal } from "./problems.ts";

const TOKEN_BYTES = 32;
/** Makes a token that lies about in a file or a log easy to find. */
const PREFIX = "cunshao_";

/** A token of the configuration. */
export interface PanelToken {
  /** What the ledger calls whoever holds it, e.g. an upstream's id. */
  readonly name: string;
  readonly token: string;
  /** All that it may do; without, it counts as the township. */
  readonly scopes?: readonly Permission[] | undefined;
}

export interface TokenOrder {
  readonly name: string;
  readonly scopes: readonly Permission[];
  readonly expiresAt?: string | undefined;
}

/** Programs that come with a bearer token. */
export interface Machines {
  identify(token: string, address: string): Promise<Identity | null>;
  /** With the last use as of now. */
  list(): Promise<StoredToken[]>;
  /**
   * @returns the token itself: the only time it is known.
   * @throws GatewayError `token.exists`, `token.too_many`, `token.bad_expiry` (permanent).
   */
  make(order: TokenOrder, madeBy: string): Promise<{ token: string; stored: StoredToken }>;
  /** @throws GatewayError `token.unknown` (permanent). */
  revoke(id: string): Promise<StoredToken>;
  /** Ids, as soon as they are worth nothing. */
  readonly revoked: Signal<string>;
}

export function createMachines(options: {
  tokens: TokenStore;
  configured: readonly PanelToken[];
  clock: Clock;
  random: RandomBytes;
  log: Logger;
}): Machines {
  const { tokens, clock, random } = options;
  // Looking a digest up tells nothing by its time: who could choose a digest would know the token.
  const configured = new Map(
    options.configured.map(({ name, token, scopes }): [string, Identity] => {
      const by = { kind: "township", name } as const;
      const may = scopes ? { role: "machine", permissions: new Set(scopes) } : roleOf("township");
      return [digestOf(token), { name, by, ...may }];
    }),
  );
  const lastUse = createLastUse(options, (id, { address, at }) => tokens.used(id, address, at));
  const revoked = createSignal<string>();

  return {
    revoked,
    async identify(token, address) {
      const digest = digestOf(token);
      const known = configured.get(digest);
      if (known) return known;
      const stored = await tokens.find(digest);
      if (!stored) return null;
      const { id, name, expiresAt } = stored;
      if (expiresAt !== undefined && Date.parse(expiresAt) <= clock.now().wallMs) return null;
      lastUse.used(id, address);
      const permissions = new Set(stored.scopes.filter((scope) => SCOPES.includes(scope)));
      return { name, role: "machine", permissions, by: { kind: "township", name }, token: { id, expiresAt } };
    },
    async list() {
      return (await tokens.list()).map((stored) => {
        const use = lastUse.of(stored.id);
        return use ? { ...stored, lastUsedAt: use.at, lastAddress: use.address } : stored;
      });
    },
    async make({ name, scopes, expiresAt }, madeBy) {
      const { wallMs } = clock.now();
      if (expiresAt !== undefined && Date.parse(expiresAt) <= wallMs) {
        throw refusal("token.bad_expiry", "The token would have ended already");
      }
      const token = PREFIX + Buffer.from(random(TOKEN_BYTES)).toString("base64url");
      const stored: StoredToken = {
        id: Buffer.from(random(8)).toString("hex"),
        name,
        tokenHash: digestOf(token),
        scopes: SCOPES.filter((scope) => scopes.includes(scope)),
        madeBy,
        madeAt: isoTime(wallMs),
        expiresAt,
      };
      await tokens.add(stored);
      return { token, stored };
    },
    async revoke(id) {
      const stored = (await tokens.list()).find((one) => one.id === id);
      if (!stored || !(await tokens.remove(id))) throw refusal("token.unknown", "There is no such token");
      lastUse.forget(id);
      revoked.emit(id);
      return stored;
    },
  };
}
