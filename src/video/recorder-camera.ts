import type { CameraRecording, Segment } from "../core/recordings.ts";
import { isWithin } from "../core/schedule.ts";
import { createSignal, type Signal } from "../core/signals.ts";
import type { RecordPlan } from "../core/site.ts";
import type { Clock, Moment } from "../core/time.ts";
import type { Fragment, InitSegment } from "./fragmented-mp4.ts";
import { createPreroll, prerollBytes, type TimedFragment } from "./recorder-preroll.ts";
import type { SegmentName } from "./segment-name.ts";
import type { SegmentWriter } from "./segment-writer.ts";
import type { VideoStream } from "./video-stream.ts";

/** A wall clock that was set by more than this begins a new file; less is how clocks are steered. */
const CLOCK_JUMP_MS = 1000;
/** A stream whose own times part from the clock by more than this is told anew when it was. */
const DRIFT_MS = 3000;
/** Within this, what follows in one session begins where the last file ended: arrival jitters. */
const JITTER_MS = 250;
/** Until a second frame tells. */
const ONE_FRAME_MS = 40;
const BLIND_MS = 15_000;
/** How long a disk that fell behind is left alone. */
const SLOW_PAUSE_MS = 30_000;

export interface Gap {
  readonly camera: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly reason: string;
}

export interface CameraRecorderDependencies {
  readonly clock: Clock;
  readonly clockQuality: () => Segment["clock"];
  readonly timezone: string;
  readonly writer: SegmentWriter;
  /** Code of why nothing may be written, empty when it may be; `mayWrite` is true when it is time to try. */
  readonly disk: { reason(): string; mayWrite(): boolean };
}

/** Decides what of one camera's stream goes into which file. */
export interface CameraRecorder {
  readonly camera: string;
  readonly plan: RecordPlan;
  readonly changes: Signal<CameraRecording>;
  readonly gaps: Signal<Gap>;
  start(): void;
  /** Ends the present file; nothing more is recorded. */
  stop(): void;
  /** Looks at schedule, after-run and disk; to be called every few seconds. */
  tick(): void;
  /** Something happened: records from some seconds before to some seconds after it. */
  event(): void;
  state(): CameraRecording;
  /** When the segments that a wrong clock dated truly began, by their monotonic time. */
  readonly undated: Map<SegmentName, number>;
}

interface Present {
  readonly name: SegmentName;
  readonly first: TimedFragment;
  lastDecodeTime: number;
  frameMs: number;
  endMs: number;
}

export function createCameraRecorder(
  { clock, clockQuality, timezone, writer, disk }: CameraRecorderDependencies,
  camera: string,
  plan: RecordPlan,
  stream: Pick<VideoStream, "hub" | "lease">,
): CameraRecorder {
  const changes = createSignal<CameraRecording>();
  const gaps = createSignal<Gap>();
  const undated = new Map<SegmentName, number>();
  const preroll =
    plan.mode === "events" ? createPreroll(plan.beforeSeconds * 1000, prerollBytes(plan)) : undefined;
  let init: InitSegment | undefined;
  let present: Present | undefined;
  /** Of this session: where the last file ended, and its last frame. */
  let lastEndMs: number | undefined;
  let lastDecodeTime = -1;
  let lastFragmentMs = Number.NEGATIVE_INFINITY;
  let isStarted = false;
  let isScheduled = false;
  let activeUntilMs = Number.NEGATIVE_INFINITY;
  let slowUntilMs = Number.NEGATIVE_INFINITY;
  let gap: { readonly fromMs: number; readonly reason: string } | undefined;
  let told: CameraRecording = { state: "off", reason: "" };
  let detach: (() => void) | undefined;
  let release: (() => void) | undefined;

  const toMs = (units: number): number => (units * 1000) / (init?.timescale ?? 1);

  function isWanted(nowMs: number): boolean {
    return isScheduled && (plan.mode === "continuous" || nowMs < activeUntilMs);
  }

  function isSlow(nowMs: number): boolean {
    if (nowMs < slowUntilMs) return true;
    // A disk that has not even taken what waits is not asked for more.
    return gap?.reason === "recording.disk_slow" && writer.waitingBytes() > 0;
  }

  function state(): CameraRecording {
    const nowMs = clock.now().monotonicMs;
    if (plan.mode === "off") return { state: "off", reason: "" };
    if (!isScheduled) return { state: "idle", reason: "" };
    if (disk.reason() !== "") return { state: "paused", reason: disk.reason() };
    if (isSlow(nowMs)) return { state: "paused", reason: "recording.disk_slow" };
    if (!init || nowMs - lastFragmentMs > BLIND_MS) return { state: "blind", reason: "" };
    return { state: present || plan.mode === "continuous" ? "recording" : "waiting", reason: "" };
  }

  function tell(): void {
    const now = state();
    if (now.state === told.state && now.reason === told.reason) return;
    told = now;
    changes.emit(now);
  }

  function endPresent(): void {
    if (!present) return;
    lastEndMs = present.endMs;
    lastDecodeTime = present.lastDecodeTime;
    present = undefined;
    writer.end();
  }

  function begin(first: TimedFragment, session: InitSegment): void {
    const arrivedMs = Math.round(first.at.wallMs);
    const isNext = lastEndMs !== undefined && Math.abs(arrivedMs - lastEndMs) < JITTER_MS;
    const startMs = isNext && lastEndMs !== undefined ? lastEndMs : arrivedMs;
    const name: SegmentName = { camera, startMs, clock: clockQuality() };
    if (name.clock === "unsynced") undated.set(name, first.at.monotonicMs);
    const { decodeTime } = first.fragment;
    present = { name, first, lastDecodeTime: decodeTime, frameMs: ONE_FRAME_MS, endMs: startMs };
    writer.begin(name, session.mediaType, session.bytes);
    if (!gap) return;
    gaps.emit({ camera, toMs: Math.max(startMs, gap.fromMs), ...gap });
    gap = undefined;
  }

  function push({ fragment, at }: TimedFragment): void {
    if (!present) return;
    if (fragment.decodeTime > present.lastDecodeTime) {
      present.frameMs = toMs(fragment.decodeTime - present.lastDecodeTime);
      present.lastDecodeTime = fragment.decodeTime;
    }
    const lengthMs = toMs(present.lastDecodeTime - present.first.fragment.decodeTime) + present.frameMs;
    const endMs = Math.round(present.name.startMs + lengthMs);
    if (writer.push(fragment.bytes, endMs)) {
      present.endMs = endMs;
      return;
    }
    slowUntilMs = at.monotonicMs + SLOW_PAUSE_MS;
    loseFrom(present.endMs, "recording.disk_slow");
    endPresent();
  }

  function loseFrom(fromMs: number, reason: string): void {
    gap ??= { fromMs, reason };
  }

  /** Whether the file must not go on with this key frame. */
  function isOver({ first }: Present, { fragment, at }: TimedFragment): boolean {
    const ranMs = at.monotonicMs - first.at.monotonicMs;
    const jumpMs = at.wallMs - first.at.wallMs - ranMs;
    const driftMs = toMs(fragment.decodeTime - first.fragment.decodeTime) - ranMs;
    return (
      ranMs >= plan.segmentSeconds * 1000 || Math.abs(jumpMs) > CLOCK_JUMP_MS || Math.abs(driftMs) > DRIFT_MS
    );
  }

  function take(timed: TimedFragment): void {
    const { fragment, at } = timed;
    if (!init) return;
    lastFragmentMs = at.monotonicMs;
    preroll?.add(timed);
    const mayWrite = disk.mayWrite() && !isSlow(at.monotonicMs);
    const isWantedNow = isWanted(at.monotonicMs);
    if (present && !mayWrite) {
      loseFrom(present.endMs, disk.reason());
      endPresent();
    }
    // At a key frame, so that what follows misses nothing.
    if (present && fragment.keyFrame && (!isWantedNow || isOver(present, timed))) endPresent();
    if (present) push(timed);
    else if (mayWrite && isWantedNow) beginWith(timed, init);
    tell();
  }

  function beginWith(timed: TimedFragment, session: InitSegment): void {
    const held = preroll ? preroll.since(lastDecodeTime) : timed.fragment.keyFrame ? [timed] : [];
    const [first] = held;
    if (!first) return;
    begin(first, session);
    for (const one of held) push(one);
  }

  function attach(): void {
    // A reader that comes late is given the group of pictures so far: its frames came before now.
    let late: Fragment[] | undefined = [];
    detach = stream.hub.attach({
      onInit(begun) {
        endPresent();
        preroll?.clear();
        init = begun;
        lastEndMs = undefined;
        lastDecodeTime = -1;
      },
      onFragment(fragment) {
        if (late) late.push(fragment);
        else take({ fragment, at: clock.now() });
      },
      onWithdrawn: () => preroll?.clear(),
      onEnd() {
        endPresent();
        preroll?.clear();
        init = undefined;
        tell();
      },
    });
    const now = clock.now();
    const newest = late.at(-1)?.decodeTime ?? 0;
    for (const fragment of late) take({ fragment, at: before(now, toMs(newest - fragment.decodeTime)) });
    late = undefined;
  }

  return {
    camera,
    plan,
    changes,
    gaps,
    undated,
    state,
    start() {
      if (plan.mode === "off" || detach) return;
      isStarted = true;
      this.tick();
      attach();
      tell();
    },
    stop() {
      isStarted = false;
      detach?.();
      detach = undefined;
      release?.();
      release = undefined;
      endPresent();
    },
    tick() {
      if (plan.mode === "off" || !isStarted) return;
      const { wallMs } = clock.now();
      // By a clock that may be wrong nothing is left out.
      isScheduled = clockQuality() === "unsynced" || isWithin(plan.schedule, wallMs, timezone);
      if (isScheduled) release ??= stream.lease();
      else {
        release?.();
        release = undefined;
      }
      if (present && !disk.mayWrite()) {
        loseFrom(present.endMs, disk.reason());
        endPresent();
      }
      tell();
    },
    event() {
      if (plan.mode !== "events") return;
      const now = clock.now();
      activeUntilMs = now.monotonicMs + plan.afterSeconds * 1000;
      const mayWrite = disk.mayWrite() && !isSlow(now.monotonicMs);
      const newest = preroll?.since(lastDecodeTime).at(-1);
      if (!present && init && newest && mayWrite && isWanted(now.monotonicMs)) beginWith(newest, init);
      tell();
    },
  };
}

function before({ wallMs, monotonicMs }: Moment, ms: number): Moment {
  return { wallMs: wallMs - ms, monotonicMs: monotonicMs - ms };
}
