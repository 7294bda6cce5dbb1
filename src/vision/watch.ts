import { Worker } from "node:worker_threads";
import type { Logger } from "../core/log.ts";
import type { LineCrossing, MovementLook } from "../core/movement.ts";
import type { PresenceObservation } from "../core/observation.ts";
import type { Part } from "../core/part.ts";
import type { GrayPicture } from "../core/picture.ts";
import { createSignal, type Signal } from "../core/signals.ts";
import type { Camera } from "../core/site.ts";
import type { Clock, Timer } from "../core/time.ts";
import type { FromWorker, WatchMessage } from "./messages.ts";

/** Pictures of one camera that may wait for the worker; older ones are worth less than new ones. */
const MAX_WAITING = 2;
/** A worker that died is started again after this long. */
const RESTART_MS = 1000;

/** What the watch uses of a worker thread. */
export type VisionWorker = Pick<Worker, "on" | "postMessage" | "terminate">;

export interface VisionWatchDependencies {
  readonly clock: Clock;
  readonly log: Logger;
  /** Starts the worker thread; the built `worker.js` beside this file unless given. */
  readonly startWorker?: () => VisionWorker;
}

export interface VisionWatch extends Part {
  readonly observations: Signal<PresenceObservation>;
  readonly movement: Signal<MovementLook>;
  readonly crossings: Signal<LineCrossing>;
  /** Emits once: a first picture of every camera was judged. */
  readonly armed: Signal<void>;
  /** Zones of a camera in which somebody is right now. */
  occupied(camera: string): readonly string[];
  /** Takes the picture's buffer away from the caller. */
  submit(picture: GrayPicture): void;
  /** Pictures left out because the worker was behind, since start. */
  skipped(): number;
}

/** Feeds pictures to the vision worker and reports who is in which zone. */
export function createVisionWatch(
  dependencies: VisionWatchDependencies,
  cameras: readonly Camera[],
  format: { readonly width: number; readonly height: number },
): VisionWatch {
  const { clock, log, startWorker = startBuiltWorker } = dependencies;
  const observations = createSignal<PresenceObservation>();
  const movement = createSignal<MovementLook>();
  const crossings = createSignal<LineCrossing>();
  const armed = createSignal<void>();
  const occupied = new Map<string, ReadonlySet<string>>();
  const waiting = new Map<string, number>();
  /** Cameras whose first look by the present worker was reported. */
  const seen = new Set<string>();
  let isArmed = false;
  let worker: VisionWorker | undefined;
  let restart: Timer | undefined;
  let stopped = false;
  let skippedCount = 0;

  function onFound(found: FromWorker): void {
    const { camera, at, zones } = found;
    waiting.set(camera, Math.max(0, (waiting.get(camera) ?? 0) - 1));
    const isFirst = !seen.has(camera);
    if (isFirst) {
      seen.add(camera);
      if (seen.size === cameras.length && !isArmed) {
        isArmed = true;
        armed.emit();
      }
    }
    occupied.set(camera, new Set(zones.flatMap(({ zone, present }) => (present ? [zone] : []))));
    for (const { zone, present, boxes, changed } of zones) {
      // The first look also reports empty zones: what an earlier run or worker saw may have ended meanwhile.
      if (present || changed || isFirst) {
        observations.emit({ kind: "presence", camera, zone, present, boxes, detector: "movement", at });
      }
    }
    if (found.movement) {
      const touched = zones.flatMap(({ zone, boxes }) => (boxes.length > 0 ? [zone] : []));
      movement.emit({ camera, at, zones: touched, ...found.movement });
    }
    for (const crossing of found.crossings ?? []) {
      crossings.emit({ camera, at, detector: "movement", ...crossing });
    }
  }

  function run(): void {
    waiting.clear();
    seen.clear();
    worker = startWorker();
    worker.on("message", onFound);
    worker.on("error", (error) => log.error({ error: String(error) }, "vision worker failed"));
    worker.on("exit", (code) => {
      worker = undefined;
      if (stopped) return;
      log.error({ code }, "vision worker ended; starting another");
      restart = clock.after(RESTART_MS, run);
    });
    for (const { id, zones, lines } of cameras) {
      const message: WatchMessage = { kind: "watch", camera: id, ...format, zones, lines };
      worker.postMessage(message);
    }
  }

  return {
    name: "vision",
    observations,
    movement,
    crossings,
    armed,
    occupied: (camera) => [...(occupied.get(camera) ?? [])],
    health: () => ({ name: "vision", status: seen.size === cameras.length ? "ok" : "starting" }),
    skipped: () => skippedCount,
    submit({ camera, at, pixels }) {
      const behind = waiting.get(camera) ?? 0;
      if (!worker || behind >= MAX_WAITING) {
        skippedCount++;
        return;
      }
      waiting.set(camera, behind + 1);
      worker.postMessage({ kind: "picture", camera, at, pixels }, [pixels.buffer]);
    },
    async start() {
      stopped = false;
      run();
    },
    async stop() {
      stopped = true;
      restart?.cancel();
      await worker?.terminate();
    },
  };
}

function startBuiltWorker(): VisionWorker {
  return new Worker(new URL("./worker.js", import.meta.url));
}
