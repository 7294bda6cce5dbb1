import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";

/** What a page of the desk's own address can be shown without running anything of it. */
const HARMLESS =
  /^(application\/(json|problem\+json|cloudevents-batch\+json|zip|pdf)|image\/(jpeg|png)|video\/mp4|audio\/[\w.+-]+|text\/(csv|event-stream|plain))\s*(;|$)/i;
const KEPT = [
  "accept-ranges",
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-length",
  "content-range",
  "content-type",
  "etag",
  "last-modified",
  "retry-after",
];
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const SEQ = /^\d{1,16}$/;
/** What a box tells beside its answer, and how that looks: what looks otherwise is not its word. */
const TOLD: readonly (readonly [name: string, looks: RegExp])[] = [
  ["cunshao-clock", /^(un)?synced$/],
  ["cunshao-from", TIME],
  ["cunshao-head", SEQ],
  ["cunshao-ledger", /^[\w-]{1,64}$/],
  ["cunshao-next", SEQ],
  ["cunshao-to", TIME],
];

/**
 * What of a box's answer reaches a browser. A box that somebody has taken over must not act with the desk's address: no cookies, no
 * redirects, no policies, and nothing that a browser would run.
 */
export function contained({ statusCode = 502, headers }: Pick<IncomingMessage, "statusCode" | "headers">): {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
} {
  const answered: OutgoingHttpHeaders = {};
  for (const name of KEPT) {
    const value = headers[name];
    if (value !== undefined) answered[name] = value;
  }
  for (const [name, looks] of TOLD) {
    const value = headers[name];
    if (typeof value === "string" && looks.test(value)) answered[name] = value;
  }
  const isHarmless = HARMLESS.test(headers["content-type"] ?? "");
  if (!isHarmless && headers["content-type"] !== undefined) {
    answered["content-type"] = "application/octet-stream";
    answered["content-disposition"] = "attachment";
  }
  answered["content-security-policy"] = "sandbox; default-src 'none'";
  // 401 is between the desk and the box: the person here is logged in.
  const isOurs =
    statusCode === 401 || statusCode < 200 || (statusCode >= 300 && statusCode < 400 && statusCode !== 304);
  return { status: isOurs ? 502 : statusCode, headers: answered };
}
