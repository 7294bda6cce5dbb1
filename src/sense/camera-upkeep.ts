import type { CameraControl, CameraDescription } from "../core/camera-control.ts";
import { errorCode, isAbort } from "../core/errors.ts";
import type { EventDraft } from "../core/event.ts";
import type { Logger } from "../core/log.ts";
import type { Part } from "../core/part.ts";
import { type RetryPolicy, retryDelays } from "../core/retry.ts";
import type { Camera, OnvifWiring } from "../core/site.ts";
import type { Clock } from "../core/time.ts";

/** Cheap cameras drift by some seconds a day. */
const EVERY_MS = 3_600_000;
const RETRY: RetryPolicy = { firstMs: 60_000, capMs: EVERY_MS };
/** A camera that refuses the login is asked rarely, so that it does not lock the account. */
const REFUSED_MS = 6 * EVERY_MS;
/** ONVIF tells whole seconds, and the answer takes its time. */
const CLOCK_TOLERANCE_MS = 3000;
const KEY_FRAME_TOLERANCE = 1.05;

export interface UpkeepDependencies {
  readonly clock: Clock;
  readonly random: () => number;
  readonly isClockSynced: () => boolean;
  readonly control: CameraControl;
  readonly record: (draft: EventDraft) => void;
  readonly log: Logger;
}

/** Keeps a camera's clock right and its key frames frequent, now and every hour. */
export function createCameraUpkeep(
  dependencies: UpkeepDependencies,
  camera: Camera,
  wiring: OnvifWiring,
): Part {
  const { clock, random, isClockSynced, control, record } = dependencies;
  const log = dependencies.log.child({ camera: camera.id });
  const name = `camera control ${camera.id}`;
  let fault: string | undefined;
  let hasAnswered = false;
  let abort: AbortController | undefined;
  let running: Promise<void> | undefined;

  async function setClock({ clockAheadMs }: CameraDescription): Promise<void> {
    if (!wiring.setClock || !isClockSynced() || clockAheadMs === undefined) return;
    if (Math.abs(clockAheadMs) <= CLOCK_TOLERANCE_MS) return;
    await control.setTime();
    const aheadSeconds = Math.round(clockAheadMs / 1000);
    log.info({ aheadSeconds }, "camera clock set");
    record({
      type: "org.cunshao.camera.clock_set",
      class: "state",
      subject: camera.id,
      data: { camera: camera.id, aheadSeconds },
    });
  }

  async function setKeyFrames({ streams }: CameraDescription): Promise<void> {
    const wanted = wiring.keyFrameSeconds;
    const analysed = streams.find(({ url }) => isSameStream(url, camera.sub ?? camera.main));
    if (wanted === undefined || !analysed) return;
    const before = analysed.keyFrameSeconds;
    if (before !== undefined && before <= wanted * KEY_FRAME_TOLERANCE) return;
    const after = await control.setKeyFrameSeconds(analysed.profile, wanted);
    log.info({ before, after, wanted }, "camera asked for more frequent key frames");
  }

  async function tend(): Promise<number> {
    try {
      const description = await control.describe();
      await setClock(description);
      await setKeyFrames(description);
      fault = undefined;
      hasAnswered = true;
      return EVERY_MS;
    } catch (error) {
      const code = errorCode(error);
      if (fault !== code) log.warn({ code }, "the camera's settings cannot be reached");
      fault = code;
      return code === "onvif.refused" ? REFUSED_MS : 0;
    }
  }

  async function runForEver(signal: AbortSignal): Promise<void> {
    let retries = retryDelays(RETRY, random);
    for (;;) {
      const waitMs = await tend();
      if (waitMs > 0) retries = retryDelays(RETRY, random);
      await clock.sleep(waitMs > 0 ? waitMs : retries.next().value, signal);
    }
  }

  return {
    name,
    health() {
      if (fault) return { name, status: "degraded", reason: fault };
      return { name, status: hasAnswered ? "ok" : "starting" };
    },
    async start() {
      abort = new AbortController();
      running = runForEver(abort.signal).catch((error: unknown) => {
        if (!isAbort(error)) log.error({ error: String(error) }, "camera upkeep ended");
      });
    },
    async stop() {
      abort?.abort();
      await control.close();
      await running;
    },
  };
}

/** Cameras name themselves by other hosts and ports than we know them by; the path tells their streams apart. */
function isSameStream(theirs: string, ours: string): boolean {
  const [a, b] = [new URL(theirs), new URL(ours)];
  return a.pathname === b.pathname && (a.search === b.search || b.search === "");
}
