import { errorCode, errorMessage, GatewayError, isAbort } from "../core/errors.ts";
import { type Logger, redactUrl } from "../core/log.ts";
import type { GrayFormat, IngestRequest, MediaTools } from "../core/media.ts";
import type { CameraObservation, CameraState } from "../core/observation.ts";
import type { Part } from "../core/part.ts";
import type { GrayPicture } from "../core/picture.ts";
import { type RetryPolicy, retryDelays } from "../core/retry.ts";
import { createSignal, type Signal } from "../core/signals.ts";
import type { Camera } from "../core/site.ts";
import type { Clock, Timer } from "../core/time.ts";
import { startAnalysisFeed } from "./analysis-feed.ts";
import { type Attention, createAttention } from "./attention.ts";
import { FragmentHub } from "./fragment-hub.ts";
import { createSplitter } from "./fragmented-mp4.ts";

/** How long a camera may stay without a new decoded picture before its session is ended and begun again, in ms. */
export interface StreamPatience {
  /** From connecting: cameras with a key frame every ten seconds or more begin with none. */
  readonly firstPictureMs: number;
  readonly nextPictureMs: number;
}

const PATIENCE: StreamPatience = { firstPictureMs: 30_000, nextPictureMs: 10_000 };
/** A session that ran this long starts the waits afresh when it breaks. */
const HEALTHY_MS = 60_000;
const RETRY: RetryPolicy = { firstMs: 1000, capMs: 30_000 };
/** A camera that refuses the login is asked rarely, so that it does not lock the account. */
const REFUSED_RETRY: RetryPolicy = { firstMs: 60_000, capMs: 600_000 };

export interface Analysis extends GrayFormat {
  /** A rule must act within a second of what the camera sees. */
  readonly needsSecond?: boolean;
}

export interface CameraStreamDependencies {
  readonly media: MediaTools;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
}

export interface CameraStream extends Part {
  readonly camera: Camera;
  readonly hub: FragmentHub;
  readonly pictures: Signal<GrayPicture>;
  readonly observations: Signal<CameraObservation>;
  readonly attention: Attention;
  state(): CameraObservation;
  /** The newest picture as JPEG. @throws GatewayError `video.no_picture` (transient). */
  snapshot(): Promise<Buffer>;
}

/** Supervises the one session to a camera: connects, notices silence, and tries again for ever. */
export function createCameraStream(
  dependencies: CameraStreamDependencies,
  camera: Camera,
  analysis: Analysis,
  patience: StreamPatience = PATIENCE,
): CameraStream {
  const { media, clock, random } = dependencies;
  const url = camera.sub ?? camera.main;
  const log = dependencies.log.child({ camera: camera.id, host: redactUrl(url) });
  const hub = new FragmentHub();
  const attention = createAttention({ clock, log }, camera.id, analysis.needsSecond ?? false);
  const pictures = createSignal<GrayPicture>();
  const observations = createSignal<CameraObservation>();
  const observe = (state: CameraState, reason: string): CameraObservation => ({
    kind: "camera",
    camera: camera.id,
    state,
    reason,
    at: clock.now(),
  });
  let current = observe("connecting", "");
  let abort: AbortController | undefined;
  let running: Promise<void> | undefined;

  function become(state: CameraState, reason = ""): void {
    if (current.state === state && current.reason === reason) return;
    current = observe(state, reason);
    log.info({ state, reason }, "camera state");
    observations.emit(current);
  }

  /** One session from connecting to its end; returns why it ended. */
  async function runSession(request: IngestRequest, signal: AbortSignal): Promise<string> {
    const child = media.ingest(request);
    let broken = "";
    const end = (reason: string): void => {
      broken ||= reason;
      void child.stop();
    };
    const feed = createSplitter({
      onInit: (init) => hub.begin(init),
      onFragment: (fragment) => hub.push(fragment),
    });
    child.stdout.on("data", (chunk: Buffer) => {
      if (broken) return;
      try {
        feed(chunk);
      } catch (error) {
        log.warn({ code: errorCode(error), error: errorMessage(error) }, "the session cannot be read");
        end(errorCode(error));
      }
    });
    let watch: Timer | undefined;
    const expectPicture = (withinMs: number): void => {
      watch?.cancel();
      watch = clock.after(withinMs, () => {
        if (current.state === "running") become("stalled", "video.no_new_picture");
        end("video.no_new_picture");
      });
    };
    const decoding = startAnalysisFeed(
      { media, clock, log, attention },
      camera.id,
      analysis,
      hub,
      (picture) => {
        if (broken) return;
        expectPicture(patience.nextPictureMs);
        become("running");
        pictures.emit(picture);
      },
    );
    const onAbort = (): void => end("stopped");
    signal.addEventListener("abort", onAbort, { once: true });
    expectPicture(patience.firstPictureMs);
    if (signal.aborted) onAbort();
    const exit = await child.ended;
    signal.removeEventListener("abort", onAbort);
    // Before the watch is cancelled: a picture that the decoder still held would set it again.
    const decoded = decoding.stop();
    watch?.cancel();
    hub.end();
    await decoded;
    return broken || exit.reason;
  }

  /** What went wrong in our own code ends a session like any other failure, never the supervision. */
  async function trySession(request: IngestRequest, signal: AbortSignal): Promise<string> {
    try {
      return await runSession(request, signal);
    } catch (error) {
      log.error({ code: errorCode(error), error: errorMessage(error) }, "a camera session failed");
      return errorCode(error);
    }
  }

  async function runForEver(signal: AbortSignal): Promise<void> {
    let ordinary = retryDelays(RETRY, random);
    let refused = retryDelays(REFUSED_RETRY, random);
    let thorough = false;
    while (!signal.aborted) {
      const startedMs = clock.now().monotonicMs;
      const reason = await trySession({ camera: camera.id, url, login: camera.login, thorough }, signal);
      if (signal.aborted) return;
      if (clock.now().monotonicMs - startedMs > HEALTHY_MS) {
        ordinary = retryDelays(RETRY, random);
        refused = retryDelays(REFUSED_RETRY, random);
      }
      if (reason === "video.no_parameters") {
        // A camera that does not tell its picture size is looked at longer, at once and from then on.
        thorough = !thorough;
        if (thorough) continue;
      }
      const isRefused = reason === "rtsp.unauthorized";
      become(isRefused ? "refused" : "lost", reason);
      await clock.sleep((isRefused ? refused : ordinary).next().value, signal);
    }
  }

  return {
    name: `camera ${camera.id}`,
    camera,
    hub,
    pictures,
    observations,
    attention,
    state: () => current,
    health() {
      const name = `camera ${camera.id}`;
      if (current.state === "running") return { name, status: "ok" };
      const status = current.state === "connecting" ? "starting" : "degraded";
      return { name, status, reason: current.reason || `camera.${current.state}` };
    },
    async start() {
      abort = new AbortController();
      running = runForEver(abort.signal).catch((error: unknown) => {
        if (!isAbort(error)) log.error({ error: String(error) }, "camera supervision ended");
      });
    },
    async stop() {
      abort?.abort();
      await running;
    },
    async snapshot() {
      const fragments = hub.sinceKeyFrame();
      if (fragments.length === 0) {
        throw new GatewayError(`camera ${camera.id} has no picture now`, {
          code: "video.no_picture",
          kind: "transient",
          device: camera.id,
        });
      }
      return media.lastPicture(fragments);
    },
  };
}
