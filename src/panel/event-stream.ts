import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import { errorCode, errorMessage } from "../core/errors.ts";
import { type AccessContext, lifetimeOf } from "./context.ts";

/** One message of a text/event-stream. Newlines in `data` do not occur: it is JSON. */
export function streamMessage(message: { id?: string; event?: string; data: string }): string {
  const id = message.id === undefined ? "" : `id: ${message.id}\n`;
  const event = message.event === undefined ? "" : `event: ${message.event}\n`;
  return `${id}${event}data: ${message.data}\n\n`;
}

/**
 * Answers with server-sent events. `produce` is asked for the next text only when the reader has taken the last one,
 * so a slow reader costs no memory. It ends with the connection, the log-in or the panel.
 */
export function sendEventStream(
  context: Pick<AccessContext, "stopping" | "log">,
  reply: FastifyReply,
  produce: (ended: AbortSignal) => AsyncGenerator<string>,
): FastifyReply {
  const ended = lifetimeOf(reply, context.stopping);

  async function* guarded(): AsyncGenerator<string> {
    try {
      // Browsers come back by themselves after this time.
      yield "retry: 2000\n\n";
      yield* produce(ended);
    } catch (error) {
      context.log.warn({ code: errorCode(error), error: errorMessage(error) }, "An event stream broke off");
    }
  }

  return reply
    .header("cache-control", "no-store")
    .header("x-accel-buffering", "no")
    .type("text/event-stream; charset=utf-8")
    .send(Readable.from(guarded(), { objectMode: false, highWaterMark: 1 }));
}
