import { isDeepStrictEqual } from "node:util";
import { GatewayError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { GrayFormat, IngestRequest, MediaTools } from "../core/media.ts";
import type { CameraObservation, CameraState } from "../core/observation.ts";
import type { Part, PartHealth } from "../core/part.ts";
import type { GrayPicture } from "../core/picture.ts";
import { createSignal, type Signal } from "../core/signals.ts";
import type { Camera, Privacy } from "../core/site.ts";
import type { Clock, Moment } from "../core/time.ts";
import { startAnalysisFeed } from "./analysis-feed.ts";
import { type Attention, createAttention } from "./attention.ts";
import type { FragmentHub } from "./fragment-hub.ts";
import type { StartJudge, StreamPatience } from "./ingest-session.ts";
import { createIngestStream, type IngestStream } from "./ingest-stream.ts";
import { createLoginGate } from "./login-gate.ts";
import { keepRecentPictures } from "./recent-pictures.ts";
import type { StreamStatus, VideoStream } from "./video-stream.ts";

const UNCONFIRMED = "privacy.unconfirmed";
const PATIENCE: StreamPatience = { firstPictureMs: 30_000, nextPictureMs: 10_000 };

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
  /** What is recorded and shown large. It runs while somebody holds a lease. */
  readonly main: VideoStream;
  /** What is analysed and shown in the grid, always up; the same as `main` where the camera has one stream. */
  readonly sub: VideoStream;
  /** Of `sub`. */
  readonly hub: FragmentHub;
  readonly pictures: Signal<GrayPicture>;
  readonly observations: Signal<CameraObservation>;
  /** Whether all frames of `sub` are looked at. */
  readonly attention: Attention;
  /** By the analysed stream. */
  state(): CameraObservation;
  /**
   * Whether pictures may be taken from the camera at all: not before it confirms the masks that it was to paint itself.
   * Taken back, its sessions end, and whoever keeps its last pictures or seconds lets go of them.
   */
  setPermitted(isPermitted: boolean): void;
  /**
   * What is to be hidden from now on. Where the box paints, its sessions end and begin anew, and whoever keeps its last
   * pictures or seconds lets go of them: they show what is not to be seen.
   */
  paint(privacy: Privacy | undefined): void;
  /**
   * The newest picture as JPEG, or the one that was judged as of `at`, while it is kept.
   * @throws GatewayError `video.no_picture` (transient).
   */
  snapshot(at?: Moment): Promise<Buffer>;
}

/** A camera's one or two streams, of which the smaller is always up and decoded for the analysis. */
export function createCameraStream(
  dependencies: CameraStreamDependencies,
  camera: Camera,
  analysis: Analysis,
  patience: StreamPatience = PATIENCE,
): CameraStream {
  const { media, clock, log } = dependencies;
  const attention = createAttention({ clock, log }, camera.id, analysis.needsSecond ?? false);
  const pictures = createSignal<GrayPicture>();
  const observations = createSignal<CameraObservation>();
  const ingest = { ...dependencies, gate: createLoginGate(clock) };
  let painted = paintedByBox(camera.privacy);
  const masks = (): IngestRequest["masks"] => painted;
  const requestOf = (stream: "main" | "sub", url: string): IngestRequest => ({
    camera: camera.id,
    stream,
    url,
    login: camera.login,
    // What is analysed needs no sound.
    ...(stream === "main" && camera.audio && { audio: true }),
  });

  /** Progress is a new decoded picture: bytes also come from a camera whose encoder hangs. */
  const startJudge: StartJudge = (hub, progress) =>
    startAnalysisFeed(
      { media, clock, log: log.child({ camera: camera.id }), attention },
      camera.id,
      analysis,
      hub,
      (picture) => {
        if (progress()) pictures.emit(picture);
      },
    );
  const hasSub = camera.sub !== undefined && camera.sub !== camera.main;
  const sub = createIngestStream(ingest, {
    request: requestOf(hasSub ? "sub" : "main", camera.sub ?? camera.main),
    otherUrls: (camera.otherAddresses ?? []).map((other) => (hasSub ? other.sub : other.main)),
    patience,
    startJudge,
    masks,
  });
  const recentPictures = keepRecentPictures(clock, sub.hub);
  const main = hasSub
    ? createIngestStream(ingest, {
        request: requestOf("main", camera.main),
        otherUrls: (camera.otherAddresses ?? []).map((other) => other.main),
        patience,
        masks,
      })
    : sub;

  const observe = ({ state, reason, at }: StreamStatus): CameraObservation => ({
    kind: "camera",
    camera: camera.id,
    // Nobody has asked it yet, or it was told to stop.
    state: state === "idle" ? "connecting" : state,
    reason,
    at,
  });
  let current = observe(sub.status());
  sub.changes.on((status) => {
    const next = observe(status);
    if (status.state === "idle" || (next.state === current.state && next.reason === current.reason)) return;
    current = next;
    observations.emit(current);
  });

  let letGo: (() => void) | undefined;
  let isStarted = false;
  let isPermitted = camera.privacy?.by !== "camera";

  function withhold(state: CameraState, reason: string): void {
    current = { ...observe(sub.status()), state, reason, at: clock.now() };
    observations.emit(current);
  }

  /** In this order: from a session that is told to end nothing more comes. */
  function endSessions(): readonly IngestStream[] {
    const streams = [...new Set([sub, main])];
    for (const stream of streams) {
      void stream.stop();
      stream.hub.withdraw();
    }
    return streams;
  }

  return {
    name: `camera ${camera.id}`,
    camera,
    main,
    sub,
    hub: sub.hub,
    pictures,
    observations,
    attention,
    state: () => current,
    health() {
      const name = `camera ${camera.id}`;
      if (current.state === "running") return mainHealth(name, main.status());
      const status = current.state === "connecting" ? "starting" : "degraded";
      return { name, status, reason: current.reason || `camera.${current.state}` };
    },
    setPermitted(permitted) {
      if (permitted === isPermitted) return;
      isPermitted = permitted;
      if (!isStarted) return;
      if (permitted) {
        for (const stream of new Set([sub, main])) stream.start();
        return;
      }
      endSessions();
      withhold("refused", UNCONFIRMED);
    },
    paint(privacy) {
      const next = paintedByBox(privacy);
      if (isDeepStrictEqual(next, painted)) return;
      painted = next;
      if (!isStarted || !isPermitted) return;
      const streams = endSessions();
      withhold("connecting", "privacy.painting");
      for (const stream of streams) stream.start();
    },
    async start() {
      isStarted = true;
      letGo ??= sub.lease();
      if (!isPermitted) {
        withhold("refused", UNCONFIRMED);
        return;
      }
      sub.start();
      main.start();
    },
    async stop() {
      isStarted = false;
      letGo?.();
      letGo = undefined;
      await Promise.all([sub.stop(), main.stop()]);
    },
    async snapshot(at) {
      const judged = at ? recentPictures(at.monotonicMs) : [];
      const fragments = judged.length > 0 ? judged : sub.hub.sinceKeyFrame();
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

/** A camera that sees but cannot be recorded is not well either. */
function mainHealth(name: string, { state, reason }: StreamStatus): PartHealth {
  const isWell = state === "running" || state === "idle" || state === "connecting";
  return isWell ? { name, status: "ok" } : { name, status: "degraded", reason };
}

function paintedByBox(privacy: Privacy | undefined): IngestRequest["masks"] {
  return privacy?.by === "box" ? privacy.masks.map(({ polygon }) => polygon) : undefined;
}
