import { createHash } from "node:crypto";
import type { FastifyRequest } from "fastify";
import { isRole, PERMISSIONS_OF, type Permission } from "../core/access.ts";
import type { BroadcastSource } from "../core/broadcast.ts";
import { refusal } from "./problems.ts";

/** Who asks. */
export interface Identity {
  readonly name: string;
  /** A role, or `machine` for a token with scopes. */
  readonly role: string;
  readonly permissions: ReadonlySet<Permission>;
  readonly by: BroadcastSource;
  /** Set for a log-in by cookie, with the wall time at which it ends. */
  readonly session?: { readonly tokenHash: string; readonly expiresAt: string };
  /** Set for a token that was made on the page or over the API. */
  readonly token?: { readonly id: string; readonly expiresAt?: string | undefined };
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
