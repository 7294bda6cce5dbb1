import type { BroadcastSource } from "./broadcast.ts";
import type { Box } from "./geometry.ts";
import type { LineDrawing } from "./shapes.ts";
import type { ZoneDrawing } from "./zones.ts";

// A dry run: what the rules of a zone or line would have done over what is recorded, had it been drawn so. It raises nothing.

/** What is tried, and as what it is drawn. */
export type TrialSubject =
  | { readonly zone: string; readonly drawing: ZoneDrawing }
  | { readonly line: string; readonly drawing: LineDrawing };

/** What is tried, by its id. */
export type Tried = { readonly camera: string } & ({ readonly zone: string } | { readonly line: string });

export type ZoneTrialOrder = TrialSubject & { readonly camera: string; readonly by: BroadcastSource };

/** What would have been an alarm. */
export interface TrialAlarm {
  /** From 1 on, in the order of time. */
  readonly number: number;
  /** Id of the rule; absent where no rule watches the zone or line. */
  readonly rule?: string | undefined;
  /** Milliseconds since the Unix epoch, as the recording has it. */
  readonly atMs: number;
  /** Of those who broke the rule. */
  readonly boxes: readonly Box[];
  readonly hasPicture: boolean;
}

/** What was seen, alarm or not. */
export interface TrialSeen {
  /** People in the picture; absent where the detector follows nobody (`movement`). */
  readonly people?: number | undefined;
  /** How many of them, or how often something, came into the zone; 0 of a line. */
  readonly inZone: number;
  readonly longestStaySeconds: number;
  /** How often somebody went over the line; absent of a zone. */
  readonly over?: { readonly in: number; readonly out: number } | undefined;
}

export interface ZoneTrialState {
  readonly id: string;
  readonly camera: string;
  /** Of the two that which is tried. */
  readonly zone?: string | undefined;
  readonly line?: string | undefined;
  readonly by: string;
  readonly status: "running" | "done" | "stopped" | "failed";
  /** Stable code, once it failed. */
  readonly failure?: string | undefined;
  /** The time that was asked for. */
  readonly fromMs: number;
  readonly toMs: number;
  /** How much of it is recorded. */
  readonly recordedSeconds: number;
  /** How much of that is left out, because nothing moved. */
  readonly stillSeconds: number;
  /** How much of the rest has been looked at. */
  readonly lookedAtSeconds: number;
  /** Those that watch it; with none, whoever comes into the zone or goes over the line counts at once. */
  readonly rules: readonly { readonly id: string; readonly name: string }[];
  /** Once it is known. */
  readonly detector?: string | undefined;
  readonly alarmCount: number;
  /** The first of them. */
  readonly alarms: readonly TrialAlarm[];
  readonly seen: TrialSeen;
}

/** An order that was found possible. */
export interface ZoneTrialPlan {
  readonly fromMs: number;
  readonly toMs: number;
}

/** One dry run at a time, and the last one's result for a while. */
export interface ZoneTrialDesk<Plan extends ZoneTrialPlan = ZoneTrialPlan> {
  /**
   * Checks an order before anybody is told of it.
   * @throws GatewayError as `ZoneDesk.preview`, or `line.…` as `ShapeDesk.draw` says of a useless line; `recordings.none` (permanent); `trial.busy` (transient) while somebody
   *   else's runs.
   */
  weigh(order: ZoneTrialOrder): Promise<Plan>;
  /** Begins, instead of one by the same person. @throws GatewayError `trial.busy` (transient). */
  begin(plan: Plan): ZoneTrialState;
  /** Who asks keeps it going: it stops when nobody has asked for a minute. */
  find(camera: string, id: string): ZoneTrialState | undefined;
  /** A JPEG of the picture that was judged; undefined where there is none. */
  picture(camera: string, id: string, number: number): Uint8Array | undefined;
  /** What was found until then stays. False where there is no such run. */
  cancel(camera: string, id: string): boolean;
}
