import type { BoardView } from "../core/board.ts";
import type { SpeakerState } from "../core/broadcast.ts";
import type { CameraFaultView } from "../core/camera-health.ts";
import type { ClockBook } from "../core/clock-correction.ts";
import type { UpstreamState } from "../core/delivery.ts";
import type { DutyDesk } from "../core/duty.ts";
import { GatewayError } from "../core/errors.ts";
import type { Ledger } from "../core/event.ts";
import type { Accumulation } from "../core/growth.ts";
import type { HornsView } from "../core/horns-view.ts";
import type { LessonView } from "../core/lesson.ts";
import type { LetGo } from "../core/let-go.ts";
import type { CameraObservation, ContactObservation, ReadingObservation } from "../core/observation.ts";
import type { PartHealth } from "../core/part.ts";
import type { PauseView } from "../core/pause.ts";
import type { CameraRecording, StorageView } from "../core/recordings.ts";
import type { RuleView } from "../core/rule-edit.ts";
import type { LineDrawing, MaskDrawing, MaskingView, ShapeDesk } from "../core/shapes.ts";
import { createSignal } from "../core/signals.ts";
import type { Camera, Companion, ContactInput, Sensor, Site, Speaker } from "../core/site.ts";
import { type Clock, isoTime, type Moment, type Timer } from "../core/time.ts";
import type { AlarmView, SwitchView, Village, VillageState } from "../core/village.ts";
import type { MapDesk } from "../core/village-map.ts";
import type { ZoneView } from "../core/zones.ts";

/** Changes within this time are told as one. */
const GATHER_MS = 100;
/** One a boot on a box without a battery clock; older ones are told by the API. */
const SHOWN_CORRECTIONS = 50;

export interface CameraSource {
  readonly camera: Camera;
  state(): CameraObservation;
  snapshot(at?: Moment): Promise<Buffer>;
}

/** Where the village's parts are asked. */
export interface VillageSources {
  readonly site: Site;
  readonly version: string;
  readonly companion?: Companion | undefined;
  readonly duty?: Pick<DutyDesk, "roster" | "now"> | undefined;
  readonly clock: Clock;
  readonly isClockSynced: () => boolean;
  readonly cameras: readonly CameraSource[];
  readonly zonesOf: (camera: string) => readonly ZoneView[];
  readonly lines: Pick<ShapeDesk<LineDrawing>, "of" | "removed">;
  readonly masks: Pick<ShapeDesk<MaskDrawing>, "of" | "removed">;
  readonly maskingOf: (camera: string) => MaskingView;
  readonly occupiedZones: (camera: string) => readonly string[];
  readonly cameraFaults: (camera: string) => readonly CameraFaultView[];
  readonly recordings: {
    recordingOf(camera: string): CameraRecording | undefined;
    storage(): StorageView | undefined;
  };
  readonly speakers: readonly { readonly speaker: Speaker; state(): SpeakerState }[];
  readonly switches?: (() => readonly SwitchView[]) | undefined;
  readonly horns?: (() => HornsView) | undefined;
  readonly sensors: readonly {
    readonly sensor: Sensor;
    readonly unit: string;
    readonly accumulates?: Accumulation | undefined;
    latest(): ReadingObservation | undefined;
  }[];
  readonly inputs: readonly { readonly input: ContactInput; latest(): ContactObservation | undefined }[];
  readonly rules: () => readonly RuleView[];
  readonly alarms: () => readonly AlarmView[];
  readonly pauses: () => readonly PauseView[];
  readonly lessons: () => readonly LessonView[];
  readonly upstreams: () => readonly UpstreamState[];
  readonly parts: () => readonly PartHealth[];
  readonly ledger: Pick<Ledger, "id" | "head">;
  readonly letGo?: (() => LetGo | undefined) | undefined;
  readonly clockBook?: ClockBook | undefined;
  readonly board?: { view(): BoardView } | undefined;
  readonly map?: Pick<MapDesk, "version"> | undefined;
  readonly alarm: Village["alarm"];
  readonly pastAlarms: Village["pastAlarms"];
  readonly alarmsBefore: Village["alarmsBefore"];
  readonly commands: Pick<Village, "acknowledge" | "clear" | "note" | "say" | "silence">;
}

export interface ObservableVillage extends Village {
  /** Tells the listeners, soon, that something changed. */
  touch(): void;
}

/** The village as the page sees it, put together from the gateway's parts on each request. */
export function createVillage(sources: VillageSources): ObservableVillage {
  const { clock } = sources;
  const changed = createSignal<void>();
  let gathering: Timer | undefined;

  const source = (camera: string): CameraSource => {
    const found = sources.cameras.find((candidate) => candidate.camera.id === camera);
    if (found) return found;
    throw new GatewayError(`there is no camera ${camera}`, { code: "camera.unknown", kind: "permanent" });
  };

  function state(): VillageState {
    const { id, name, timezone } = sources.site;
    return {
      site: { id, name, timezone },
      version: sources.version,
      now: isoTime(clock.now().wallMs),
      clock: sources.isClockSynced() ? "synced" : "unsynced",
      corrections: sources.clockBook?.corrections().slice(-SHOWN_CORRECTIONS),
      cameras: sources.cameras.map((each) => {
        const { state: cameraState, reason, at } = each.state();
        const masking = sources.maskingOf(each.camera.id);
        const isHeldStill = masking.by === "box" && masking.state !== "none";
        return {
          id: each.camera.id,
          name: each.camera.name,
          state: cameraState,
          reason,
          since: isoTime(at.wallMs),
          zones: sources.zonesOf(each.camera.id),
          hasControls: each.camera.onvif !== undefined && !isHeldStill,
          lines: sources.lines.of(each.camera.id),
          masks: sources.masks.of(each.camera.id),
          removed: [...sources.lines.removed(each.camera.id), ...sources.masks.removed(each.camera.id)],
          masking,
          // A camera without pictures says nothing about its zones: what it saw last is not "right now".
          occupied: cameraState === "running" ? sources.occupiedZones(each.camera.id) : [],
          faults: sources.cameraFaults(each.camera.id),
          recording: sources.recordings.recordingOf(each.camera.id),
        };
      }),
      speakers: sources.speakers.map(({ speaker, state: speakerState }) => ({
        name: speaker.name,
        ...speakerState(),
      })),
      switches: sources.switches?.(),
      horns: sources.horns?.(),
      sensors: sources.sensors.map(({ sensor, unit, accumulates, latest }) => {
        const reading = latest();
        return {
          id: sensor.id,
          name: sensor.name,
          unit,
          value: reading?.value ?? null,
          quality: reading?.quality ?? "lost",
          accumulates,
          sums: reading?.sums,
          at: reading && isoTime(reading.at.wallMs),
        };
      }),
      inputs: sources.inputs.map(({ input, latest }) => ({
        id: input.id,
        name: input.name,
        closed: latest()?.closed ?? null,
      })),
      rules: sources.rules(),
      alarms: sources.alarms(),
      pauses: sources.pauses(),
      lessons: sources.lessons(),
      upstreams: sources.upstreams(),
      parts: sources.parts(),
      ledger: { id: sources.ledger.id, head: sources.ledger.head },
      storage: sources.recordings.storage(),
      letGo: sources.letGo?.(),
      board: sources.board?.view(),
      companion: sources.companion,
      mapVersion: sources.map?.version(),
      ...(sources.duty && sources.duty.roster().turns.length > 0 ? { duty: sources.duty.now() } : {}),
    };
  }

  return {
    ...sources.commands,
    state,
    onChange: (listener) => changed.on(listener),
    touch() {
      if (gathering) return;
      gathering = clock.after(GATHER_MS, () => {
        gathering = undefined;
        changed.emit();
      });
    },
    health() {
      const parts = sources.parts();
      const worst = (["starting", "degraded"] as const).find((status) =>
        parts.some((part) => part.status === status),
      );
      return { status: worst ?? "ok", parts };
    },
    alarm: sources.alarm,
    pastAlarms: sources.pastAlarms,
    alarmsBefore: sources.alarmsBefore,
    snapshot: async (camera, at) => source(camera).snapshot(at),
  };
}
