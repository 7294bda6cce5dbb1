import {
  type CameraFault,
  type CameraFaultView,
  type CameraHealthDesk,
  type CameraMemory,
  type CameraRecord,
  type CameraRecordStore,
  isCameraFault,
  type PictureReport,
} from "../core/camera-health.ts";
import { errorCode, GatewayError } from "../core/errors.ts";
import type { EventDraft, Ledger } from "../core/event.ts";
import type { Logger } from "../core/log.ts";
import type { CameraState } from "../core/observation.ts";
import type { Part, PartHealth } from "../core/part.ts";
import { type RetryPolicy, retryDelays } from "../core/retry.ts";
import type { Signal } from "../core/signals.ts";
import type { Camera } from "../core/site.ts";
import type { EvidenceStore } from "../core/stores.ts";
import { type Clock, isoTime, type Timer } from "../core/time.ts";
import { firstHealth, type HealthChange, type HealthState, stepHealth } from "./camera-health.ts";
import { suspicionOf } from "./camera-suspicion.ts";

const TICK_MS = 1000;
/** A camera that was told to turn stands still by then: longer than a dome takes from one end to the other. */
const STILL_AFTER_MS = 20_000;
/** Newest events in which a fault is looked for that was recorded when the power went, before its file was written. */
const RECENT_EVENTS = 500;
const RETRY: RetryPolicy = { firstMs: 500, capMs: 15_000 };
const SEVERITY = "warning";

/** What the watch uses of pictures being examined. */
export interface PictureExamination {
  readonly reports: Signal<PictureReport>;
  readonly memories: Signal<{ readonly camera: string; readonly memory: CameraMemory }>;
  recall(camera: string, memory: CameraMemory): void;
  learnAnew(camera: string): void;
}

export interface CameraHealthDependencies {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly ledger: Pick<Ledger, "append" | "latest">;
  readonly evidence: EvidenceStore;
  readonly cameraRecords: CameraRecordStore;
  readonly examination: PictureExamination;
  /** The camera's newest picture as JPEG, of one that is lost its last. Rejects where there is none. */
  readonly snapshot: (camera: string) => Promise<Buffer>;
  /** Called after faults changed. */
  readonly onChange: () => void;
}

/** A camera and how its pictures come. */
export interface CameraSource {
  readonly camera: Camera;
  state(): { readonly state: CameraState };
}

export interface CameraHealthWatch extends Part, CameraHealthDesk {
  /** The box turned it, on a rule's or a person's order: what it shows once it stands still is its new reference. */
  turned(camera: string): void;
  faults(camera: string): readonly CameraFaultView[];
  /** False while what the camera shows says nothing of who is there. */
  sees(camera: string): boolean;
  health(): PartHealth;
}

interface Watched {
  readonly camera: Camera;
  readonly isRunning: () => boolean;
  state: HealthState;
  fault: CameraFaultView | undefined;
  memory: CameraMemory | undefined;
  /** Runs while it may still be turning. */
  turning: Timer | undefined;
  /** Recording keeps its order. */
  recorded: Promise<void>;
}

/** Watches what each camera's pictures are like, tells once when one is blind, and once when it sees again. */
export function createCameraHealthWatch(
  dependencies: CameraHealthDependencies,
  cameras: readonly CameraSource[],
): CameraHealthWatch {
  const { clock, random, log, ledger, evidence, examination, snapshot } = dependencies;
  const records = dependencies.cameraRecords;
  const watched = new Map<string, Watched>();
  for (const source of cameras) {
    const { camera } = source;
    watched.set(camera.id, {
      camera,
      isRunning: () => source.state().state === "running",
      state: firstHealth(),
      fault: undefined,
      memory: undefined,
      turning: undefined,
      recorded: Promise.resolve(),
    });
  }
  const stopping = new AbortController();
  let timer: Timer | undefined;
  let unsubscribe: (() => void)[] = [];

  function find(camera: string): Watched {
    const found = watched.get(camera);
    if (found) return found;
    throw new GatewayError(`there is no camera ${camera}`, { code: "camera.unknown", kind: "permanent" });
  }

  function step(one: Watched, suspicion: Parameters<typeof stepHealth>[1]): void {
    const [next, changes] = stepHealth(one.state, suspicion, clock.now().monotonicMs);
    one.state = next;
    for (const change of changes) carryOut(one, change);
    if (changes.length > 0) dependencies.onChange();
  }

  function carryOut(one: Watched, { kind, fault }: HealthChange): void {
    const { id } = one.camera;
    const since = kind === "raised" ? isoTime(clock.now().wallMs) : (one.fault?.since ?? "");
    one.fault = kind === "raised" ? { fault, since } : undefined;
    log.warn({ camera: id, fault, kind }, "camera fault");
    // At once, not after the disk: the picture that matters is the one of now.
    const pictured = kind === "raised" ? pictureOf(one) : undefined;
    one.recorded = one.recorded.then(() => record(one, kind, { fault, since }, pictured));
  }

  /** Never rejects; undefined where there is none. */
  async function pictureOf({ camera }: Watched): Promise<Buffer | undefined> {
    try {
      return await snapshot(camera.id);
    } catch (error) {
      log.warn({ camera: camera.id, code: errorCode(error) }, "no snapshot of a camera fault");
      return undefined;
    }
  }

  async function record(
    one: Watched,
    kind: HealthChange["kind"],
    { fault, since }: CameraFaultView,
    pictured: Promise<Buffer | undefined> | undefined,
  ): Promise<void> {
    const { id } = one.camera;
    const picture = await pictured;
    const data =
      kind === "raised"
        ? { camera: id, fault, since, severity: SEVERITY, snapshot: picture !== undefined }
        : { camera: id, fault, since };
    await appendUntilTaken({ type: `org.cunshao.camera.fault.${kind}`, class: "state", subject: id, data });
    await keep(one);
    if (picture) await addEvidence(id, fault, picture);
  }

  async function addEvidence(camera: string, fault: CameraFault, picture: Buffer): Promise<void> {
    try {
      const sha256 = await evidence.put(picture, "image/jpeg");
      await appendUntilTaken({
        type: "org.cunshao.evidence.added",
        class: "state",
        subject: camera,
        data: {
          kind: "snapshot",
          camera,
          fault,
          sha256,
          mediaType: "image/jpeg",
          sizeBytes: picture.length,
        },
      });
    } catch (error) {
      log.error({ camera, code: errorCode(error) }, "the snapshot of a camera fault could not be kept");
    }
  }

  /** Again and again while the disk takes nothing; gives up when the watch stops. */
  async function appendUntilTaken(draft: EventDraft): Promise<void> {
    for (const delayMs of retryDelays(RETRY, random)) {
      try {
        await ledger.append(draft);
        return;
      } catch (error) {
        log.error({ code: errorCode(error), type: draft.type }, "a camera fault could not be recorded yet");
        if (error instanceof GatewayError && error.kind === "permanent") return;
      }
      if (stopping.signal.aborted) return;
      await clock.sleep(delayMs, stopping.signal).catch(() => undefined);
      if (stopping.signal.aborted) return;
    }
  }

  async function keep({ camera, memory, fault }: Watched): Promise<void> {
    const kept: CameraRecord = { memory, fault };
    await records.save(camera.id, kept).catch((error: unknown) => {
      log.error({ camera: camera.id, code: errorCode(error) }, "what is known of a camera could not be kept");
    });
  }

  /** Nothing is compared with where it looked until now, and that is not recalled after a restart. */
  function forgetPlace(one: Watched): void {
    one.memory = undefined;
    examination.learnAnew(one.camera.id);
    one.recorded = one.recorded.then(() => keep(one));
  }

  /** What was open when the box went down is not raised again. */
  async function recall(): Promise<void> {
    const told = new Map<string, CameraFaultView | undefined>();
    for (const { type, data } of (await ledger.latest(RECENT_EVENTS)).reverse()) {
      const { camera, fault, since } = data;
      if (typeof camera !== "string" || typeof since !== "string" || !isCameraFault(fault)) continue;
      if (type === "org.cunshao.camera.fault.raised") told.set(camera, { fault, since });
      if (type === "org.cunshao.camera.fault.cleared") told.set(camera, undefined);
    }
    for (const one of watched.values()) {
      const { id } = one.camera;
      const kept = await records.load(id);
      one.fault = told.has(id) ? told.get(id) : kept?.fault;
      one.state = firstHealth(one.fault?.fault);
      one.memory = kept?.memory;
      if (kept?.memory) examination.recall(id, kept.memory);
    }
  }

  function tick(): void {
    timer = clock.after(TICK_MS, tick);
    for (const one of watched.values()) {
      const { camera, state } = one;
      if (!one.isRunning() && !camera.healthOff?.includes("lost")) step(one, "lost");
      // Of a session that runs without a picture examined for a while nothing is known.
      else if (clock.now().monotonicMs - (state.lastMs ?? 0) > 10 * TICK_MS) step(one, "unclear");
    }
  }

  return {
    name: "camera health",
    faults: (camera) => {
      const fault = watched.get(camera)?.fault;
      return fault ? [fault] : [];
    },
    sees(camera) {
      const fault = watched.get(camera)?.fault?.fault;
      return fault === undefined || fault === "moved" || fault === "out-of-focus";
    },
    health() {
      const blind = [...watched.values()].find(({ fault }) => fault !== undefined)?.fault;
      if (!blind) return { name: "camera health", status: "ok" };
      return { name: "camera health", status: "degraded", reason: `camera.${blind.fault}` };
    },
    turned(camera) {
      const one = watched.get(camera);
      if (!one) return;
      forgetPlace(one);
      one.turning?.cancel();
      // What was learnt on the way is forgotten again.
      one.turning = clock.after(STILL_AFTER_MS, () => forgetPlace(one));
    },
    async setReference(id, by) {
      const one = find(id);
      const cannotBeOne =
        one.fault !== undefined && one.fault.fault !== "moved" && one.fault.fault !== "out-of-focus";
      if (cannotBeOne || !one.isRunning()) {
        throw new GatewayError(`camera ${id} shows nothing that could be its reference`, {
          code: "camera.no_reference_now",
          kind: "transient",
          device: id,
        });
      }
      await ledger.append({
        type: "org.cunshao.camera.reference.set",
        class: "audit",
        subject: id,
        data: { camera: id, by },
      });
      forgetPlace(one);
      await one.recorded;
    },
    async start() {
      await recall();
      unsubscribe = [
        examination.reports.on((report) => {
          const one = watched.get(report.camera);
          if (!one?.isRunning()) return;
          step(one, suspicionOf(report, one.state.open, one.camera.healthOff));
        }),
        examination.memories.on(({ camera, memory }) => {
          const one = watched.get(camera);
          if (!one) return;
          one.memory = memory;
          one.recorded = one.recorded.then(() => keep(one));
        }),
      ];
      tick();
    },
    async stop() {
      timer?.cancel();
      for (const { turning } of watched.values()) turning?.cancel();
      for (const off of unsubscribe) off();
      stopping.abort();
      await Promise.all([...watched.values()].map(({ recorded }) => recorded));
    },
  };
}
