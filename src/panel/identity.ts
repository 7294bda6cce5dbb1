import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { FastifyRequest } from "fastify";
import { isRole, PERMISSIONS_OF, type Permission } from "../core/access.ts";
import type { BroadcastSource } from "../core/broadcast.ts";
import { MAY_HEADER, mayIn, PERSON_HEADER, personIn } from "../core/spoken-for.ts";
import { refusal } from "./problems.ts";

export interface LogIn {
  readonly tokenHash: string;
  /** Wall time at which it ends if it is not used again, and at the latest. */
  readonly expiresAt: string;
  readonly endsAt: string;
  readonly openedAt: string;
  /** Whether its password is young enough for what is dangerous. */
  readonly isFresh: boolean;
}

/** Who asks. */
export interface Identity {
  readonly name: string;
  /** A role, or `machine` for a token with scopes. */
  readonly role: string;
  readonly permissions: ReadonlySet<Permission>;
  readonly by: BroadcastSource;
  /** Set for a log-in by cookie. */
  readonly session?: LogIn;
  /** Set for a token that was made on the page or over the API. */
  readonly token?: { readonly id: string; readonly expiresAt?: string | undefined };
  /** For whom a program asks, by its own word. */
  readonly person?: string | undefined;
}

declare module "fastify" {
  interface FastifyRequest {
    identity: Identity | null;
  }
}

/** The identity behind a request that passed the log-in check. */
export function identityOf(request: FastifyRequest): Identity {
  if (!request.identity) throw refusal("session.required", "Log in first");
  return request.identity;
}

/** For what no machine does: a password, sessions of one's own. @throws GatewayError `session.not_a_person`. */
export function sessionOf(request: FastifyRequest): { name: string; tokenHash: string } {
  const { name, session } = identityOf(request);
  if (!session) throw refusal("session.not_a_person", "This is for people who logged in, not for tokens");
  return { name, tokenHash: session.tokenHash };
}

/**
 * A program that says for whom it asks may do no more than that person, and what is done is the person's act in the ledger, as
 * `<person>@<program>`. Whoever logged in speaks for himself.
 */
export function spokenFor(identity: Identity | null, headers: IncomingHttpHeaders): Identity | null {
  if (!identity || identity.session) return identity;
  const [person, may] = [personIn(one(headers[PERSON_HEADER])), one(headers[MAY_HEADER])];
  const { name, by, permissions } = identity;
  const narrowed = may === undefined ? undefined : mayIn(may);
  return {
    ...identity,
    ...(narrowed && { permissions: new Set([...permissions].filter((each) => narrowed.has(each))) }),
    ...(person !== undefined && { person, by: { ...by, name: `${person}@${name}` } }),
  };
}

function one(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(",") : value;
}

/** A role that this version does not know may do nothing. */
export function roleOf(role: string): Pick<Identity, "role" | "permissions"> {
  return { role, permissions: new Set(isRole(role) ? PERMISSIONS_OF[role] : []) };
}

/** SHA-256 (hex): all that is kept of cookies and tokens. */
export function digestOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

/** What sessions are called by in addresses and lists: names one, and opens nothing. */
export function sessionId(tokenHash: string): string {
  return tokenHash.slice(0, 16);
}
