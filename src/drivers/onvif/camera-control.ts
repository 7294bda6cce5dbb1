import type { CameraControl, CameraDiscovery } from "../../core/camera-control.ts";
import type { Clock } from "../../core/time.ts";
import type { OnvifTarget } from "./messages.ts";
import { createOnvifWorker, type OnvifWorkerThread } from "./onvif-worker.ts";

export interface OnvifDependencies {
  readonly clock: Clock;
  /** The built worker beside this file unless given. */
  readonly startWorker?: (target: OnvifTarget | undefined) => OnvifWorkerThread;
}

/** A camera's controls; nothing is asked of the camera before the first call. */
export function createCameraControl(
  { clock, startWorker }: OnvifDependencies,
  target: OnvifTarget,
): CameraControl {
  const worker = createOnvifWorker(clock, target, startWorker);
  return {
    async describe() {
      const { clockMs, ...rest } = await worker.call("describe");
      return { ...rest, clockAheadMs: clockMs === undefined ? undefined : clockMs - clock.now().wallMs };
    },
    setTime: () => worker.call("setTime", clock.now().wallMs),
    setKeyFrameSeconds: (profile, seconds) => worker.call("setKeyFrameSeconds", profile, seconds),
    masks: (profiles) => worker.call("masks", profiles),
    setMasks: (profiles, polygons) => worker.call("setMasks", profiles, polygons),
    presets: () => worker.call("presets"),
    savePreset: (name) => worker.call("savePreset", name),
    removePreset: (id) => worker.call("removePreset", id),
    goTo: (preset) => worker.call("goTo", preset),
    move: (movement, durationMs) => worker.call("move", movement, durationMs),
    stopMoving: () => worker.call("stopMoving"),
    close: worker.close,
  };
}

/** Looks for cameras on the networks of this machine. */
export function createCameraDiscovery({ clock, startWorker }: OnvifDependencies): CameraDiscovery {
  return {
    async search(waitMs) {
      const worker = createOnvifWorker(clock, undefined, startWorker);
      try {
        return await worker.call("search", waitMs);
      } finally {
        await worker.close();
      }
    },
  };
}
