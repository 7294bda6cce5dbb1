import type { FastifyReply, FastifyRequest } from "fastify";
import type { Sessions } from "./sessions.ts";

/**
 * Cuts every answer of a GET, and every download, whose log-in or token is ended meanwhile. What changes something is
 * short, and may be the very thing that ends the log-in: it is answered. Sockets close themselves, with a code.
 */
export function letGoWithLogIn(sessions: Sessions, request: FastifyRequest, reply: FastifyReply): void {
  if (!request.identity || request.method !== "GET" || request.ws) return;
  // Who went away while the log-in was looked up says so no more.
  if (reply.raw.destroyed) return;
  const { ended, release } = sessions.watch(request.identity);
  const cut = (): void => void reply.raw.destroy();
  ended.addEventListener("abort", cut, { once: true });
  reply.raw.once("close", release);
  if (ended.aborted) cut();
}
