import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { errorCode, errorMessage } from "../../core/errors.ts";
import { type Talk, type TalkOnSpeaker, VOICE_RATES_HZ, type VoiceRateHz } from "../../core/live-voice.ts";
import type { Timer } from "../../core/time.ts";
import type { PanelContext, Routes } from "../context.ts";
import { refusal } from "../problems.ts";
import { createRefusedOrders, type RefusedOrders } from "../refused-orders.ts";
import { identityOf } from "../sessions.ts";
import { BroadcastId, DeviceId, orderOf, SpeakerIds, Words } from "./broadcasts.ts";

/** What a talker says first. */
const Hello = z.strictObject({
  id: BroadcastId.optional(),
  speakers: SpeakerIds,
  alarm: DeviceId.optional(),
  volume: z.number().min(0).max(100).default(80),
  emergency: z.boolean().default(false),
  confirmed: z.boolean().default(false),
  reason: Words.optional(),
  person: Words.optional(),
  codec: z.string().max(20),
  sampleRate: z.number(),
});
const End = z.strictObject({ end: z.literal(true) });

const HELLO_WITHIN_MS = 5_000;
/** A close handshake that waits behind a stuck connection is cut after this. */
const CLOSE_GRACE_MS = 5_000;
/** 20 ms at 48 kHz are 1.9 kB. */
const MOST_SOCKETS = 16;
/** What cannot be told any more is not kept: whoever does not read his own state is closed. */
const MOST_UNREAD_BYTES = 64 * 1024;
const NORMAL = 1000;
const GOING_AWAY = 1001;
const POLICY = 1008;
/** Private close codes (4000 to 4999, RFC 6455 7.4.2); the reason carries our error code. */
const CLOSE: Readonly<Record<string, number>> = {
  "live.done": NORMAL,
  "session.required": 4001,
  "live.full": 4029,
  "panel.stopping": GOING_AWAY,
  "request.invalid": POLICY,
  "live.no_hello": POLICY,
  "live.unexpected_message": POLICY,
  "live.bad_frame": POLICY,
};
const OTHERWISE = 4000;

/** The few things this needs of a `ws` socket. */
interface Socket {
  readonly bufferedAmount: number;
  send(data: string): void;
  close(code: number, reason: string): void;
  terminate(): void;
  on(event: "close" | "error", listener: () => void): unknown;
  on(event: "message", listener: (data: Buffer, isBinary: boolean) => void): unknown;
}

/**
 * WebSocket `/broadcasts/live`: first `{speakers, codec: "pcm16", sampleRate, …}`, then binary messages of signed 16-bit
 * little-endian mono samples, at most 200 ms each; `{"end": true}` when all is said. The box answers with
 * `{"state": "accepted", "id"}`, after each change `{"state": "speakers", "speakers": […]}`, and last
 * `{"state": "ended" | "refused", "reason"}`; it closes with that reason.
 */
export const talkRoutes: Routes = (app, context) => {
  const refused = createRefusedOrders(context);
  let sockets = 0;
  app.route({
    method: "GET",
    url: "/broadcasts/live",
    config: { needs: "speak" },
    schema: { summary: "WebSocket: a live voice to the horns, as 16-bit PCM" },
    handler: () => {
      throw refusal("request.upgrade_required", "Open this address as a WebSocket");
    },
    wsHandler: (socket, request) => {
      sockets += 1;
      socket.on("close", () => {
        sockets -= 1;
      });
      serve({ ...context, refused }, socket as Socket, request, sockets > MOST_SOCKETS);
    },
  });
};

type TalkContext = PanelContext & { readonly refused: RefusedOrders };

function serve(context: TalkContext, socket: Socket, request: FastifyRequest, isFull: boolean): void {
  const { talks, clock, log, refused, random, sessions, stopping } = context;
  const identity = identityOf(request);
  const watch = sessions.watch(identity);
  const gone = new AbortController();
  let talk: Talk | "expected" | "beginning" | undefined = "expected";
  let closing = false;
  let helloTimer: Timer | undefined;

  function tell(message: object): void {
    if (closing) return;
    if (socket.bufferedAmount > MOST_UNREAD_BYTES) socket.terminate();
    else socket.send(JSON.stringify(message));
  }

  /** The last word, and the end of the connection. */
  function close(state: "ended" | "refused", reason: string): void {
    if (closing) return;
    tell({ state, reason });
    closing = true;
    helloTimer?.cancel();
    socket.close(CLOSE[reason] ?? OTHERWISE, reason);
    const timer = clock.after(CLOSE_GRACE_MS, () => socket.terminate());
    gone.signal.addEventListener("abort", () => timer.cancel(), { once: true });
  }

  /** Before there is a talk it is a refusal, which the audit keeps; afterwards the talk ends, and its desk says so. */
  function stop(reason: string): void {
    if (typeof talk === "object") {
      talk.end(reason);
      close("ended", reason);
      return;
    }
    if (closing) return;
    void refused.note(request, reason);
    close("refused", reason);
  }

  async function begin(text: string): Promise<void> {
    const hello = Hello.safeParse(jsonOf(text));
    if (!hello.success) return stop("request.invalid");
    const { id = `live-${Buffer.from(random(12)).toString("hex")}`, codec, sampleRate, ...wish } = hello.data;
    if (codec !== "pcm16") return stop("live.codec");
    if (!isVoiceRate(sampleRate)) return stop("live.sample_rate");
    if (wish.emergency && !wish.confirmed) return stop("broadcast.not_confirmed");
    talk = "beginning";
    const content = { kind: "live", session: "" } as const;
    const order = orderOf(id, { ...wish, repeat: 1 }, content, identity, request.ip);
    try {
      const begun = await talks.begin(
        { order, rateHz: sampleRate },
        {
          onChange: (speakers: readonly TalkOnSpeaker[]) => tell({ state: "speakers", speakers }),
          onEnd: (code) => close("ended", code),
        },
      );
      talk = begun;
      if (closing || gone.signal.aborted) begun.end("live.hung_up");
      else tell({ state: "accepted", id });
    } catch (error) {
      const code = errorCode(error);
      log.warn({ code, error: errorMessage(error), broadcast: id }, "a live voice was refused");
      talk = undefined;
      // What the horns' own guards refuse they tell the ledger themselves.
      if (code === "live.full") void refused.note(request, code);
      close("refused", code);
    }
  }

  function onMessage(data: Buffer, isBinary: boolean): void {
    if (closing) return;
    if (isBinary) {
      if (talk === "expected") stop("live.no_hello");
      // What comes while the order is on its way would be heard by nobody.
      else if (data.length === 0 || data.length % 2 !== 0) stop("live.bad_frame");
      else if (typeof talk === "object") talk.hear(samplesOf(data));
      return;
    }
    helloTimer?.cancel();
    if (talk === "expected") void begin(data.toString());
    else if (typeof talk === "object" && End.safeParse(jsonOf(data.toString())).success)
      talk.end("live.done");
    else stop("live.unexpected_message");
  }

  const onStopping = (): void => stop("panel.stopping");
  stopping.addEventListener("abort", onStopping, { once: true });
  const onLogInEnded = (): void => stop("session.required");
  watch.ended.addEventListener("abort", onLogInEnded, { once: true });
  // A broken connection: `close` follows and tidies up.
  socket.on("error", () => {});
  socket.on("message", onMessage);
  socket.on("close", () => {
    closing = true;
    helloTimer?.cancel();
    if (typeof talk === "object") talk.end("live.hung_up");
    watch.release();
    stopping.removeEventListener("abort", onStopping);
    gone.abort();
  });
  if (isFull) stop("live.full");
  else if (watch.ended.aborted) onLogInEnded();
  else helloTimer = clock.after(HELLO_WITHIN_MS, () => stop("live.no_hello"));
}

function samplesOf(data: Buffer): Int16Array {
  return Int16Array.from({ length: data.length / 2 }, (_, index) => data.readInt16LE(index * 2));
}

function isVoiceRate(rate: number): rate is VoiceRateHz {
  return (VOICE_RATES_HZ as readonly number[]).includes(rate);
}

/** Undefined for what is no JSON. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
