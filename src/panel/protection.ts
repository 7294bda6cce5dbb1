import type { FastifyReply, FastifyRequest } from "fastify";
import { refusal } from "./problems.ts";

/** What changes nothing. */
export const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Refuses what another site made the browser send with our cookie. Every browser tells by `Sec-Fetch-Site` or `Origin`
 * where such a request began; what has neither is no browser, and `SameSite=Strict` stands behind both.
 * Sockets are checked too: browsers let any page open one to anywhere.
 * @throws GatewayError `request.other_origin` (permanent).
 */
export function refuseOtherOrigins(request: FastifyRequest): void {
  const socket = request.headers.upgrade?.toLowerCase() === "websocket";
  if (SAFE_METHODS.has(request.method) && !socket) return;
  const { origin, host } = request.headers;
  const site = request.headers["sec-fetch-site"];
  const foreignSite = site !== undefined && site !== "same-origin" && site !== "none";
  const foreignOrigin = origin !== undefined && hostOf(origin) !== host;
  if (foreignSite || foreignOrigin) {
    throw refusal("request.other_origin", "The request was made by a page of another site");
  }
}

/** The headers of every answer; nothing runs in the page but its own files. */
export function createProtectiveHeaders(companionUrl: string | undefined) {
  const frames = companionUrl === undefined ? "'none'" : new URL(companionUrl).origin;
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "media-src 'self' blob:",
    "connect-src 'self'",
    `frame-src ${frames}`,
    "manifest-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ");
  return (reply: FastifyReply): void => {
    reply.headers({
      "content-security-policy": policy,
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "referrer-policy": "no-referrer",
      "cross-origin-resource-policy": "same-origin",
      "permissions-policy": "camera=(), geolocation=(self), microphone=(self)",
    });
  };
}

function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host;
  } catch {
    return undefined;
  }
}
