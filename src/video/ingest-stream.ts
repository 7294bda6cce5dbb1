import { errorCode, errorMessage, isAbort } from "../core/errors.ts";
import { type Logger, redactUrl } from "../core/log.ts";
import type { IngestRequest, MediaTools } from "../core/media.ts";
import { type RetryPolicy, retryDelays } from "../core/retry.ts";
import { createSignal } from "../core/signals.ts";
import type { Clock, Timer } from "../core/time.ts";
import { FragmentHub } from "./fragment-hub.ts";
import { runIngestSession, type StartJudge, type StreamPatience } from "./ingest-session.ts";
import type { LoginGate } from "./login-gate.ts";
import type { StreamState, StreamStatus, VideoStream } from "./video-stream.ts";

/** A session that ran this long starts the waits afresh when it breaks. */
const HEALTHY_MS = 60_000;
const RETRY: RetryPolicy = { firstMs: 1000, capMs: 30_000 };
/** A camera that refuses the login is asked rarely, so that it does not lock the account. */
const RARE_RETRY: RetryPolicy = { firstMs: 60_000, capMs: 600_000 };
/** Nobody mends these by waiting, but somebody may set the camera differently. */
const UNSUPPORTED = new Set(["video.no_video", "video.unsupported_codec"]);
/** With sound, ffmpeg gives nothing before it can write both tracks: these may be the microphone's fault alone. */
const SOUNDLESS = new Set(["audio.unsupported", "video.no_new_picture"]);
/** The camera goes on, only otherwise than before: connected anew at once, if the session stood for some time. */
const BEGIN_ANEW = new Set(["video.changed", "video.time_jump", "video.time_stuck"]);
const STOOD_MS = 10_000;
/** Without readers a stream runs on for this long: a page that is turned or a clip that follows finds it there. */
const LINGER_MS = 10_000;

export interface IngestStreamDependencies {
  readonly media: MediaTools;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  /** Shared by the streams of a camera. */
  readonly gate: LoginGate;
}

export interface IngestStreamOptions {
  readonly request: Omit<IngestRequest, "masks">;
  /** What is painted over; asked at each session. */
  readonly masks?: () => IngestRequest["masks"];
  /** Tried in turn when the camera says that it has no such stream as the request's. */
  readonly otherUrls?: readonly string[];
  readonly patience: StreamPatience;
  /** Tells progress; without one, fragments that move on in step with the clock are progress. */
  readonly startJudge?: StartJudge;
}

export interface IngestStream extends VideoStream {
  /** From now on there is a session while there is a lease. */
  start(): void;
  /** Ends the session, whoever holds a lease; resolves when its processes are gone. */
  stop(): Promise<void>;
}

/** Supervises the one session of a stream while somebody holds a lease: connects, notices silence, tries for ever. */
export function createIngestStream(
  dependencies: IngestStreamDependencies,
  options: IngestStreamOptions,
): IngestStream {
  const { media, clock, random, gate } = dependencies;
  const { camera, stream, url } = options.request;
  const log = dependencies.log.child({ camera, stream, host: redactUrl(url) });
  const hub = new FragmentHub();
  const changes = createSignal<StreamStatus>();
  let current: StreamStatus = { state: "idle", reason: "", at: clock.now() };
  let leases = 0;
  let isStarted = false;
  let supervision: { readonly abort: AbortController; readonly done: Promise<void> } | undefined;
  let ended: Promise<void> = Promise.resolve();
  let linger: Timer | undefined;

  function become(state: StreamState, reason = ""): void {
    if (current.state === state && current.reason === reason) return;
    current = { state, reason, at: clock.now() };
    log.info({ state, reason }, "stream state");
    changes.emit(current);
  }

  /** What went wrong in our own code ends a session like any other failure, never the supervision. */
  async function trySession(
    request: IngestRequest,
    onBegin: () => void,
    signal: AbortSignal,
  ): Promise<string> {
    const events = {
      onBegin,
      onProgress: () => become("running"),
      onStill(reason: string) {
        if (current.state === "running") become("stalled", reason);
      },
    };
    try {
      return await runIngestSession({ media, clock, log }, request, hub, options, events, signal);
    } catch (error) {
      log.error({ code: errorCode(error), error: errorMessage(error) }, "a camera session failed");
      return errorCode(error);
    }
  }

  async function runForEver(signal: AbortSignal): Promise<void> {
    const waits = () => ({ ordinary: retryDelays(RETRY, random), rare: retryDelays(RARE_RETRY, random) });
    let { ordinary, rare } = waits();
    let thorough = false;
    let { audio = false } = options.request;
    const urls = [options.request.url, ...(options.otherUrls ?? [])];
    let place = 0;
    while (!signal.aborted) {
      const logIn = await gate.enter(signal, () => become("refused", "rtsp.unauthorized"));
      const startedMs = clock.now().monotonicMs;
      let hasBegun = false;
      const onBegin = (): void => {
        hasBegun = true;
        logIn.accepted();
      };
      const reason = await trySession(
        {
          ...options.request,
          masks: options.masks?.(),
          url: urls[place] ?? options.request.url,
          thorough,
          audio,
        },
        onBegin,
        signal,
      );
      const stoodMs = clock.now().monotonicMs - startedMs;
      if (stoodMs > HEALTHY_MS) ({ ordinary, rare } = waits());
      if (reason === "rtsp.unauthorized" && !signal.aborted) {
        const waitMs = rare.next().value;
        logIn.refused(waitMs);
        become("refused", reason);
        await clock.sleep(waitMs, signal);
        continue;
      }
      logIn.over();
      if (signal.aborted) return;
      if (reason === "video.no_parameters") {
        // A camera that does not tell its picture size is looked at longer, at once and from then on.
        thorough = !thorough;
        if (thorough) continue;
      }
      if (reason === "rtsp.not_found" && urls.length > 1 && !hasBegun) {
        place = (place + 1) % urls.length;
        log.info(
          { place: place + 1, of: urls.length },
          "no such stream; trying the next address of the make",
        );
        // After the last one, the camera is given time before all are tried again.
        if (place > 0) continue;
      }
      if (audio && !hasBegun && SOUNDLESS.has(reason)) {
        log.warn({ reason }, "no sound of use comes from the camera; going on without");
        audio = false;
        continue;
      }
      if (BEGIN_ANEW.has(reason) && stoodMs >= STOOD_MS) {
        become("connecting", reason);
        continue;
      }
      const isUnsupported = UNSUPPORTED.has(reason);
      become(isUnsupported ? "unsupported" : "lost", reason);
      await clock.sleep((isUnsupported ? rare : ordinary).next().value, signal);
    }
  }

  function begin(): void {
    if (supervision) return;
    const abort = new AbortController();
    // One session a stream: the one before must be over.
    const done = ended.then(async () => {
      if (abort.signal.aborted) return;
      become("connecting");
      await runForEver(abort.signal).catch((error: unknown) => {
        if (!isAbort(error)) log.error({ error: String(error) }, "stream supervision ended");
      });
    });
    supervision = { abort, done };
  }

  function end(): Promise<void> {
    linger?.cancel();
    linger = undefined;
    if (!supervision) return ended;
    const { abort, done } = supervision;
    supervision = undefined;
    abort.abort();
    ended = done.then(() => {
      if (!supervision) become("idle");
    });
    return ended;
  }

  return {
    hub,
    changes,
    status: () => current,
    lease() {
      leases++;
      linger?.cancel();
      linger = undefined;
      if (isStarted) begin();
      let isHeld = true;
      return () => {
        if (!isHeld) return;
        isHeld = false;
        leases--;
        if (leases === 0 && supervision) linger = clock.after(LINGER_MS, () => void end());
      };
    },
    start() {
      isStarted = true;
      if (leases > 0) begin();
    },
    async stop() {
      isStarted = false;
      await end();
    },
  };
}
