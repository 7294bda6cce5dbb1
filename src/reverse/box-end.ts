// reverse/: a channel that a box opens to its township's desk where nothing can reach the box from outside: WebSocket, and in it
// HTTP/2 with the roles turned round. Both ends stand here: the gateway runs the box's, `cunshao township` the desk's. It may
// import core/ and ws; what is served within the channel, and who is admitted, is handed in.
import {
  constants,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { Duplex } from "node:stream";
import { createWebSocketStream, WebSocket } from "ws";
import {
  CHANNEL_PATH,
  type ChannelLane,
  type DeskWiring,
  INSTANCE_HEADER,
  LANE_HEADER,
  MOST_CHANNEL_MESSAGE_BYTES,
  SITE_HEADER,
} from "../core/desk-channel.ts";
import { errorCode } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { Part, PartHealth } from "../core/part.ts";
import { type RetryPolicy, retryDelays } from "../core/retry.ts";
import type { Clock } from "../core/time.ts";
import { ChannelConnection } from "./channel-connection.ts";
import {
  CHANNEL_TIMING,
  type ChannelTiming,
  MOST_STREAMS,
  SESSION_MEMORY_MEGABYTES,
  watchOverLine,
  widenOnceOpen,
} from "./channel-settings.ts";

const { HTTP2_HEADER_METHOD, HTTP2_HEADER_STATUS } = constants;

const HANDSHAKE_MS = 15_000;
/**
 * All boxes of a township lose their desk in the same moment: each comes back at one of its own, and none is missed for much longer than
 * the desk was away.
 */
const RETRY: RetryPolicy = { firstMs: 1000, capMs: 15_000, jitter: 1 };
/** What a person has to mend is tried seldom. */
const REFUSED_RETRY: RetryPolicy = { firstMs: 30_000, capMs: 600_000 };
/** A channel that stood for so long was a good one. */
const GOOD_MS = 30_000;

/** What a TLS connection is made with, PEM. */
export interface ChannelTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export interface BoxEndDependencies {
  /** Serves one stream of the channel; `from` names where it comes from. */
  readonly serve: (stream: Duplex, from: string) => void;
  /** Asked before each attempt: certificates are renewed. */
  readonly tls: () => Promise<ChannelTls>;
  readonly clock: Clock;
  /** 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  readonly log: Logger;
}

export interface BoxEndConfig {
  readonly siteId: string;
  /** Of this run of the program. */
  readonly instance: string;
  readonly desk: Pick<DeskWiring, "id" | "url" | "token">;
  readonly timing?: ChannelTiming | undefined;
}

export interface BoxEnd extends Part {
  health(): PartHealth;
}

/** How one channel ended. */
interface End {
  readonly code: string;
  readonly isRefusal: boolean;
}

/** Keeps the channels to one desk open, for as long as it runs: the main one, and while that is there the one for pictures. */
export function createBoxEnd(
  { serve, tls, clock, random, log }: BoxEndDependencies,
  { siteId, instance, desk, timing = CHANNEL_TIMING }: BoxEndConfig,
): BoxEnd {
  const name = `desk ${desk.id}`;
  const from = `desk/${desk.id}`;
  let stopping: AbortController | undefined;
  let running: Promise<void> = Promise.resolve();
  const lanes: Record<ChannelLane, { isOpen: boolean; fault?: string | undefined }> = {
    main: { isOpen: false },
    pictures: { isOpen: false },
  };

  /** The desk opens streams; all it gets by them is this box's own API. */
  function answer(stream: ServerHttp2Stream, method: unknown): void {
    // A stream that is cut off tells its reader; nobody else has to know.
    stream.on("error", () => undefined);
    // Node tells of a stream a moment after it has begun: its end may have come with it, and then every answer throws.
    if (stream.destroyed || stream.closed) return;
    if (method !== "CONNECT") {
      stream.respond({ [HTTP2_HEADER_STATUS]: 405 }, { endStream: true });
      return;
    }
    stream.respond({ [HTTP2_HEADER_STATUS]: 200 });
    serve(new ChannelConnection(stream), from);
  }

  function hold(socket: WebSocket): ServerHttp2Session {
    const line = createWebSocketStream(socket);
    line.on("error", () => socket.terminate());
    const session = performServerHandshake(line, {
      settings: { maxConcurrentStreams: MOST_STREAMS },
      maxSessionMemory: SESSION_MEMORY_MEGABYTES,
    });
    session.on("error", () => undefined);
    session.on("stream", (stream, headers) => answer(stream, headers[HTTP2_HEADER_METHOD]));
    widenOnceOpen(session);
    session.once("close", () => socket.terminate());
    watchOverLine(clock, session, timing, () => socket.terminate());
    return session;
  }

  /** Resolves when the channel is over, however that came. */
  async function once(lane: ChannelLane, signal: AbortSignal): Promise<End> {
    const material = await tls();
    const url = `${desk.url.replace(/\/+$/, "").replace(/^http/, "ws")}/api/v1${CHANNEL_PATH}`;
    const socket = new WebSocket(url, {
      ...material,
      headers: {
        authorization: `Bearer ${desk.token}`,
        [SITE_HEADER]: siteId,
        [INSTANCE_HEADER]: instance,
        [LANE_HEADER]: lane,
      },
      followRedirects: false,
      handshakeTimeout: HANDSHAKE_MS,
      maxPayload: MOST_CHANNEL_MESSAGE_BYTES,
      perMessageDeflate: false,
    });
    let session: ServerHttp2Session | undefined;
    let end: End = { code: "desk.lost", isRefusal: false };
    const stop = (): void => {
      session?.destroy();
      socket.terminate();
    };
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    const over = new AbortController();
    let pictures: Promise<void> | undefined;
    return new Promise<End>((resolve) => {
      socket.on("unexpected-response", (_request, response) => {
        end = endOfStatus(response.statusCode ?? 0);
        response.destroy();
        socket.terminate();
      });
      socket.on("error", (error) => {
        if (end.code === "desk.lost" && session === undefined) end = endOfCall(errorCode(error));
      });
      socket.on("open", () => {
        session = hold(socket);
        lanes[lane] = { isOpen: true };
        log.info({ desk: desk.id, lane }, "the channel to the desk is open");
        if (lane === "main") pictures = keep("pictures", over.signal);
      });
      socket.on("close", () => {
        lanes[lane].isOpen = false;
        session?.destroy();
        signal.removeEventListener("abort", stop);
        over.abort();
        void Promise.resolve(pictures).then(() => resolve(end));
      });
    });
  }

  async function keep(lane: ChannelLane, signal: AbortSignal): Promise<void> {
    let waits = retryDelays(RETRY, random);
    let longWaits = retryDelays(REFUSED_RETRY, random);
    while (!signal.aborted) {
      const startedMs = clock.now().monotonicMs;
      const end = await once(lane, signal).catch(
        (error: unknown): End => ({ code: errorCode(error), isRefusal: true }),
      );
      if (signal.aborted) return;
      if (clock.now().monotonicMs - startedMs >= GOOD_MS) {
        waits = retryDelays(RETRY, random);
        longWaits = retryDelays(REFUSED_RETRY, random);
      }
      if (lanes[lane].fault !== end.code)
        log.warn({ desk: desk.id, lane, code: end.code }, "no channel to the desk");
      lanes[lane].fault = end.code;
      const waitMs = (end.isRefusal ? longWaits : waits).next().value;
      await clock.sleep(waitMs, signal).catch(() => undefined);
    }
  }

  return {
    name,
    health() {
      const { isOpen, fault } = lanes.main;
      if (isOpen) return { name, status: "ok" };
      return fault === undefined ? { name, status: "starting" } : { name, status: "degraded", reason: fault };
    },
    async start() {
      if (stopping) return;
      stopping = new AbortController();
      running = keep("main", stopping.signal);
    },
    async stop() {
      stopping?.abort();
      stopping = undefined;
      await running;
    },
  };
}

function endOfStatus(status: number): End {
  if (status === 401 || status === 403) return { code: "desk.unauthorized", isRefusal: true };
  if (status === 409) return { code: "desk.box_taken", isRefusal: true };
  if (status >= 500 || status === 429) return { code: "desk.server_error", isRefusal: false };
  return { code: "desk.bad_answer", isRefusal: true };
}

/** @param code Node's: https://nodejs.org/api/tls.html#x509-certificate-error-codes */
function endOfCall(code: string): End {
  const isCertificate =
    /^(CERT_|ERR_TLS_|ERR_SSL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_)/.test(code) ||
    code === "UNSPECIFIED";
  if (isCertificate) return { code: "desk.certificate", isRefusal: true };
  return { code: "desk.unreachable", isRefusal: false };
}
