import { anySignal } from "../core/any-signal.ts";
import type { CameraControl, CameraDescription } from "../core/camera-control.ts";
import { errorCode, GatewayError, isAbort } from "../core/errors.ts";
import type { EventDraft } from "../core/event.ts";
import type { Polygon } from "../core/geometry.ts";
import type { Logger } from "../core/log.ts";
import type { Part } from "../core/part.ts";
import { type RetryPolicy, retryDelays } from "../core/retry.ts";
import type { MaskingView } from "../core/shapes.ts";
import type { Camera, OnvifWiring, Zone } from "../core/site.ts";
import type { Clock } from "../core/time.ts";
import type { VillageTime } from "../core/village-time.ts";

/** Cheap cameras drift by some seconds a day. */
const EVERY_MS = 3_600_000;
const RETRY: RetryPolicy = { firstMs: 60_000, capMs: EVERY_MS };
/** A camera that refuses the login is asked rarely, so that it does not lock the account. */
const REFUSED_MS = 6 * EVERY_MS;
/** ONVIF tells whole seconds, and the answer takes its time. */
const CLOCK_TOLERANCE_MS = 3000;
const KEY_FRAME_TOLERANCE = 1.05;
const UNKNOWN_STREAM = "key frames are left alone: none of the camera's streams has the configured address";

export interface UpkeepDependencies {
  readonly clock: Clock;
  readonly random: () => number;
  readonly isClockSynced: () => boolean;
  /** Told what time it is by the camera, while the box does not know. */
  readonly onTime?: VillageTime["tell"];
  readonly control: CameraControl;
  readonly record: (draft: EventDraft) => void;
  /** Told whether the camera paints over what it was told to; only where it is to do so. */
  readonly onMasked: (isMasked: boolean) => void;
  /** What the camera is to paint over, where that may change; else what its configuration says. */
  readonly masks?: () => readonly Pick<Zone, "polygon">[];
  /** Told when `masking` says something else. */
  readonly onMasking?: () => void;
  readonly log: Logger;
}

export interface CameraUpkeep extends Part {
  /** What the camera is to paint over is another thing from now on: no picture until it confirms that. */
  masksChanged(): void;
  masking(): Omit<MaskingView, "by">;
}

/** Keeps a camera's clock right, its key frames frequent and its masks in place, now and every hour. */
export function createCameraUpkeep(
  dependencies: UpkeepDependencies,
  camera: Camera,
  wiring: OnvifWiring,
): CameraUpkeep {
  const { clock, random, isClockSynced, onTime, control, record, onMasked, onMasking } = dependencies;
  const { masks = () => camera.privacy?.masks ?? [] } = dependencies;
  const log = dependencies.log.child({ camera: camera.id });
  const name = `camera control ${camera.id}`;
  let fault: string | undefined;
  let hasAnswered = false;
  let isStreamUnknown = false;
  /** Monotonic time until which the camera's word on its masks holds; undefined while it has given none. */
  let maskedUntilMs: number | undefined;
  /** Counts the changes of the masks; how many of them the camera has been told. */
  let changes = 0;
  let told = 0;
  let nap: AbortController | undefined;
  let abort: AbortController | undefined;
  let running: Promise<void> | undefined;

  async function setClock({ clockAheadMs }: CameraDescription): Promise<void> {
    if (clockAheadMs === undefined) return;
    if (!isClockSynced()) {
      const now = clock.now();
      onTime?.("camera", now.wallMs + clockAheadMs, now);
      return;
    }
    if (!wiring.setClock) return;
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
    if (wanted === undefined) return;
    const ours = [camera, ...(camera.otherAddresses ?? [])].map(({ main, sub }) => sub ?? main);
    const analysed = streams.find(({ url }) => ours.some((address) => isSameStream(url, address)));
    if (!analysed) {
      if (!isStreamUnknown) log.warn({ streams: streams.length }, UNKNOWN_STREAM);
      isStreamUnknown = true;
      return;
    }
    isStreamUnknown = false;
    const before = analysed.keyFrameSeconds;
    if (before !== undefined && before <= wanted * KEY_FRAME_TOLERANCE) return;
    const after = await control.setKeyFrameSeconds(analysed.profile, wanted);
    log.info({ before, after, wanted }, "camera asked for more frequent key frames");
  }

  function unconfirmed(message: string): GatewayError {
    return new GatewayError(message, {
      code: "privacy.unconfirmed",
      kind: "permanent",
      device: camera.id,
    });
  }

  function withdraw(): void {
    maskedUntilMs = undefined;
    // Where nothing is to be hidden, pictures wait for nobody's word.
    onMasked(masks().length === 0);
    onMasking?.();
  }

  function maskedForMs(): number {
    return (maskedUntilMs ?? Number.POSITIVE_INFINITY) - clock.now().monotonicMs;
  }

  /** The camera's own word is asked for each time: a reset camera has forgotten its masks. */
  async function confirmMasks(description: CameraDescription): Promise<void> {
    if (camera.privacy?.by !== "camera") return;
    const change = changes;
    await setMasks(description, told !== change);
    told = change;
    // Another mask was drawn meanwhile: the camera's word is of those before.
    if (change !== changes) return;
    maskedUntilMs = clock.now().monotonicMs + EVERY_MS;
    onMasked(true);
    onMasking?.();
  }

  /**
   * Each picture that the box takes must be masked: a second lens or channel has a source of its own.
   * @param isAnew even where all are there: one that was taken out may be there besides.
   */
  async function setMasks({ streams }: CameraDescription, isAnew: boolean): Promise<void> {
    const wanted = masks().map(({ polygon }) => polygon);
    const addresses = [camera, ...(camera.otherAddresses ?? [])];
    const taken = [addresses.map(({ main }) => main), addresses.map(({ main, sub }) => sub ?? main)];
    const shown = taken.map((ours) =>
      streams.filter(({ url }) => ours.some((one) => isSameStream(url, one))),
    );
    if (shown.some((found) => found.length === 0)) {
      withdraw();
      throw unconfirmed("the camera does not tell which of its pictures a stream shows");
    }
    const profiles = [...new Set(shown.flat().map(({ profile }) => profile))];
    const areSet = async (): Promise<boolean> => {
      const told = await control.masks(profiles);
      return told.length > 0 && told.every((picture) => coversSame(picture, wanted));
    };
    if (isAnew || !(await areSet())) {
      withdraw();
      await control.setMasks(profiles, wanted);
      if (!(await areSet())) throw unconfirmed("the camera did not take the masks");
      log.info({ masks: wanted.length }, "camera masked");
      record({
        type: "org.cunshao.camera.masked",
        class: "state",
        subject: camera.id,
        data: { camera: camera.id, masks: wanted.length },
      });
    }
  }

  async function tend(): Promise<number> {
    try {
      const description = await control.describe();
      // First: until this is done, nothing is seen by that camera.
      await confirmMasks(description);
      await setClock(description);
      await setKeyFrames(description);
      fault = undefined;
      hasAnswered = true;
      return EVERY_MS;
    } catch (error) {
      if (maskedForMs() <= 0) withdraw();
      const code = errorCode(error);
      if (fault !== code) log.warn({ code }, "the camera's settings cannot be reached");
      fault = code;
      onMasking?.();
      return code === "onvif.refused" ? REFUSED_MS : 0;
    }
  }

  async function runForEver(signal: AbortSignal): Promise<void> {
    let retries = retryDelays(RETRY, random);
    for (;;) {
      const change = changes;
      const waitMs = await tend();
      if (change !== changes) continue;
      if (waitMs > 0) retries = retryDelays(RETRY, random);
      const nextMs = waitMs > 0 ? waitMs : retries.next().value;
      // However long a camera is to be left in peace: nothing is seen beyond its last word on its masks.
      await sleepUntilChange(Math.min(nextMs, Math.max(0, maskedForMs())), signal);
    }
  }

  async function sleepUntilChange(ms: number, signal: AbortSignal): Promise<void> {
    nap = new AbortController();
    const over = anySignal(signal, nap.signal);
    try {
      await clock.sleep(ms, over.signal).catch((error: unknown) => {
        if (signal.aborted || !isAbort(error)) throw error;
      });
    } finally {
      over.release();
    }
    nap = undefined;
  }

  return {
    name,
    masksChanged() {
      changes++;
      withdraw();
      nap?.abort();
    },
    masking() {
      if (masks().length === 0) return { state: "none" };
      if (maskedUntilMs !== undefined) return { state: "painted" };
      return fault ? { state: "refused", reason: fault } : { state: "waiting" };
    },
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

/** Cameras count in steps of their own. */
const MASK_TOLERANCE = 0.01;

function coversSame(theirs: readonly Polygon[], ours: readonly Polygon[]): boolean {
  const isSame = (a: Polygon, b: Polygon): boolean =>
    a.length === b.length &&
    a.every(([x, y], corner) => {
      const [otherX, otherY] = b[corner] ?? [Number.NaN, Number.NaN];
      return Math.abs(x - otherX) <= MASK_TOLERANCE && Math.abs(y - otherY) <= MASK_TOLERANCE;
    });
  return ours.every((wanted) => theirs.some((told) => isSame(told, wanted)));
}

/**
 * Cameras name themselves by other hosts and ports than we know them by, and add parameters (Dahua `&unicast=true`): the path
 * and the parameters that we use tell their streams apart. Where a login stands in the path, anything may (XM has its own hash).
 */
function isSameStream(theirs: string, ours: string): boolean {
  if (!URL.canParse(theirs)) return false;
  const [a, b] = [new URL(theirs), new URL(ours)];
  return (
    hasPath(a.pathname, b.pathname) &&
    [...b.searchParams].every(([name, value]) => a.searchParams.getAll(name).includes(value))
  );
}

const LONGEST_PATH = 1000;

function hasPath(theirs: string, ours: string): boolean {
  const parts = ours.split(/%7B\w+%7D/i).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  // The path is a stranger's: matching takes the square of its length.
  return theirs.length <= LONGEST_PATH && new RegExp(`^${parts.join("[^/]*")}$`).test(theirs);
}
