import type { FastifyRequest, RouteOptions } from "fastify";
import type { Permission } from "../core/access.ts";
import { GatewayError } from "../core/errors.ts";
import { isDangerous } from "./log-in-life.ts";
import { refusal } from "./problems.ts";
import { SAFE_METHODS } from "./protection.ts";

export type Need = Permission | "log-in";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Answers without a log-in. */
    open?: boolean;
    /** What whoever asks must be allowed to do; `log-in`: nothing but that. Every route under /api/v1 says one or the other. */
    needs?: Need;
    /** Programs on the box itself need nothing, as long as they speak for nobody else. */
    orFromThisBox?: boolean;
    /** Programs that pull are kept to a pace here. */
    isPull?: boolean;
    /** Answers over plain HTTP too, to whoever asks. */
    plain?: boolean;
  }
}

/**
 * A route that says nobody's need would be open to every log-in, and one that stands not in the OpenAPI document would be
 * missed by the test of all others: each stops the start instead.
 */
export function demandNeeds({ url, config, schema }: RouteOptions): void {
  if (!config?.open && !config?.needs)
    throw unguarded(`route ${url} says neither what it needs nor that it is open`);
  if (!schema || ("hide" in schema && schema.hide))
    throw unguarded(`route ${url} hides from the OpenAPI document`);
}

function unguarded(message: string): GatewayError {
  return new GatewayError(message, { code: "route.unguarded", kind: "bug" });
}

/** Before anything of the request but its head is read. @throws GatewayError as `demandPermission`. */
export function refuseUnlessAllowed(request: FastifyRequest): void {
  const { open, needs, orFromThisBox } = request.routeOptions.config;
  if (open || (orFromThisBox && isFromThisBox(request))) return;
  // An address that is nobody's route tells nothing to strangers either.
  demandPermission(request, needs ?? "log-in");
}

/** For what depends on more than the address. @throws GatewayError `session.required`, `access.denied`, `session.stale` (permanent). */
export function demandPermission({ identity, method }: FastifyRequest, needs: Need): void {
  if (!identity) throw refusal("session.required", "Log in first, or send a bearer token");
  if (needs !== "log-in" && !identity.permissions.has(needs))
    throw refusal("access.denied", `This needs the permission "${needs}", which ${identity.role} has not`);
  // Who finds a page open that has been for days, or a cookie, changes nothing of how the box is set up, nor who gets in.
  if (identity.session?.isFresh === false && isDangerous(needs) && !SAFE_METHODS.has(method))
    throw refusal("session.stale", "The password was entered long ago: log in again to change this");
}

export function isLoopback(address: string): boolean {
  return /^(::ffff:)?127\./i.test(address) || address === "::1";
}

/** Behind a proxy on the box everybody would look local; a proxy says whom it speaks for. */
function isFromThisBox({ headers, ip }: FastifyRequest): boolean {
  const isProxied = headers["x-forwarded-for"] !== undefined || headers.forwarded !== undefined;
  return !isProxied && isLoopback(ip);
}
