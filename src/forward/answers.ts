import { z } from "zod";

/** Why a call to an upstream did not count. */
export interface Failure {
  /** Stable: `upstream.*`, or the code of the buffer's error. */
  readonly code: string;
  /** It answered and will not take this until a person mends something; else it may be well again soon. */
  readonly refused: boolean;
  /** How long it asked us to stay away; 0 when it did not. */
  readonly retryAfterMs: number;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly retryAfter: string | undefined;
  /** The receiver's own time, as HTTP says it. */
  readonly date: string | undefined;
}

export function failure(code: string, refused = false, retryAfterMs = 0): Failure {
  return { code, refused, retryAfterMs };
}

/** RFC 9110, 10.2.3: seconds or a date. The cap also covers a box whose own date is wrong. */
function waitAsked(retryAfter: string | undefined, wallMs: number, capMs: number): number {
  if (retryAfter === undefined) return 0;
  const askedMs = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - wallMs;
  return Number.isNaN(askedMs) ? 0 : Math.min(Math.max(askedMs, 0), capMs);
}

/** What the status of an answer says; undefined for 2xx. */
export function failureOf(answer: Answer, wallMs: number, retryAfterCapMs: number): Failure | undefined {
  const { status, retryAfter } = answer;
  const waitMs = waitAsked(retryAfter, wallMs, retryAfterCapMs);
  if (status >= 200 && status < 300) return undefined;
  // A captive portal redirects, and may be gone in a minute.
  if (status >= 300 && status < 400) return failure("upstream.redirected", false, waitMs);
  if (status === 401 || status === 403) return failure("upstream.unauthorized", true);
  if (status === 408) return failure("upstream.timeout", false, waitMs);
  if (status === 413) return failure("upstream.too_large", true);
  if (status === 429) return failure("upstream.throttled", false, waitMs);
  if (status >= 400 && status < 500) return failure("upstream.rejected", true);
  return failure("upstream.server_error", false, waitMs);
}

const acknowledgement = z.object({ ledger: z.string(), stored: z.number().int().nonnegative() });

/** Up to which seq of our ledger an upstream has everything, by its own word in a 2xx answer. */
export function readAcknowledgement(body: string, ledger: string): { readonly stored: number } | Failure {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return failure("upstream.bad_answer");
  }
  const { success, data } = acknowledgement.safeParse(value);
  if (!success) return failure("upstream.bad_answer");
  return data.ledger === ledger ? { stored: data.stored } : failure("upstream.other_ledger", true);
}
