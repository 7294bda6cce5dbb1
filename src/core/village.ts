import type { Alarm, PastAlarms } from "./alarm.ts";
import type { BoardView } from "./board.ts";
import type { BroadcastOrder, BroadcastSource, SpeakerState } from "./broadcast.ts";
import type { CameraFaultView } from "./camera-health.ts";
import type { ClockCorrection } from "./clock-correction.ts";
import type { UpstreamState } from "./delivery.ts";
import type { OnDuty } from "./duty.ts";
import type { Accumulation, GrowthSums } from "./growth.ts";
import type { HornsView } from "./horns-view.ts";
import type { LessonView } from "./lesson.ts";
import type { LetGo } from "./let-go.ts";
import type { CameraState, ReadingQuality } from "./observation.ts";
import type { PartHealth } from "./part.ts";
import type { PauseView } from "./pause.ts";
import type { CameraRecording, StorageView } from "./recordings.ts";
import type { RuleView } from "./rule-edit.ts";
import type { LineView, MaskingView, MaskView, RemovedShape } from "./shapes.ts";
import type { Companion } from "./site.ts";
import type { Moment } from "./time.ts";
import type { ZoneView } from "./zones.ts";

// The village as the page and the township see and command it. `main.ts` implements this from the rooms;
// `panel/` only asks here.

export interface CameraView {
  readonly id: string;
  readonly name: string;
  readonly state: CameraState;
  readonly reason: string;
  /** ISO time since when it is in this state. */
  readonly since: string;
  readonly zones: readonly ZoneView[];
  readonly lines?: readonly LineView[] | undefined;
  readonly masks?: readonly MaskView[] | undefined;
  /** Lines and masks that were taken out and can be put back. */
  readonly removed?: readonly RemovedShape[] | undefined;
  readonly masking?: MaskingView | undefined;
  /** Zones in which something is right now. */
  readonly occupied: readonly string[];
  /** Whether it can be asked to look elsewhere. */
  readonly hasControls?: boolean;
  /** What makes it blind; at most one, the gravest. */
  readonly faults: readonly CameraFaultView[];
  /** Absent where nobody records. */
  readonly recording?: CameraRecording | undefined;
}

export interface SpeakerView extends SpeakerState {
  readonly name: string;
}

/** A siren or light. */
export interface SwitchView {
  readonly id: string;
  readonly name: string;
  readonly on: boolean;
}

export interface SensorView {
  readonly id: string;
  readonly name: string;
  readonly unit: string;
  readonly value: number | null;
  readonly quality: ReadingQuality;
  /** Of a sensor that counts up, as a rain gauge; absent for all others. */
  readonly accumulates?: Accumulation | undefined;
  /** What such a one counted in the last hours, as of a good reading. */
  readonly sums?: GrowthSums | undefined;
  /** ISO time of the last attempt; absent before the first. */
  readonly at?: string | undefined;
}

export interface InputView {
  readonly id: string;
  readonly name: string;
  readonly closed: boolean | null;
}

export interface AlarmView extends Alarm {
  /** The rule's name. */
  readonly name: string;
  /** Where it happened: name of the camera, sensor or input. */
  readonly place: string;
  /** Id of the camera, if a camera saw it. */
  readonly camera?: string | undefined;
  /** Upstreams that acknowledged the raising event, with ISO times. */
  readonly delivered: readonly { readonly upstream: string; readonly at: string }[];
}

/** Where an alarm stands on a bar of time. */
export type AlarmMark = Pick<AlarmView, "id" | "seq" | "name" | "severity" | "raisedAt">;

export interface VillageState {
  readonly site: { readonly id: string; readonly name: string; readonly timezone: string };
  readonly version: string;
  readonly now: string;
  readonly clock: "synced" | "unsynced";
  /** How to read times that were written by a wrong clock; the newest. */
  readonly corrections?: readonly ClockCorrection[] | undefined;
  readonly cameras: readonly CameraView[];
  readonly speakers: readonly SpeakerView[];
  /** Absent where there are none. */
  readonly switches?: readonly SwitchView[] | undefined;
  /** What waits to be heard, and what keeps all horns silent. */
  readonly horns?: HornsView | undefined;
  readonly sensors: readonly SensorView[];
  readonly inputs: readonly InputView[];
  readonly rules: readonly RuleView[];
  /** All that are not yet cleared, filled up to 50 with the newest cleared ones; newest first. */
  readonly alarms: readonly AlarmView[];
  /** Rules and zones that are paused, oldest first. */
  readonly pauses: readonly PauseView[];
  /** What was learnt from false alarms, oldest first. */
  readonly lessons: readonly LessonView[];
  readonly upstreams: readonly UpstreamState[];
  readonly parts: readonly PartHealth[];
  readonly ledger: { readonly id: string; readonly head: number };
  readonly storage?: StorageView | undefined;
  /** Absent while nothing was. */
  readonly letGo?: LetGo | undefined;
  /** Absent where the board tells nothing of itself. */
  readonly board?: BoardView | undefined;
  readonly companion?: Companion | undefined;
  /** Another one whenever the map is; the map itself is asked for apart. */
  readonly mapVersion?: string | undefined;
  /** Who is to be called now; absent where there is no roster. */
  readonly duty?: readonly OnDuty[] | undefined;
}

export interface Village {
  state(): VillageState;
  /** Calls after something in `state()` changed, at most every 100 ms. Returns how to stop. */
  onChange(listener: () => void): () => void;
  health(): { readonly status: "ok" | "degraded" | "starting"; readonly parts: readonly PartHealth[] };
  /**
   * The camera's newest picture as JPEG.
   * @param at the one that was judged then, while it is kept.
   * @throws GatewayError `camera.unknown` (permanent), `video.no_picture` (transient).
   */
  snapshot(camera: string, at?: Moment): Promise<Buffer>;
  /** One of all that ever were; undefined where it was none. @throws GatewayError `ledger.*`. */
  alarm(id: string): Promise<AlarmView | undefined>;
  /** Of all that ever were, newest first. @throws GatewayError `ledger.*`. */
  pastAlarms(query: PastAlarms): Promise<readonly AlarmView[]>;
  /** Those that a camera saw or shows, oldest first, at most the newest 500. @throws GatewayError `ledger.*`. */
  alarmsBefore(camera: string, from: string, until: string): Promise<readonly AlarmMark[]>;
  /** @throws GatewayError `alarm.unknown`, `alarm.cleared` (permanent). Repeating is harmless. */
  acknowledge(alarm: string, by: BroadcastSource): Promise<void>;
  clear(alarm: string, by: BroadcastSource): Promise<void>;
  /** Writes something for whoever comes next. @throws GatewayError `alarm.unknown`, `alarm.too_many_notes` (permanent). */
  note(alarm: string, text: string, by: BroadcastSource): Promise<void>;
  /** Accepts an order on the one road to the horns. @throws GatewayError `broadcast.*` with the refusal. */
  say(order: BroadcastOrder): Promise<void>;
  /** Ends a broadcast that waits or sounds; false when it is not known or over. */
  silence(broadcast: string, by: BroadcastSource): Promise<boolean>;
}
