import { errorCode, errorMessage } from "../core/errors.ts";
import type { EventDraft } from "../core/event.ts";
import type { Logger } from "../core/log.ts";
import type { Part, PartHealth } from "../core/part.ts";
import type { CameraRecording, Segment, SegmentCatalogue, StorageView } from "../core/recordings.ts";
import { createSignal, type Signal } from "../core/signals.ts";
import type { Camera, StoragePlan } from "../core/site.ts";
import { type Clock, isoTime, type Timer, within } from "../core/time.ts";
import { createDiskLane, inLane } from "./disk-lane.ts";
import { createCameraRecorder, type Gap } from "./recorder-camera.ts";
import { createCameraDisk, createRecorderDisk } from "./recorder-disk.ts";
import { createWear } from "./recorder-figures.ts";
import { createOutlook } from "./recorder-outlook.ts";
import { prerollBytes } from "./recorder-preroll.ts";
import { createRetention, type RetentionResult } from "./retention.ts";
import { createDeletionLog } from "./retention-log.ts";
import { createSegmentFiles, type SegmentFiles } from "./segment-files.ts";
import type { SegmentName } from "./segment-name.ts";
import { NOTHING_SEEN, type ScanReport, scanSegments } from "./segment-scan.ts";
import { createSegmentWriter } from "./segment-writer.ts";
import type { VideoStream } from "./video-stream.ts";

const TICK_MS = 5000;
/** Age and bytes need no more haste than this; room is looked at each tick. */
const RETENTION_MS = 60_000;
/** For the disk at the start. */
const START_WAIT_MS = 3000;
/** A scan that broke off is tried again. */
const SCAN_AGAIN_MS = 60_000;
/** Of one camera's gaps, one event in this time; the others are counted in the next. */
const GAP_EVENT_MS = 60_000;

export interface RecorderDependencies {
  readonly index: SegmentCatalogue;
  readonly clock: Clock;
  readonly clockQuality: () => Segment["clock"];
  readonly timezone: string;
  readonly log: Logger;
  /** Puts an event into the ledger, without waiting for it. */
  readonly record: (draft: EventDraft) => void;
  /** Where the files go. */
  readonly folder: string;
  readonly files?: SegmentFiles;
  /** Bytes that this process has written to disks since it began. */
  readonly bytesWritten?: () => Promise<number | undefined>;
}

export interface RecordedCamera {
  readonly camera: Pick<Camera, "id" | "record">;
  /** Its `main` stream. */
  readonly stream: Pick<VideoStream, "hub" | "lease">;
}

/** Records every camera as its plan says, within what the disk has. */
export interface Recorder extends Part {
  readonly changes: Signal<void>;
  /** Something happened at a camera; without one, somewhere in the village. */
  event(camera?: string): void;
  recordingOf(camera: string): CameraRecording | undefined;
  storage(): StorageView | undefined;
  /** Resolves when what a camera has sent so far can be read from its file. */
  flush(camera: string): Promise<void>;
  health(): PartHealth;
}

export function createRecorder(
  dependencies: RecorderDependencies,
  cameras: readonly RecordedCamera[],
  storagePlan: StoragePlan,
): Recorder {
  const { index, clock, clockQuality, timezone, record, folder } = dependencies;
  const log = dependencies.log.child({ part: "recordings" });
  const files = dependencies.files ?? createSegmentFiles(folder);
  const changes = createSignal<void>();
  const disk = createRecorderDisk(clock, storagePlan);
  const lane = createDiskLane();
  const laned = inLane(files, lane);
  const inHand = new Set<string>();
  const deletions = createDeletionLog(clock, record);
  const wear = createWear(clock, storagePlan, dependencies.bytesWritten);
  const recorded = cameras.flatMap(({ camera, stream }) =>
    camera.record ? [recordedOf(camera.id, camera.record, stream)] : [],
  );
  const plans = new Map(recorded.map(({ recorder }) => [recorder.camera, recorder.plan]));
  const isClockSynced = (): boolean => clockQuality() === "synced";
  const retention = createRetention(
    { files: laned, index, clock, isClockSynced, log, deletions, inHand },
    plans,
    storagePlan,
  );
  const outlook = createOutlook({ index, clock, log }, plans, storagePlan);
  let scan: ScanReport = { ...NOTHING_SEEN };
  /** Steps that failed last time, with the code. */
  const failing = new Map<string, string>();
  let isScanning = false;
  let result: RetentionResult | undefined;
  let retentionDueMs = 0;
  let abort: AbortController | undefined;
  let timer: Timer | undefined;
  let scanTimer: Timer | undefined;
  let ticking: Promise<void> = Promise.resolve();
  let scanning: Promise<void> = Promise.resolve();

  function recordedOf(
    camera: string,
    plan: NonNullable<Camera["record"]>,
    stream: Pick<VideoStream, "hub" | "lease">,
  ) {
    const figures = { writtenBytes: 0, gaps: 0, untoldGaps: 0, gapToldMs: Number.NEGATIVE_INFINITY };
    const dated = new Map<SegmentName, number>();
    const own = createCameraDisk(clock, disk);
    const writer = createSegmentWriter({
      files,
      index,
      lane,
      clock,
      log,
      folder,
      prerollBytes: plan.mode === "events" ? prerollBytes(plan) : 0,
      inHand,
      onWritten(bytes, name, id) {
        figures.writtenBytes += bytes;
        if (id !== undefined && name.clock === "unsynced") dated.set(name, id);
        own.written();
      },
      onFault(code) {
        own.fault(code);
        recorder.tick();
      },
    });
    const recorder = createCameraRecorder(
      { clock, clockQuality, timezone, writer, disk: own },
      camera,
      plan,
      stream,
    );
    recorder.changes.on(() => changes.emit());
    own.changes.on(pauseTeller(camera));
    recorder.gaps.on((gap) => {
      figures.gaps++;
      figures.untoldGaps++;
      tellGap(gap, figures);
    });
    return { recorder, writer, figures, dated };
  }

  function tellGap(
    { camera, reason, fromMs, toMs }: Gap,
    figures: { untoldGaps: number; gapToldMs: number },
  ) {
    log.warn({ camera, reason, fromMs, toMs }, "a gap in the recordings");
    const nowMs = clock.now().monotonicMs;
    if (nowMs - figures.gapToldMs < GAP_EVENT_MS) return;
    record({
      type: "org.cunshao.recording.gap",
      class: "state",
      subject: camera,
      data: { camera, reason, from: isoTime(fromMs), to: isoTime(toMs), gaps: figures.untoldGaps },
    });
    figures.gapToldMs = nowMs;
    figures.untoldGaps = 0;
  }

  /** Tells when recording pauses and when it goes on: of one camera, or of all. */
  function pauseTeller(camera?: string): (reason: string) => void {
    const whose = camera === undefined ? {} : { camera };
    const subject = camera === undefined ? {} : { subject: camera };
    let sinceMs = 0;
    return (reason) => {
      if (reason === "") {
        log.info(whose, "recording goes on");
        const data = { ...whose, since: isoTime(sinceMs) };
        record({ type: "org.cunshao.recording.resumed", class: "state", ...subject, data });
      } else {
        log.error({ ...whose, reason }, "recording is paused: the disk takes nothing");
        sinceMs = clock.now().wallMs;
        const data = { ...whose, reason };
        record({ type: "org.cunshao.recording.paused", class: "state", ...subject, data });
      }
    };
  }

  disk.changes.on(pauseTeller());
  disk.changes.on(() => {
    for (const { recorder } of recorded) recorder.tick();
    changes.emit();
  });

  /** What was recorded by a wrong clock is dated once the clock is right, so that it is not taken for too old. */
  async function date(): Promise<void> {
    if (!isClockSynced()) return;
    const now = clock.now();
    for (const { recorder, dated } of recorded) {
      const rows = [...dated].flatMap(([name, id]) => {
        const monotonicMs = recorder.undated.get(name);
        return monotonicMs === undefined
          ? []
          : [{ id, recordedMs: now.wallMs - now.monotonicMs + monotonicMs }];
      });
      if (rows.length === 0) continue;
      await index.date(rows);
      dated.clear();
      recorder.undated.clear();
    }
  }

  /** One step fails alone: what the others do is needed the more. A fault that lasts is logged once. @returns success. */
  async function attempt(what: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      failing.delete(what);
      return true;
    } catch (error) {
      const code = errorCode(error);
      if (failing.get(what) !== code) {
        log.warn({ what, code, reason: errorMessage(error) }, "a step of the recordings failed");
      }
      failing.set(what, code);
      return false;
    }
  }

  async function tick(signal: AbortSignal): Promise<void> {
    await attempt("retention", async () => {
      const { monotonicMs } = clock.now();
      if (monotonicMs >= retentionDueMs || disk.reason() !== "" || result?.isShort) {
        retentionDueMs = monotonicMs + RETENTION_MS;
        result = await retention.run(signal);
      } else {
        const space = await retention.makeRoom(signal);
        result = { over: [], ...result, ...space };
      }
      disk.look(result.space);
    });
    for (const { recorder } of recorded) recorder.tick();
    await attempt("dates", date);
    await attempt("figures", async () => {
      await wear.sample(recorded.reduce((sum, { figures }) => sum + figures.writtenBytes, 0));
      if (result && (await outlook.look(result.space))) changes.emit();
    });
    deletions.tell();
  }

  function schedule(signal: AbortSignal): void {
    timer = clock.after(TICK_MS, () => tickOn(signal));
  }

  function tickOn(signal: AbortSignal): void {
    ticking = tick(signal).then(() => {
      if (!signal.aborted) schedule(signal);
    });
  }

  async function scanAll(signal: AbortSignal): Promise<void> {
    isScanning = true;
    const isDone = await attempt("scan", async () => {
      scan = { ...NOTHING_SEEN };
      await scanSegments({ files: laned, index, folder, log, inHand }, signal, scan);
      if (!signal.aborted) log.info({ ...scan }, "the index of recordings agrees with the files");
    });
    isScanning = false;
    changes.emit();
    if (isDone || signal.aborted) return;
    scanTimer = clock.after(SCAN_AGAIN_MS, () => {
      scanning = scanAll(signal);
    });
  }

  function health(): PartHealth {
    const name = "recordings";
    const told = outlook.told();
    const detail = isScanning ? `looked through ${scan.seen} recordings so far` : told?.text;
    const degraded = (reason: string): PartHealth => ({
      name,
      status: "degraded",
      reason,
      ...(detail !== undefined && { detail }),
    });
    const paused = recorded.map(({ recorder }) => recorder.state()).find(({ state }) => state === "paused");
    if (disk.reason() !== "") return degraded(disk.reason());
    if (paused) return degraded(paused.reason);
    if (result && result.over.length > 0) return degraded("recording.evidence_fills");
    if (told?.isTooShort) return degraded("recording.too_short");
    return { name, status: "ok", ...(detail !== undefined && { detail }) };
  }

  return {
    name: "recordings",
    changes,
    event(camera) {
      for (const { recorder } of recorded) {
        if (camera === undefined || recorder.camera === camera) recorder.event();
      }
    },
    recordingOf: (camera) => recorded.find(({ recorder }) => recorder.camera === camera)?.recorder.state(),
    async flush(camera) {
      await recorded.find(({ recorder }) => recorder.camera === camera)?.writer.flush();
    },
    storage() {
      if (!result) return undefined;
      const told = outlook.told();
      return {
        ...(told && { outlook: told.outlook }),
        freeBytes: result.space.freeBytes,
        freeInodes: result.space.freeInodes,
        cameras: recorded.map(({ recorder: { camera }, figures: { writtenBytes, gaps } }) => {
          return { camera, writtenBytes, gaps, ...outlook.heldBy(camera) };
        }),
        ...wear.figures(),
      };
    },
    health,
    async start() {
      if (abort) return;
      abort = new AbortController();
      const { signal } = abort;
      // Panel and upstreams start after this: a disk that hangs must not keep them away.
      await attempt("space", async () => {
        disk.look(await within(clock, START_WAIT_MS, "asking the disk for its room", laned.space()));
      });
      if (signal.aborted) return;
      for (const { recorder } of recorded) recorder.start();
      scanning = scanAll(signal);
      tickOn(signal);
    },
    async stop() {
      if (!abort) return;
      abort.abort();
      abort = undefined;
      timer?.cancel();
      scanTimer?.cancel();
      for (const { recorder } of recorded) recorder.stop();
      await Promise.all([ticking, scanning, ...recorded.map(({ writer }) => writer.flush())]);
      deletions.tell(true);
    },
  };
}
