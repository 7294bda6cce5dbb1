import { z } from "zod";
import { errorCode, errorMessage } from "../../core/errors.ts";
import type { LiveRequest } from "../../core/live.ts";
import type { PanelContext, Routes } from "../context.ts";
import { refusal } from "../problems.ts";
import { type Identity, identityOf } from "../sessions.ts";
import { CameraId } from "./cameras.ts";

const LiveQuery = z.object({
  stream: z.enum(["sub", "main"]).default("sub"),
  format: z.enum(["mp4", "mpeg1"]).default("mp4"),
});

/** A close handshake that waits behind a stuck connection is cut after this. */
const CLOSE_GRACE_MS = 5_000;
/** While a camera gives no pictures, nothing else tells of a phone that went out of reach. */
const PING_MS = 30_000;
/** A slow connection answers late: what was sent before has to arrive first. */
const MOST_UNANSWERED = 2;
/** Private close codes (4000 to 4999, RFC 6455 7.4.2); the reason carries our error code. */
const CLOSE: Readonly<Record<string, number>> = {
  "session.required": 4001,
  "camera.unknown": 4004,
  "viewer.too_slow": 4008,
  "live.full": 4029,
  "live.transcoders_busy": 4030,
  "live.no_transcoder": 4031,
};
const OTHERWISE = 4000;
const GOING_AWAY = 1001;
const POLICY = 1008;

/** The few things this needs of a `ws` socket. */
interface Socket {
  readonly bufferedAmount: number;
  send(data: string | Uint8Array): void;
  close(code: number, reason: string): void;
  terminate(): void;
  ping(): void;
  on(event: "close" | "error" | "message" | "pong", listener: () => void): unknown;
}

/**
 * WebSocket `/cameras/<id>/live`: a text message `{"mediaType", "stream"}`, then binary ones from a key frame on. The
 * same again, text first, when the camera began anew or another of its streams is given: a player begins anew with it.
 * `format=mp4` sends init segment and fragments as Media Source Extensions take them; `format=mpeg1` a transport stream.
 */
export const liveRoutes: Routes = (app, context) => {
  app.route({
    method: "GET",
    url: "/cameras/:id/live",
    config: { needs: "look" },
    schema: {
      summary: "WebSocket: the live picture, as fragmented MP4 or as MPEG-1",
      params: CameraId,
      querystring: LiveQuery,
    },
    handler: () => {
      throw refusal("request.upgrade_required", "Open this address as a WebSocket");
    },
    wsHandler: (socket, request) => {
      const { id } = request.params as z.infer<typeof CameraId>;
      const query = request.query as z.infer<typeof LiveQuery>;
      serve(context, socket, { camera: id, ...query }, identityOf(request));
    },
  });
};

function serve(context: PanelContext, socket: Socket, wish: LiveRequest, identity: Identity): void {
  const { live, clock, log, sessions, stopping } = context;
  const gone = new AbortController();
  const watch = sessions.watch(identity);
  let leave: (() => void) | undefined;
  let closing = false;

  function end(reason: string, code = CLOSE[reason] ?? OTHERWISE): void {
    if (closing) return;
    closing = true;
    leave?.();
    socket.close(code, reason);
    const timer = clock.after(CLOSE_GRACE_MS, () => socket.terminate());
    gone.signal.addEventListener("abort", () => timer.cancel(), { once: true });
  }

  let unanswered = 0;
  let beat = clock.after(PING_MS, ping);
  function ping(): void {
    if (unanswered >= MOST_UNANSWERED) {
      socket.terminate();
      return;
    }
    unanswered += 1;
    if (!closing) socket.ping();
    beat = clock.after(PING_MS, ping);
  }
  socket.on("pong", () => {
    unanswered = 0;
  });

  const onStopping = (): void => end("panel.stopping", GOING_AWAY);
  stopping.addEventListener("abort", onStopping, { once: true });
  const onEnded = (): void => end("session.required");
  watch.ended.addEventListener("abort", onEnded, { once: true });
  // A broken connection: `close` follows and tidies up.
  socket.on("error", () => {});
  // There is nothing to say here: whoever does is no player of ours.
  socket.on("message", () => end("viewer.unexpected_message", POLICY));
  socket.on("close", () => {
    closing = true;
    leave?.();
    watch.release();
    beat.cancel();
    stopping.removeEventListener("abort", onStopping);
    gone.abort();
  });

  try {
    leave = live.watch(wish, {
      waitingBytes: () => socket.bufferedAmount,
      begin: (session) => {
        if (!closing) socket.send(JSON.stringify(session));
      },
      send: (chunk) => {
        if (!closing) socket.send(chunk);
      },
      end: (code) => end(code),
    });
    // It may have been ended while it was being attached, or before.
    if (watch.ended.aborted) onEnded();
    if (closing) leave();
  } catch (error) {
    const code = errorCode(error);
    if (!(code in CLOSE)) log.warn({ ...wish, code, error: errorMessage(error) }, "no live picture");
    end(code);
  }
}
