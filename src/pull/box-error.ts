import { CERTIFICATE_CODES } from "../core/certificate-faults.ts";
import { type ErrorKind, errorCode, errorMessage, GatewayError, isStableCode } from "../core/errors.ts";
import type { Clock } from "../core/time.ts";

const LONGEST_WAIT_MS = 900_000;

/** Why a box was not pulled. Never carries the error of the HTTP library: that one knows the token. */
export class BoxError extends GatewayError {
  /** How long it asked us to stay away; 0 when it did not. */
  readonly retryAfterMs: number;
  /** The ledger that the box names, where it does. */
  readonly ledger: string | undefined;

  constructor(
    code: string,
    message: string,
    {
      kind = "transient",
      retryAfterMs = 0,
      ledger,
    }: Partial<Pick<BoxError, "kind" | "retryAfterMs">> & {
      ledger?: string | undefined;
    } = {},
  ) {
    super(message, { code, kind: kind satisfies ErrorKind });
    this.name = "BoxError";
    this.retryAfterMs = retryAfterMs;
    this.ledger = ledger;
  }
}

/** A copy that cannot be written, or that is damaged. What a database refuses (`copy.refused`) is the fault of what the box said. */
export function isOfCopy(error: unknown): boolean {
  const code = errorCode(error);
  return code.startsWith("copy.") && code !== "copy.refused";
}

/** What nobody foresaw while something of a box was taken counts as what it said: it must not end what is pulled from others. */
export function faultOfBox(error: unknown): BoxError {
  if (error instanceof BoxError) return error;
  return new BoxError("box.bad_answer", `What the box says cannot be taken (${errorMessage(error)})`, {
    kind: "permanent",
  });
}

/** @param code of the system, of the HTTP library, or `late`. */
export function faultOfCall(code: string): BoxError {
  if (code === "late") return new BoxError("box.timeout", "The box did not answer in time");
  if (code === "box.fingerprint") {
    return new BoxError("box.certificate", "The box shows another certificate than the one in `fingerprint`");
  }
  // `UNSPECIFIED`: a name outside of what the authority may vouch for.
  if (
    CERTIFICATE_CODES.has(code) ||
    code === "UNSPECIFIED" ||
    code.startsWith("CERT_") ||
    code.startsWith("ERR_TLS_")
  ) {
    return new BoxError(
      "box.certificate",
      `The box's certificate is not trusted (${code}): give its authority (ca, from http://<box>/trust) or its fingerprint`,
    );
  }
  if (code === "ERR_BAD_RESPONSE" || code.startsWith("HPE_") || code.startsWith("Z_")) {
    return new BoxError("box.bad_answer", "The box answers with something that is too long or no HTTP");
  }
  return new BoxError("box.unreachable", `The box is not reached (${code})`);
}

/** What a status that is not 200 says; undefined for 2xx. */
export function faultOfAnswer(
  status: number,
  body: string,
  retryAfter: string | undefined,
  clock: Clock,
  ledger?: string,
): BoxError | undefined {
  if (status >= 200 && status < 300) return undefined;
  const retryAfterMs = waitAsked(retryAfter, clock.now().wallMs);
  const problem = problemOf(body);
  if (status >= 300 && status < 400) {
    return new BoxError("box.redirected", "The address leads elsewhere, and the token does not go there");
  }
  if (status === 401)
    return new BoxError("box.unauthorized", "The box does not know the token", { kind: "permanent" });
  if (status === 403) {
    return new BoxError("box.denied", problem?.detail ?? "The token may not do this", { kind: "permanent" });
  }
  // The words of the box itself, where it has any: cursor.future, evidence.missing, …
  if (problem && status < 500 && status !== 429) {
    return new BoxError(problem.code, problem.detail ?? problem.code, { kind: "permanent", ledger });
  }
  // A server that had no time for the connection, not one that does not know the address.
  if (status === 408) return new BoxError("box.timeout", "The box did not hear us out", { retryAfterMs });
  if (status === 429 || status === 503)
    return new BoxError("box.throttled", "The box asks for time", { retryAfterMs });
  if (status < 500) {
    return new BoxError("box.bad_answer", `The box answers ${status}: is this its address?`, {
      kind: "permanent",
    });
  }
  return new BoxError("box.server_error", `The box answers ${status}`, { retryAfterMs });
}

function problemOf(body: string): { code: string; detail?: string } | undefined {
  try {
    const value = JSON.parse(body) as { code?: unknown; detail?: unknown } | null;
    if (!value || !isStableCode(value.code)) return undefined;
    const detail = typeof value.detail === "string" ? value.detail.slice(0, 300) : undefined;
    return { code: value.code, ...(detail !== undefined && { detail: detail.replace(/\p{Cc}/gu, " ") }) };
  } catch {
    return undefined;
  }
}

/** RFC 9110, 10.2.3: seconds or a date. */
function waitAsked(retryAfter: string | undefined, wallMs: number): number {
  if (retryAfter === undefined) return 0;
  const askedMs = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - wallMs;
  return Number.isNaN(askedMs) ? 0 : Math.min(Math.max(askedMs, 0), LONGEST_WAIT_MS);
}
