import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, RawServerDefault } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { AccountStore, LockStore, TokenStore } from "../core/accounts.ts";
import type { AnalysisFigures } from "../core/analysis.ts";
import type { CameraControls } from "../core/camera-control.ts";
import type { CameraHealthDesk } from "../core/camera-health.ts";
import type { TlsSetting } from "../core/certificates.ts";
import type { ClipShelf } from "../core/clip-shelf.ts";
import type { ClockBook } from "../core/clock-correction.ts";
import type { CommandDesk } from "../core/command.ts";
import type { Cursors, Outbox, UpstreamDesk } from "../core/delivery.ts";
import type { Speech } from "../core/devices.ts";
import type { DrillDesk } from "../core/drill.ts";
import type { DutyDesk } from "../core/duty.ts";
import type { Ledger } from "../core/event.ts";
import type { Footage } from "../core/footage.ts";
import type { LessonDesk } from "../core/lesson.ts";
import type { LiveView } from "../core/live.ts";
import type { TalkDesk } from "../core/live-voice.ts";
import type { Logger } from "../core/log.ts";
import type { MonthEvents } from "../core/monthly-sheet.ts";
import type { CrossingBook, MovementIndex } from "../core/movement.ts";
import type { PauseDesk } from "../core/pause.ts";
import type { ProgrammeDesk } from "../core/programme.ts";
import type { ReportDesk } from "../core/report.ts";
import type { RuleDesk } from "../core/rule-edit.ts";
import type { SensorTrial, SetUpDesk } from "../core/set-up.ts";
import type { LineDrawing, MaskDrawing, ShapeDesk } from "../core/shapes.ts";
import type { Companion } from "../core/site.ts";
import type { EvidenceStore, ReadingStore } from "../core/stores.ts";
import type { Clock } from "../core/time.ts";
import type { Village } from "../core/village.ts";
import type { MapDesk } from "../core/village-map.ts";
import type { WiringView } from "../core/wiring.ts";
import type { ZoneTrialDesk } from "../core/zone-trial.ts";
import type { ZoneDesk } from "../core/zones.ts";
import type { Audit } from "./audit.ts";
import type { LogInThrottle } from "./log-in-throttle.ts";
import type { Machines, PanelToken } from "./machines.ts";
import type { RandomBytes } from "./passwords.ts";
import type { Sessions } from "./sessions.ts";
import type { Certificates } from "./tls/certificates.ts";

export interface PanelConfig {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** The built page, with an index.html. */
  readonly webFolder: string;
  readonly companion?: Companion | undefined;
  /** Bearer tokens of machines; each counts as the township unless it has scopes. */
  readonly tokens: readonly PanelToken[];
  /** Plain HTTP for everybody without. */
  readonly tls?: TlsSetting | undefined;
  /** Where keys are kept, mode 0600. */
  readonly tlsFolder?: string | undefined;
}

/** What who may see needs, whatever there is to see. */
export interface AccessDependencies {
  /** Keeps the audit. */
  readonly ledger: Ledger;
  readonly accounts: AccountStore;
  readonly tokens: TokenStore;
  readonly locks: LockStore;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly log: Logger;
  readonly config: PanelConfig;
}

export interface PanelDependencies extends AccessDependencies {
  readonly village: Village;
  readonly live: LiveView;
  readonly talks: TalkDesk;
  readonly outbox: Outbox;
  readonly cursors: Cursors;
  readonly clockBook: ClockBook;
  readonly monthEvents: MonthEvents;
  readonly evidence: EvidenceStore;
  readonly footage: Footage;
  readonly readings: ReadingStore;
  readonly movement: MovementIndex;
  readonly crossings: CrossingBook;
  readonly controls: CameraControls;
  readonly pauses: PauseDesk;
  readonly zones: ZoneDesk;
  readonly lines: ShapeDesk<LineDrawing>;
  readonly masks: ShapeDesk<MaskDrawing>;
  readonly map: MapDesk;
  readonly ruleDesk: RuleDesk;
  readonly setUp: SetUpDesk;
  readonly sensorTrial: SensorTrial;
  readonly zoneTrials: ZoneTrialDesk;
  readonly lessons: LessonDesk;
  readonly programmes: ProgrammeDesk;
  readonly duty: DutyDesk;
  readonly clips: ClipShelf;
  readonly speech: Speech;
  readonly drills: DrillDesk;
  readonly reports: ReportDesk;
  readonly upstreams: UpstreamDesk;
  readonly wiring: WiringView;
  readonly commandDesk: CommandDesk;
  /** How the analysis keeps up, a camera an entry. */
  readonly analysis: () => readonly AnalysisFigures[];
  readonly cameraHealth: CameraHealthDesk;
}

/** What every route gets, whatever there is to see. */
export interface AccessContext extends AccessDependencies {
  readonly sessions: Sessions;
  readonly machines: Machines;
  readonly throttle: LogInThrottle;
  /** Who did what: each look at a recording, each export, each change of an account. */
  readonly audit: Audit;
  /** Undefined where TLS is off. */
  readonly certificates: Certificates | undefined;
  /** Aborts when the panel stops: endless answers end with it. */
  readonly stopping: AbortSignal;
  /** Present where many villages are seen, not one. */
  readonly desk?: { readonly name: string } | undefined;
}

/** What the routes of a village get. */
export interface PanelContext extends PanelDependencies, AccessContext {}

export type PanelApp = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** Adds one group of routes to the API. */
export type Routes = (app: PanelApp, context: PanelContext) => void;

/** The same for routes that are alike at a village and at a township's desk. */
export type AccessRoutes = (app: PanelApp, context: AccessContext) => void;

/** Aborts when the answer's connection closes, as it does when the log-in ends, or one of `others` aborts; lets go of them then. */
export function lifetimeOf(reply: FastifyReply, ...others: readonly AbortSignal[]): AbortSignal {
  const lifetime = new AbortController();
  const end = (): void => {
    lifetime.abort();
    for (const other of others) other.removeEventListener("abort", end);
  };
  reply.raw.once("close", end);
  for (const other of others) other.addEventListener("abort", end, { once: true });
  if (reply.raw.destroyed || others.some((other) => other.aborted)) end();
  return lifetime.signal;
}
