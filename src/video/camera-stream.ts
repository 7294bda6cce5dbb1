import { errorCode, GatewayError, isAbort } from "../core/errors.ts";
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
import { FragmentHub } from "./fragment-hub.ts";
import { createSplitter } from "./fragmented-mp4.ts";

/** No new decoded picture for this long: the session is ended and begun again. */
const STALL_MS = 10_000;
/** A session that ran this long starts the waits afresh when it breaks. */
const HEALTHY_MS = 60_000;
const RETRY: RetryPolicy = { firstMs: 1000, capMs: 30_000 };
/** A camera that refuses the login is asked rarely, so that it does not lock the account. */
const REFUSED_RETRY: RetryPolicy = { firstMs: 60_000, capMs: 600_000 };

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
  state(): CameraObservation;
  /** The newest picture as JPEG. @throws GatewayError `video.no_picture` (transient). */
  snapshot(): Promise<Buffer>;
}

/** Supervises the one session to a camera: connects, notices silence, and tries again for ever. */
export function createCameraStream(
  dependencies: CameraStreamDependencies,
  camera: Camera,
  analysis: GrayFormat,
): CameraStream {
  const { media, clock, random } = dependencies;
  const url = camera.sub ?? camera.main;
  const log = dependencies.log.child({ camera: camera.id, host: redactUrl(url) });
  const hub = new FragmentHub();
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
        end(errorCode(error));
      }
    });
    let watch: Timer | undefined;
    const expectPicture = (): void => {
      watch?.cancel();
      watch = clock.after(STALL_MS, () => {
        if (current.state === "running") become("stalled", "video.no_new_picture");
        end("video.no_new_picture");
      });
    };
    const decoding = startAnalysisFeed(media, clock, camera.id, analysis, hub, (picture) => {
      expectPicture();
      become("running");
      pictures.emit(picture);
    });
    const onAbort = (): void => end("stopped");
    signal.addEventListener("abort", onAbort, { once: true });
    expectPicture();
    if (signal.aborted) onAbort();
    const exit = await child.ended;
    signal.removeEventListener("abort", onAbort);
    watch?.cancel();
    hub.end();
    await decoding.stop();
    return broken || exit.reason;
  }

  async function runForEver(signal: AbortSignal): Promise<void> {
    let ordinary = retryDelays(RETRY, random);
    let refused = retryDelays(REFUSED_RETRY, random);
    let thorough = false;
    while (!signal.aborted) {
      const startedMs = clock.now().monotonicMs;
      const reason = await runSession({ camera: camera.id, url, login: camera.login, thorough }, signal);
      if (signal.aborted) return;
      if (clock.now().monotonicMs - startedMs > HEALTHY_MS) {
        ordinary = retryDelays(RETRY, random);
        refused = retryDelays(REFUSED_RETRY, random);
      }
      // Once at once; a camera that never tells its picture size then waits like any other failure.
      const retryThorough = reason === "video.no_parameters" && !thorough;
      thorough = reason === "video.no_parameters";
      const isRefused = reason === "rtsp.unauthorized";
      become(isRefused ? "refused" : "lost", reason);
      const waitMs = retryThorough ? 0 : (isRefused ? refused : ordinary).next().value;
      await clock.sleep(waitMs, signal);
    }
  }

  return {
    name: `camera ${camera.id}`,
    camera,
    hub,
    pictures,
    observations,
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
