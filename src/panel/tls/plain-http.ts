import type { FastifyReply, FastifyRequest } from "fastify";
import { isJoined } from "../joined-streams.ts";
import { refusal } from "../problems.ts";
import { isLoopback } from "../route-needs.ts";

const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:\d{1,5})?$/i;

/**
 * What happens to plain HTTP where there is TLS: pages are sent to https on the same port, everything else is refused
 * before its body is read and without a look at its password or token. The box itself may go on: nothing of that leaves it. So may
 * what comes within a channel, which is private already.
 */
export function createPlainHttpGuard() {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const { method, url, headers, protocol } = request;
    const isPrivate = protocol === "https" || isLoopback(request.ip) || isJoined(request.raw);
    if (isPrivate || request.routeOptions.config.plain) return undefined;
    // Whatever else comes on this connection is in clear as well.
    reply.header("connection", "close");
    const host = HOST.test(headers.host ?? "") ? headers.host : undefined;
    const isPage = (method === "GET" || method === "HEAD") && !url.startsWith("/api/") && !headers.upgrade;
    if (isPage && host !== undefined) return reply.redirect(`https://${host}${url}`, 308);
    const where = host === undefined ? "https" : `https://${host}`;
    throw refusal("request.insecure", `Use ${where}: what is sent without it can be read by others`);
  };
}
