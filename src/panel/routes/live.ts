import type { z } from "zod";
import { errorCode, errorMessage, isAbort } from "../../core/errors.ts";
import type { PanelContext, Routes } from "../context.ts";
import { refusal } from "../problems.ts";
import { type Identity, identityOf } from "../sessions.ts";
import { CameraId } from "./cameras.ts";

/** About 15 s of a village camera: who is that far behind sees history, not the pond. */
const MOST_BUFFERED_BYTES = 1_000_000;
/** A close handshake that waits behind a stuck connection is cut after this. */
const CLOSE_GRACE_MS = 5_000;
/** Private close codes (4000 to 4999, RFC 6455 7.4.2); the reason carries our error code. */
const CLOSE = { ended: 4000, logIn: 4001, unknown: 4004, tooSlow: 4008, noPicture: 4503 } as const;
const GOING_AWAY = 1001;

/** The few things this needs of a `ws` socket. */
interface Socket {
  readonly bufferedAmount: number;
  send(data: string | Uint8Array): void;
  close(code: number, reason: string): void;
  terminate(): void;
  on(event: "close" | "error", listener: () => void): unknown;
}

/**
 * WebSocket `/cameras/<id>/live`: first a text message `{"mediaType"}`, then binary ones, the init segment and
 * fragments from a key frame on, as Media Source Extensions take them.
 */
export const liveRoutes: Routes = (app, context) => {
  app.route({
    method: "GET",
    url: "/cameras/:id/live",
    config: { needs: "look" },
    schema: { summary: "WebSocket: the live picture as fragmented MP4", params: CameraId },
    handler: () => {
      throw refusal("request.upgrade_required", "Open this address as a WebSocket");
    },
    wsHandler: async (socket, request) => {
      const { id } = request.params as z.infer<typeof CameraId>;
      await serve(context, socket, id, identityOf(request));
    },
  });
};

async function serve(
  context: PanelContext,
  socket: Socket,
  camera: string,
  identity: Identity,
): Promise<void> {
  const { village, clock, log, sessions, stopping } = context;
  const gone = new AbortController();
  const watch = sessions.watch(identity);
  let detach: (() => void) | undefined;
  let closing = false;

  function end(code: number, reason: string): void {
    if (closing) return;
    closing = true;
    detach?.();
    socket.close(code, reason);
    const timer = clock.after(CLOSE_GRACE_MS, () => socket.terminate());
    gone.signal.addEventListener("abort", () => timer.cancel(), { once: true });
  }

  const onStopping = (): void => end(GOING_AWAY, "panel.stopping");
  stopping.addEventListener("abort", onStopping, { once: true });
  watch.ended.addEventListener("abort", () => end(CLOSE.logIn, "session.required"), { once: true });
  // A broken connection: `close` follows and tidies up.
  socket.on("error", () => {});
  socket.on("close", () => {
    closing = true;
    detach?.();
    watch.release();
    stopping.removeEventListener("abort", onStopping);
    gone.abort();
  });

  try {
    const viewer = await village.live(camera, gone.signal);
    if (closing) return;
    socket.send(JSON.stringify({ mediaType: viewer.mediaType }));
    const stop = viewer.attach(
      (chunk) => {
        if (closing) return;
        if (socket.bufferedAmount > MOST_BUFFERED_BYTES) end(CLOSE.tooSlow, "viewer.too_slow");
        else socket.send(chunk);
      },
      () => end(CLOSE.ended, "video.ended"),
    );
    detach = stop;
    // The stream may have ended, or the viewer have been too slow, while it was being attached.
    if (closing) stop();
  } catch (error) {
    if (isAbort(error)) return;
    const code = errorCode(error);
    if (code !== "camera.unknown" && code !== "video.no_picture") {
      log.warn({ camera, code, error: errorMessage(error) }, "No live picture");
    }
    end(code === "camera.unknown" ? CLOSE.unknown : CLOSE.noPicture, code);
  }
}
