import type { IncomingMessage } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { PanelApp } from "./context.ts";

/** Adds routes apart from all others: here alone a body is a file, whatever its sender calls it, and is not read into memory. */
export function takeFiles(app: PanelApp, routes: (uploads: PanelApp) => void): void {
  void app.register(async (uploads: PanelApp) => {
    uploads.removeAllContentTypeParsers();
    uploads.addContentTypeParser("*", (_request, payload, done) => done(null, payload));
    uploads.addHook("onError", async (_request, reply) => closeUnlessHeard(reply));
    routes(uploads);
  });
}

/** Whoever still sends would not listen to the answer before the end: the connection goes with it. */
export function closeUnlessHeard(reply: FastifyReply): void {
  if (!reply.request.raw.complete) reply.header("connection", "close");
}

/** The body of a request to such a route. */
export function fileIn({ body, raw }: Pick<FastifyRequest, "body" | "raw">): IncomingMessage {
  return (body as IncomingMessage | undefined) ?? raw;
}
