import { type LiveSession, openLiveSocket } from "./live-socket.ts";

// What the players have in common: their words for how it goes, and that they try for ever.

/**
 * `changing`: another stream of the camera takes over, the last picture stands. `unsupported`: this browser cannot play
 * it. `failing`: several attempts gave nothing. `busy`: the box transcodes for as many cameras as it can.
 */
export type PlayerStatus =
  | "connecting"
  | "playing"
  | "changing"
  | "waiting"
  | "unsupported"
  | "failing"
  | "busy";

export interface Player {
  stop(): void;
}

/** Plays what comes over one connection. */
export interface Screen {
  /** A new run of chunks. False when this browser cannot play it. */
  begin(session: LiveSession): boolean;
  show(chunk: ArrayBuffer): void;
  /** Lets go of everything; the last picture may be kept before. */
  clear(): void;
}

export interface ScreenEvents {
  onPlaying(): void;
  /** It cannot go on: a fresh start may mend it. */
  onBroken(): void;
}

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15_000;
/** A stream that gives nothing for this long is opened anew. */
const SILENCE_MS = 8_000;
const ATTEMPTS_BEFORE_FAILING = 3;
/** The box's own words for "not now, and not soon". */
const BUSY_REASONS = new Set(["live.transcoders_busy", "live.no_transcoder", "live.full"]);

/** Starts at once and goes on, with growing waits after failures, until stopped or until it is clear that it cannot. */
export function createPlayer(options: {
  url: string;
  openScreen: (events: ScreenEvents) => Screen;
  onStatus: (status: PlayerStatus) => void;
}): Player {
  const { url, openScreen, onStatus } = options;
  let stopped = false;
  let waitMs = FIRST_WAIT_MS;
  let emptyAttempts = 0;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let endSession: (() => void) | undefined;

  function again(played: boolean): void {
    emptyAttempts = played ? 0 : emptyAttempts + 1;
    if (played) waitMs = FIRST_WAIT_MS;
    onStatus(emptyAttempts >= ATTEMPTS_BEFORE_FAILING ? "failing" : "waiting");
    if (stopped) return;
    retry = setTimeout(open, waitMs * (0.7 + 0.3 * Math.random()));
    waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2);
  }

  /** One connection from opening to its end. */
  function open(): void {
    if (stopped) return;
    onStatus("connecting");
    let played = false;
    let silence = setTimeout(broken, SILENCE_MS);

    function close(): void {
      endSession = undefined;
      clearTimeout(silence);
      socket.close();
      screen.clear();
    }
    function broken(): void {
      if (!endSession) return;
      close();
      again(played);
    }
    const screen = openScreen({
      onPlaying() {
        played = true;
        onStatus("playing");
      },
      onBroken: broken,
    });
    const socket = openLiveSocket(url, {
      onSession(session) {
        if (played) onStatus("changing");
        if (screen.begin(session)) return;
        close();
        stopped = true;
        onStatus("unsupported");
      },
      onChunk(chunk) {
        clearTimeout(silence);
        silence = setTimeout(broken, SILENCE_MS);
        screen.show(chunk);
      },
      onClose(reason) {
        if (!endSession) return;
        if (!BUSY_REASONS.has(reason)) {
          broken();
          return;
        }
        close();
        stopped = true;
        onStatus("busy");
      },
    });
    endSession = close;
  }

  open();
  return {
    stop() {
      stopped = true;
      clearTimeout(retry);
      endSession?.();
    },
  };
}
