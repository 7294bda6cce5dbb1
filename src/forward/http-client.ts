import { Agent } from "node:http";
import { Agent as TlsAgent } from "node:https";
import type { Readable } from "node:stream";
import axios from "axios";
import { certificateFault } from "../core/certificate-faults.ts";
import { errorCode } from "../core/errors.ts";
import type { Clock } from "../core/time.ts";
import type { Answer, Failure } from "./answers.ts";
import { failure } from "./answers.ts";
import type { TlsMaterial } from "./tls-files.ts";

/** Longer answers are no answers of this contract. */
const MAX_ANSWER_BYTES = 65_536;

export interface Call {
  readonly method: "POST" | "PUT" | "HEAD" | "PATCH";
  /** Below the upstream's URL, without a slash in front. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer | Readable | undefined;
  /** From the call until the last byte of the answer. */
  readonly deadlineMs: number;
}

export interface HttpClient {
  /** Never rejects. An abort of `signal` ends the call at once, with some failure. */
  call(call: Call, signal: AbortSignal): Promise<Answer | Failure>;
  /** Ends the connections kept open. */
  close(): void;
}

function callFailure(error: unknown): Failure {
  const code = errorCode(error);
  if (certificateFault(code)) return failure("upstream.certificate");
  if (code === "ERR_BAD_RESPONSE" || code.startsWith("HPE_")) return failure("upstream.bad_answer");
  return failure("upstream.network");
}

function headerText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function headerCount(value: unknown): number | undefined {
  const text = headerText(value);
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/**
 * Calls with a token that goes to `url` and nowhere else: no redirect is followed and no proxy of the environment used.
 * Errors of axios stay in here, because they carry the token.
 */
export function createHttpClient(
  { clock }: { clock: Clock },
  { url, token, tls = {} }: { url: string; token: string; tls?: TlsMaterial },
): HttpClient {
  const httpAgent = new Agent({ keepAlive: true, maxSockets: 4 });
  const httpsAgent = new TlsAgent({ keepAlive: true, maxSockets: 4, ...tls });
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
      const stream = body === undefined || Buffer.isBuffer(body) ? undefined : body;
      // A file that cannot be read fails the call; without a listener of ours it could end the process as well.
      stream?.on("error", end);
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
          uploadOffset: headerCount(response.headers["upload-offset"]),
          date: headerText(response.headers["date"]),
        };
      } catch (error) {
        return late ? failure("upstream.timeout") : callFailure(error);
      } finally {
        timer.cancel();
        signal.removeEventListener("abort", end);
        stream?.destroy();
      }
    },
    close() {
      httpAgent.destroy();
      httpsAgent.destroy();
    },
  };
}
