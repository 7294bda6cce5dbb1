import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import { errorCode, errorMessage, GatewayError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import { PROBLEMS, TITLE_BY_KIND } from "./problem-titles.ts";

/** An RFC 9457 problem document; `title` is for people, `code` for programs. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail?: string;
  /** What is wrong with which field of the request. */
  readonly errors?: readonly { readonly field: string; readonly problem: string }[];
  /** The configured id of the device that it is about. */
  readonly device?: string;
  /** Whole seconds until it is worth trying again. */
  readonly retryAfterSeconds?: number;
}

/** A refusal by the panel itself that asks the caller to wait. */
export class ThrottledError extends GatewayError {
  readonly retryAfterSeconds: number;

  constructor(code: "session.throttled" | "session.busy" | "pull.throttled", retryAfterSeconds: number) {
    super(`Wait ${retryAfterSeconds} s`, { code, kind: "transient" });
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Short for the refusals that are the caller's to mend. */
export function refusal(code: string, message: string): GatewayError {
  return new GatewayError(message, { code, kind: "permanent" });
}

const FASTIFY_CODES: Readonly<Record<string, string>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: "request.too_large",
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "request.media_type",
  FST_ERR_CTP_INVALID_JSON_BODY: "request.bad_json",
  FST_ERR_CTP_EMPTY_JSON_BODY: "request.bad_json",
};

/** Never carries a stack, a path or the message of an error that is not ours. */
export function problemOf(error: unknown): Problem {
  if (hasZodFastifySchemaValidationErrors(error)) {
    const errors = error.validation.map((issue) => ({
      field: issue.instancePath.replace(/^\//, "").replaceAll("/", "."),
      problem: issue.message ?? "",
    }));
    return { ...named("request.invalid"), errors };
  }
  if (error instanceof GatewayError) {
    const [status, title] = PROBLEMS[error.code] ?? TITLE_BY_KIND[error.kind];
    const problem = { ...document(error.code, status, title) };
    const detail = error.kind === "bug" ? {} : { detail: errorMessage(error) };
    const wait = error instanceof ThrottledError ? { retryAfterSeconds: error.retryAfterSeconds } : {};
    const device = error.device === undefined ? {} : { device: error.device };
    return { ...problem, ...detail, ...device, ...wait };
  }
  const code = errorCode(error);
  const known = FASTIFY_CODES[code];
  if (known !== undefined) return named(known);
  const status = (error as FastifyError | undefined)?.statusCode ?? 500;
  if (status >= 400 && status < 500) return { ...named("request.invalid"), status };
  return document("panel.bug", ...TITLE_BY_KIND.bug);
}

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  if (problem.status === 401) reply.header("www-authenticate", "Bearer");
  if (problem.retryAfterSeconds !== undefined) reply.header("retry-after", problem.retryAfterSeconds);
  // A number of bytes promised for a file must not be kept for the problem.
  reply.removeHeader("content-length");
  return reply
    .code(problem.status)
    .header("cache-control", "no-store")
    .type("application/problem+json")
    .send(JSON.stringify(problem));
}

export function createErrorHandler(log: Logger) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const problem = problemOf(error);
    if (problem.status >= 500 && problem.status !== 503) {
      const route = request.routeOptions.url ?? "unknown";
      log.error({ code: errorCode(error), error: errorMessage(error), route }, "A request failed");
    }
    return sendProblem(reply, problem);
  };
}

function named(code: string): Problem {
  const [status, title] = PROBLEMS[code] ?? TITLE_BY_KIND.bug;
  return document(code, status, title);
}

function document(code: string, status: number, title: string): Problem {
  return { type: `urn:cunshao:problem:${code}`, title, status, code };
}
