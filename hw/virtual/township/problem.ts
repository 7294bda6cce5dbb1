import type { FastifyReply } from "fastify";
import { errorCode, errorMessage } from "../../../src/core/errors.ts";

/** A refusal that becomes an RFC 9457 problem document. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = "Problem";
    this.status = status;
    this.code = code;
  }
}

export function answerProblem(reply: FastifyReply, error: unknown): FastifyReply {
  const status = statusOf(error);
  return reply
    .code(status)
    .type("application/problem+json")
    .send(
      JSON.stringify({ type: "about:blank", title: errorMessage(error), status, code: errorCode(error) }),
    );
}

/** Fastify's own errors carry a status too, e.g. 413 and 415. */
function statusOf(error: unknown): number {
  if (error instanceof Problem) return error.status;
  if (error instanceof Error && "statusCode" in error && typeof error.statusCode === "number") {
    return error.statusCode;
  }
  return 500;
}
