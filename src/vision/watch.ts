import { Worker } from "node:worker_threads";
import type { AnalysisFigures } from "../core/analysis.ts";
import type { CameraMemory, PictureReport } from "../core/camera-health.ts";
import type { Logger } from "../core/log.ts";
import type { LineCrossing, MovementLook } from "../core/movement.ts";
import type { PresenceObservation, TracksObservation } from "../core/observation.ts";
import type { Part } from "../core/part.ts";
import type { GrayPicture } from "../core/picture.ts";
import { createSignal, type Signal } from "../core/signals.ts";
import type { Camera, Line } from "../core/site.ts";
import type { Clock, Moment, Timer } from "../core/time.ts";
import { FrameAges } from "./frame-ages.ts";
import { createLookDesk, type LookShortage } from "./look-desk.ts";
import type { FromWorker, MovementMessage, PeopleMessage, ToWorker, WatchMessage } from "./messages.ts";
import type { PersonModel } from "./people/person-model.ts";
import { ZoneReports } from "./zone-reports.ts";

/** Pictures of one camera that may wait for the worker; older ones are worth less than new ones. */
const MAX_WAITING = 2;
/** An older picture is left out: what it shows is over, and those after it wait. */
const MAX_AGE_MS = 900;
/** Pictures left out are told once in so long. */
const SKIPPED_REPORT_MS = 60_000;
/** A worker that died is started again after this long. */
const RESTART_MS = 1000;
/**
 * The worker makes little garbage, all of it short-lived; left to itself V8 lets the place for it grow to 32 MiB within
 * half an hour. In MiB.
 */
const YOUNG_GENERATION_MIB = 4;

/** What the watch uses of a worker thread. */
export type VisionWorker = Pick<Worker, "on" | "postMessage" | "terminate">;

export interface VisionWatchDependencies {
  readonly clock: Clock;
  readonly log: Logger;
  /** Starts the worker thread; the built `worker.js` beside this file unless given. */
  readonly startWorker?: () => VisionWorker;
  /** Absent: movement only. */
  readonly people?: PeopleSettings | undefined;
}

export interface PeopleSettings {
  readonly model: PersonModel;
  /** Share of one core that looks may take together, above 0. */
  readonly coreShare: number;
}

export type VisionFigures = Pick<
  AnalysisFigures,
  "judged" | "skipped" | "ageSecondsSum" | "oldestAgeSeconds" | "looks"
>;

export interface VisionWatch extends Part {
  readonly observations: Signal<PresenceObservation | TracksObservation>;
  /** What each camera's pictures are like, every one to two seconds. */
  readonly reports: Signal<PictureReport>;
  /** What was learnt of a camera's place and should survive a restart. */
  readonly memories: Signal<{ readonly camera: string; readonly memory: CameraMemory }>;
  /** Gives back what an earlier run learnt; before `start`. */
  recall(camera: string, memory: CameraMemory): void;
  /** What the camera shows now is its reference. */
  learnAnew(camera: string): void;
  /** Where a camera's zones are from now on, in what runs and in what is started later. */
  setZones(camera: string, zones: WatchMessage["zones"]): void;
  /** The same for its lines. */
  setLines(camera: string, lines: readonly Line[]): void;
  /** Its masks are others from now on: what its place looks like is learnt anew. */
  remasked(camera: string): void;
  readonly movement: Signal<MovementLook>;
  readonly crossings: Signal<LineCrossing>;
  /** Emits once: a first picture of every camera was judged. */
  readonly armed: Signal<void>;
  /** Emits the id of a camera whose last picture gave reason to look at all its frames. */
  readonly stirred: Signal<string>;
  /** Zones of a camera in which somebody is right now. */
  occupied(camera: string): readonly string[];
  /** Takes the picture's buffer away from the caller. */
  submit(picture: GrayPicture): void;
  figures(camera: string): VisionFigures;
  /** How long the time for looks was short; undefined where none are taken. */
  shortage(): LookShortage | undefined;
}

/** Feeds pictures to the vision worker and reports who is in which zone. */
export function createVisionWatch(
  dependencies: VisionWatchDependencies,
  cameras: readonly Camera[],
  format: { readonly width: number; readonly height: number },
): VisionWatch {
  const { clock, log, startWorker = startBuiltWorker, people } = dependencies;
  const observations = createSignal<PresenceObservation | TracksObservation>();
  const movement = createSignal<MovementLook>();
  const crossings = createSignal<LineCrossing>();
  const armed = createSignal<void>();
  const stirred = createSignal<string>();
  const pictureReports = createSignal<PictureReport>();
  const memories = createSignal<{ readonly camera: string; readonly memory: CameraMemory }>();
  const recalled = new Map<string, CameraMemory>();
  const zonesNow = new Map<string, WatchMessage["zones"]>();
  const linesNow = new Map<string, readonly Line[]>();
  const reports = new ZoneReports();
  /** Cameras in whose pictures somebody was followed as of the last look. */
  const following = new Set<string>();
  const nextTracks = new Map<string, number>();
  const waiting = new Map<string, number>();
  /** Cameras whose first look by the present worker was reported. */
  const seen = new Set<string>();
  let isArmed = false;
  let worker: VisionWorker | undefined;
  let restart: Timer | undefined;
  let stopped = false;
  const ages = new Map(cameras.map(({ id }) => [id, new FrameAges(clock.now().monotonicMs)]));
  const skipped = new Map<string, number>();
  let skippedReport: Timer | undefined;

  function skip(camera: string): void {
    const before = [...skipped.values()].reduce((sum, count) => sum + count, 0);
    skipped.set(camera, (skipped.get(camera) ?? 0) + 1);
    skippedReport ??= clock.after(SKIPPED_REPORT_MS, () => {
      skippedReport = undefined;
      const pictures = [...skipped.values()].reduce((sum, count) => sum + count, 0) - before;
      log.warn({ pictures }, "pictures of the last minute were left out: the analysis was behind");
    });
  }

  function onMessage(message: FromWorker): void {
    if (message.kind === "people") onPeople(message);
    else if (message.kind === "looks") desk?.look(message.camera, message.pictures);
    else onFound(message);
  }

  const post = (message: ToWorker): void => worker?.postMessage(message);
  const desk = people
    ? createLookDesk(
        {
          clock,
          log,
          ...people,
          onModel(facts) {
            post({ kind: "model", facts });
            reports.begin();
            if (!facts) for (const camera of following) tellTracks(camera, [], clock.now());
          },
          onTurn: (camera) => post({ kind: "turn", camera }),
          onLooked: (camera, seen) => post({ kind: "looked", camera, people: seen }),
        },
        cameras.map(({ id }) => id),
      )
    : undefined;

  function tellTracks(camera: string, tracks: TracksObservation["tracks"], at: Moment): void {
    if (tracks.length === 0 && !following.delete(camera)) return;
    if (tracks.length > 0) following.add(camera);
    observations.emit({ kind: "tracks", camera, tracks, detector: desk?.facts()?.id ?? "movement", at });
  }

  function onPeople({
    camera,
    at,
    zones,
    tracks,
    crossings: crossed,
    isPending,
    nextTrack,
  }: PeopleMessage): void {
    nextTracks.set(camera, nextTrack);
    const detector = desk?.facts()?.id;
    // The model has failed since: movement tells already.
    if (detector === undefined) return;
    if (isPending) stirred.emit(camera);
    for (const observation of reports.report(camera, detector, zones, at)) observations.emit(observation);
    tellTracks(camera, tracks, at);
    for (const crossing of crossed) crossings.emit({ camera, at, detector, ...crossing });
  }

  function onFound(found: MovementMessage): void {
    const { camera, at, zones, stirring, report, memory } = found;
    if (report) pictureReports.emit(report);
    if (memory) {
      // For a worker that is started again, too.
      recalled.set(camera, memory);
      memories.emit({ camera, memory });
    }
    waiting.set(camera, Math.max(0, (waiting.get(camera) ?? 0) - 1));
    const nowMs = clock.now().monotonicMs;
    ages.get(camera)?.add(nowMs - at.monotonicMs, nowMs);
    if (stirring) stirred.emit(camera);
    const isFirst = !seen.has(camera);
    if (isFirst) {
      seen.add(camera);
      if (seen.size === cameras.length && !isArmed) {
        isArmed = true;
        armed.emit();
      }
    }
    if (found.wantsLook) desk?.ask(camera);
    const isMovementTelling = desk?.facts() === undefined;
    if (isMovementTelling) {
      for (const observation of reports.report(camera, "movement", zones, at)) observations.emit(observation);
    }
    if (found.movement) {
      const touched = zones.flatMap(({ zone, boxes }) => (boxes.length > 0 ? [zone] : []));
      movement.emit({ camera, at, zones: touched, ...found.movement });
    }
    for (const crossing of isMovementTelling ? (found.crossings ?? []) : []) {
      crossings.emit({ camera, at, detector: "movement", ...crossing });
    }
  }

  function run(): void {
    waiting.clear();
    seen.clear();
    reports.begin();
    desk?.reset();
    worker = startWorker();
    worker.on("message", onMessage);
    worker.on("error", (error) => log.error({ error: String(error) }, "vision worker failed"));
    worker.on("exit", (code) => {
      worker = undefined;
      if (stopped) return;
      log.error({ code }, "vision worker ended; starting another");
      restart = clock.after(RESTART_MS, run);
    });
    for (const { id, zones, lines } of cameras) {
      const message: WatchMessage = {
        kind: "watch",
        camera: id,
        ...format,
        zones: zonesNow.get(id) ?? zones,
        lines: linesNow.get(id) ?? lines,
        memory: recalled.get(id),
        firstTrack: nextTracks.get(id),
      };
      worker.postMessage(message);
    }
    const facts = desk?.facts();
    if (facts) post({ kind: "model", facts });
  }

  return {
    name: "vision",
    observations,
    movement,
    crossings,
    armed,
    stirred,
    reports: pictureReports,
    memories,
    recall: (camera, memory) => void recalled.set(camera, memory),
    learnAnew(camera) {
      recalled.delete(camera);
      worker?.postMessage({ kind: "learn-anew", camera });
    },
    setZones(camera, zones) {
      const outlines = zones.map(({ id, polygon }) => ({ id, polygon }));
      zonesNow.set(camera, outlines);
      post({ kind: "zones", camera, zones: outlines });
    },
    setLines(camera, lines) {
      const own = lines.map(({ id, name, points, inside }) => ({ id, name, points, inside }));
      linesNow.set(camera, own);
      post({ kind: "lines", camera, lines: own });
    },
    remasked(camera) {
      recalled.delete(camera);
      post({ kind: "learn-anew", camera, background: true });
    },
    occupied: (camera) => reports.occupied(camera),
    health() {
      if (seen.size < cameras.length) return { name: "vision", status: "starting" };
      return desk ? { ...desk.health(), name: "vision" } : { name: "vision", status: "ok" };
    },
    shortage: () => desk?.shortage(),
    figures(camera) {
      const judged = ages.get(camera);
      return {
        judged: judged?.count ?? 0,
        skipped: skipped.get(camera) ?? 0,
        ageSecondsSum: (judged?.sumMs ?? 0) / 1000,
        oldestAgeSeconds: (judged?.oldestMs(clock.now().monotonicMs) ?? 0) / 1000,
        looks: desk?.figures(camera),
      };
    },
    submit({ camera, at, width, height, pixels }) {
      const behind = waiting.get(camera) ?? 0;
      const ageMs = clock.now().monotonicMs - at.monotonicMs;
      if (!worker || behind >= MAX_WAITING || ageMs > MAX_AGE_MS) {
        skip(camera);
        return;
      }
      waiting.set(camera, behind + 1);
      worker.postMessage({ kind: "picture", camera, at, size: { width, height }, pixels }, [pixels.buffer]);
    },
    async start() {
      stopped = false;
      run();
      desk?.start();
    },
    async stop() {
      stopped = true;
      restart?.cancel();
      skippedReport?.cancel();
      await Promise.all([worker?.terminate(), desk?.stop()]);
    },
  };
}

function startBuiltWorker(): VisionWorker {
  return new Worker(new URL("./worker.js", import.meta.url), {
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MIB },
  });
}
