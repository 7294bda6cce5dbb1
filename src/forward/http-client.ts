import { Agent } from "node:http";
import { Agent as TlsAgent } from "node:https";
import type { Readable } from "node:stream";
import axios from "axios";
import { errorCode } from "../core/errors.ts";
import type { Clock } from "../core/time.ts";
import type { Answer, Failure } from "./answers.ts";
import { failure } from "./answers.ts";

/** Longer answers are no answers of this contract. */
const MAX_ANSWER_BYTES = 65_536;

export interface Call {
  readonly method: "POST" | "PUT";
  /** Below the upstream's URL, without a slash in front. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | Readable;
  /** From the call until the last byte of the answer. */
  readonly deadlineMs: number;
}

export interface HttpClient {
  /** Never rejects. An abort of `signal` ends the call at once, with some failure. */
  call(call: Call, signal: AbortSignal): Promise<Answer | Failure>;
  /** Ends the connections kept open. */
  close(): void;
}

// Node's names: https://nodejs.org/api/tls.html#x509-certificate-error-codes
const CERTIFICATE_CODES = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "HOSTNAME_MISMATCH",
]);

function callFailure(error: unknown): Failure {
  const code = errorCode(error);
  if (CERTIFICATE_CODES.has(code) || code.startsWith("CERT_") || code.startsWith("ERR_TLS_")) {
    return failure("upstream.certificate");
  }
  if (code === "ERR_BAD_RESPONSE" || code.startsWith("HPE_")) return failure("upstream.bad_answer");
  return failure("upstream.network");
}

function headerText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/**
 * Calls with a token that goes to `url` and nowhere else: no redirect is followed and no proxy of the environment used.
 * Errors of axios stay in here, because they carry the token.
 */
export function createHttpClient(
  { clock }: { clock: Clock },
  { url, token }: { url: string; token: string },
): HttpClient {
  const httpAgent = new Agent({ keepAlive: true, maxSockets: 4 });
  const httpsAgent = new TlsAgent({ keepAlive: true, maxSockets: 4 });
  const http = axios.create({
    adapter: "http",
    baseURL: `${url.replace(/\/+$/, "")}/`,
    httpAgent,
    httpsAgent,
    proxy: false,
    maxRedirects: 0,
    decompress: false,
    maxContentLength: MAX_ANSWER_BYTES,
    maxBodyLength: Number.POSITIVE_INFINITY,
    responseType: "text",
    transformRequest: [(data: unknown) => data],
    transformResponse: [(data: unknown) => data],
    validateStatus: () => true,
    headers: {
      authorization: `Bearer ${token}`,
      accept: "application/json",
      "accept-encoding": "identity",
      "user-agent": "cunshao",
    },
  });

  return {
    async call({ method, path, headers, body, deadlineMs }, signal) {
      const ending = new AbortController();
      const end = (): void => ending.abort();
      // axios' own timeout starts anew with every byte; a slow drip would never end.
      let late = false;
      const timer = clock.after(deadlineMs, () => {
        late = true;
        end();
      });
      signal.addEventListener("abort", end, { once: true });
      if (signal.aborted) end();
      // A file that cannot be read fails the call; without a listener of ours it could end the process as well.
      if (!Buffer.isBuffer(body)) body.on("error", end);
      try {
        const response = await http.request<unknown>({
          method,
          url: path,
          headers: { ...headers },
          data: body,
          signal: ending.signal,
        });
        return {
          status: response.status,
          body: typeof response.data === "string" ? response.data : "",
          retryAfter: headerText(response.headers["retry-after"]),
          date: headerText(response.headers["date"]),
        };
      } catch (error) {
        return late ? failure("upstream.timeout") : callFailure(error);
      } finally {
        timer.cancel();
        signal.removeEventListener("abort", end);
        if (!Buffer.isBuffer(body)) body.destroy();
      }
    },
    close() {
      httpAgent.destroy();
      httpsAgent.destroy();
    },
  };
}
