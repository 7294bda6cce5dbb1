import { Agent } from "node:http";
import { Readable } from "node:stream";
import axios, { type AxiosInstance, type AxiosResponse } from "axios";
import { z } from "zod";
import type { BoxRoad } from "../core/box-road.ts";
import { errorCode } from "../core/errors.ts";
import type { EventClass, LedgerEvent } from "../core/event.ts";
import { isTooDeep } from "../core/nesting.ts";
import type { Clock } from "../core/time.ts";
import { BoxError, faultOfAnswer, faultOfCall } from "./box-error.ts";
import { createTrustingAgent, type Trust } from "./trust.ts";

/** An event has 64 KiB of data at most; with what stands around it. */
const MAX_EVENT_BYTES = 80 * 1024;
const MAX_SMALL_BYTES = 65_536;
/**
 * A usual page takes 6 s on a line of 128 kbit/s; one that is late is asked for in smaller ones. Where the other end went away unheard,
 * nothing tells sooner: Linux asks an idle connection only each 75 s whether it is still there.
 */
const CALL_MS = 30_000;
const IDLE_MS = 30_000;
/** Less than that in so long is no answer: one that sends byte by byte would hold its turn for ever. */
const LEAST_BYTES = 4096;

export interface BoxAddress extends Trust {
  /** Without `/api/v1`. */
  readonly url: string;
  readonly token: string;
  /** Another road than an address; then nothing else is trusted. */
  readonly road?: BoxRoad | undefined;
}

/** Three calls at once: a page, a file and the cursor. */
const MOST_SOCKETS = 3;

export interface EventQuery {
  readonly after: number;
  readonly limit: number;
  readonly class?: EventClass;
  /** For so long the box may wait for an event. */
  readonly waitSeconds?: number;
}

export interface EventPage {
  readonly ledger: string;
  /** Of the ledger's last event; undefined for a box of an earlier version. */
  readonly head: number | undefined;
  readonly next: number;
  readonly events: readonly LedgerEvent[];
  /** Of the answer, unpacked. */
  readonly bytes: number;
}

export interface BoxCursor {
  readonly ledger: string;
  readonly seq: number;
  readonly holder?: string | undefined;
  readonly at?: string | undefined;
  readonly waiting?: { readonly events: number; readonly alarms: number } | undefined;
}

export interface BoxHead {
  readonly ledger: string;
  readonly head: number | undefined;
  readonly cursor: BoxCursor | undefined;
}

export interface CursorOrder {
  readonly ledger: string;
  readonly seq: number;
  readonly holder: string;
  readonly takeOver: boolean;
}

/** The API of one box, as a puller uses it. Every call throws BoxError for whatever was not answered well. */
export interface BoxClient {
  events(query: EventQuery, signal: AbortSignal): Promise<EventPage>;
  head(cursor: string, signal: AbortSignal): Promise<BoxHead>;
  putCursor(name: string, order: CursorOrder, signal: AbortSignal): Promise<void>;
  /**
   * A file from a byte on, while it comes; from the first one where the box knows of no ranges.
   * @param mostBytes of the whole file: a larger one fails with `evidence.too_large`, however large it was said to be.
   */
  file(
    id: string,
    fromByte: number,
    signal: AbortSignal,
    mostBytes?: number,
  ): Promise<{ readonly fromByte: number; readonly content: AsyncIterable<Uint8Array> }>;
  close(): void;
}

const Ledger = z.string().regex(/^[0-9A-Za-z_-]{1,64}$/);
const Seq = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const Time = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT[\d:.]{5,12}Z$/)
  .refine((time) => !Number.isNaN(Date.parse(time)));
/** Members that are used here; others stay as they are, for the hash is over all of them. */
const Event = z.looseObject({
  specversion: z.literal("1.0"),
  id: z.string(),
  source: z.string(),
  type: z.string(),
  subject: z.string().optional(),
  time: Time,
  data: z.record(z.string(), z.unknown()),
  ledger: Ledger,
  seq: Seq.min(1),
  class: z.enum(["alarm", "state", "audit"]),
  prevhash: z.string(),
  hash: z.string(),
});
const Cursor = z.object({
  ledger: z.string(),
  seq: Seq,
  holder: z.string().optional(),
  at: z.string().optional(),
  waiting: z.object({ events: Seq, alarms: Seq }).optional(),
});

/** The token goes to this address alone: no redirect is followed, no proxy of the environment used. */
export function createBoxClient({ clock }: { clock: Clock }, box: BoxAddress): BoxClient {
  const httpAgent =
    box.road?.openAgent({ maxSockets: MOST_SOCKETS }) ??
    new Agent({ keepAlive: true, maxSockets: MOST_SOCKETS });
  const httpsAgent = createTrustingAgent(box);
  const http: AxiosInstance = axios.create({
    adapter: "http",
    baseURL: `${box.url.replace(/\/+$/, "")}/api/v1/`,
    httpAgent,
    httpsAgent,
    proxy: false,
    maxRedirects: 0,
    transformRequest: [(data: unknown) => data],
    transformResponse: [(data: unknown) => data],
    validateStatus: () => true,
    headers: { authorization: `Bearer ${box.token}`, "user-agent": "cunshao-pull" },
  });

  async function call(
    options: {
      method: "GET" | "PUT";
      path: string;
      maxBytes: number;
      body?: object;
      headers?: Record<string, string>;
    },
    signal: AbortSignal,
    deadlineMs = CALL_MS,
  ): Promise<AxiosResponse<string>> {
    const ending = new AbortController();
    // axios' own timeout starts anew with every byte; a slow drip would never end.
    let late = false;
    const timer = clock.after(deadlineMs, () => {
      late = true;
      ending.abort();
    });
    const end = (): void => ending.abort();
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
    try {
      const { method, path, maxBytes, body, headers } = options;
      return await http.request<string>({
        method,
        url: path,
        responseType: "text",
        maxContentLength: maxBytes,
        signal: ending.signal,
        headers: {
          accept: "application/json",
          "accept-encoding": "gzip",
          ...(body && { "content-type": "application/json" }),
          ...headers,
        },
        ...(body && { data: JSON.stringify(body) }),
      });
    } catch (error) {
      throw faultOfCall(late ? "late" : errorCode(error));
    } finally {
      timer.cancel();
      signal.removeEventListener("abort", end);
    }
  }

  return {
    async events({ after, limit, class: eventClass, waitSeconds = 0 }, signal) {
      const query = new URLSearchParams({ after: String(after), limit: String(limit) });
      if (eventClass) query.set("class", eventClass);
      if (waitSeconds > 0) query.set("wait", String(waitSeconds));
      const answer = await call(
        { method: "GET", path: `events?${query}`, maxBytes: limit * MAX_EVENT_BYTES + MAX_SMALL_BYTES },
        signal,
        CALL_MS + waitSeconds * 1000,
      );
      const ledger = ledgerOf(answer);
      const fault = faultOfAnswer(answer.status, answer.data, header(answer, "retry-after"), clock, ledger);
      if (fault) throw fault;
      const events = parse(z.array(Event), answer.data) as unknown as readonly LedgerEvent[];
      if (isTooDeep(events)) throw badAnswer("events that nothing can go over");
      const inOrder = events.every(
        (event, index) => event.ledger === ledger && event.seq > (events[index - 1]?.seq ?? after),
      );
      if (ledger === undefined || !inOrder) throw badAnswer("events that are not in their order");
      const next = numberOf(answer, "cunshao-next") ?? events.at(-1)?.seq ?? after;
      const bytes = Buffer.byteLength(answer.data);
      return { ledger, head: numberOf(answer, "cunshao-head"), next, events, bytes };
    },
    async head(name, signal) {
      const answer = await call(
        { method: "GET", path: `cursors/${name}`, maxBytes: MAX_SMALL_BYTES },
        signal,
      );
      const ledger = ledgerOf(answer);
      const fault = faultOfAnswer(answer.status, answer.data, header(answer, "retry-after"), clock, ledger);
      if (fault && fault.code !== "cursor.unknown") throw fault;
      return {
        ledger: ledger ?? "",
        head: numberOf(answer, "cunshao-head"),
        cursor: fault ? undefined : parse(Cursor, answer.data),
      };
    },
    async putCursor(name, order, signal) {
      const answer = await call(
        { method: "PUT", path: `cursors/${name}`, maxBytes: MAX_SMALL_BYTES, body: order },
        signal,
      );
      const fault = faultOfAnswer(answer.status, answer.data, header(answer, "retry-after"), clock);
      if (fault) throw fault;
    },
    async file(id, fromByte, signal, mostBytes = Number.POSITIVE_INFINITY) {
      const ending = new AbortController();
      const end = (): void => ending.abort();
      signal.addEventListener("abort", end, { once: true });
      const watch = createIdleWatch(clock, end);
      const release = (): void => {
        watch.stop();
        signal.removeEventListener("abort", end);
      };
      try {
        const answer = await http.request<Readable>({
          method: "GET",
          url: `evidence/${id}`,
          responseType: "stream",
          decompress: false,
          signal: ending.signal,
          headers: {
            "accept-encoding": "identity",
            ...(fromByte > 0 && { range: `bytes=${fromByte}-`, "if-range": `"${id}"` }),
          },
        });
        const { status, data } = answer;
        if (status !== 200 && status !== 206) {
          const text = await readSome(data);
          // It is here to its last byte; the check says whether it is the right one.
          if (status === 416 && fromByte > 0) {
            release();
            return { fromByte, content: Readable.from([]) };
          }
          throw faultOfAnswer(status, text, header(answer, "retry-after"), clock) ?? badAnswer("no file");
        }
        const begins = status === 206 ? fromByte : 0;
        const said = Number(header(answer, "content-length") ?? 0);
        if (begins + said > mostBytes) {
          data.destroy();
          throw tooLarge(mostBytes);
        }
        return { fromByte: begins, content: watched(data, watch, release, mostBytes - begins) };
      } catch (error) {
        release();
        if (error instanceof BoxError) throw error;
        throw faultOfCall(watch.isLate() ? "late" : errorCode(error));
      }
    },
    close() {
      httpAgent.destroy();
      httpsAgent.destroy();
    },
  };
}

interface IdleWatch {
  came(bytes: number): void;
  stop(): void;
  isLate(): boolean;
}

function createIdleWatch(clock: Clock, onIdle: () => void): IdleWatch {
  let late = false;
  let waiting = 0;
  const start = () =>
    clock.after(IDLE_MS, () => {
      late = true;
      onIdle();
    });
  let timer = start();
  return {
    came(bytes) {
      waiting += bytes;
      if (waiting < LEAST_BYTES) return;
      waiting = 0;
      timer.cancel();
      timer = start();
    },
    stop: () => timer.cancel(),
    isLate: () => late,
  };
}

async function* watched(
  content: Readable,
  watch: IdleWatch,
  release: () => void,
  mostBytes: number,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  try {
    for await (const chunk of content as AsyncIterable<Uint8Array>) {
      bytes += chunk.byteLength;
      if (bytes > mostBytes) throw tooLarge(mostBytes);
      watch.came(chunk.byteLength);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof BoxError) throw error;
    throw faultOfCall(watch.isLate() ? "late" : errorCode(error));
  } finally {
    release();
    content.destroy();
  }
}

/** The beginning of an answer that is no file: it may be a problem document. */
async function readSome(content: Readable): Promise<string> {
  let text = "";
  for await (const chunk of content) {
    text += String(chunk);
    if (text.length > MAX_SMALL_BYTES) break;
  }
  content.destroy();
  return text;
}

function header(answer: AxiosResponse, name: string): string | undefined {
  const value: unknown = answer.headers[name];
  return typeof value === "string" ? value : undefined;
}

function ledgerOf(answer: AxiosResponse): string | undefined {
  return Ledger.safeParse(header(answer, "cunshao-ledger")).data;
}

function numberOf(answer: AxiosResponse, name: string): number | undefined {
  const text = header(answer, name);
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function parse<T>(schema: z.ZodType<T>, text: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw badAnswer("what is no JSON");
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw badAnswer(`something else (${parsed.error.issues[0]?.path.join(".") ?? ""})`);
}

function tooLarge(mostBytes: number): BoxError {
  return new BoxError("evidence.too_large", `The file is larger than ${mostBytes} bytes`, {
    kind: "permanent",
  });
}

function badAnswer(what: string): BoxError {
  return new BoxError("box.bad_answer", `The box answers with ${what}: is this its address?`);
}
