import type { CameraMemory, PictureReport } from "../core/camera-health.ts";
import type { Polygon } from "../core/geometry.ts";
import type { Mover } from "../core/movement.ts";
import type { Line } from "../core/site.ts";
import type { Moment } from "../core/time.ts";
import type { LookPicture, PersonBox, PersonModelFacts } from "./people/person-model.ts";
import type { Crossing, PeopleFindingAt, ZoneFinding } from "./people-findings.ts";

// What passes between the gateway's main thread and the vision worker.

export interface WatchMessage {
  readonly kind: "watch";
  readonly camera: string;
  readonly width: number;
  readonly height: number;
  readonly zones: readonly { readonly id: string; readonly polygon: Polygon }[];
  /** What was learnt of its place before. */
  readonly memory?: CameraMemory | undefined;
  readonly lines?: readonly Line[] | undefined;
  /** Id of the first track of people: ids are never used twice. */
  readonly firstTrack?: number | undefined;
}

/** Where the camera's zones are from now on: the same zones as before, with other outlines. */
export interface ZonesMessage {
  readonly kind: "zones";
  readonly camera: string;
  readonly zones: WatchMessage["zones"];
}

/** Where its lines are from now on. */
export interface LinesMessage {
  readonly kind: "lines";
  readonly camera: string;
  readonly lines: readonly Line[];
}

export interface PictureMessage {
  readonly kind: "picture";
  readonly camera: string;
  readonly at: Moment;
  /** In pixels; absent where it is gray and of the size that is watched. */
  readonly size?: { readonly width: number; readonly height: number };
  /** Transferred, not copied. */
  readonly pixels: Uint8Array<ArrayBuffer>;
}

/** What the camera shows now is its reference. */
export interface LearnAnewMessage {
  readonly kind: "learn-anew";
  readonly camera: string;
  /** What stands out from its background is learnt anew, too. */
  readonly background?: true | undefined;
}

/** Which model looks from now on; none where it is absent. */
export interface ModelMessage {
  readonly kind: "model";
  readonly facts?: PersonModelFacts | undefined;
}

/** It is the camera's turn: cut out what is to be looked at in its newest picture. */
export interface TurnMessage {
  readonly kind: "turn";
  readonly camera: string;
}

/** Whom the model saw in each of the pictures of the camera's turn. */
export interface LookedMessage {
  readonly kind: "looked";
  readonly camera: string;
  readonly people: readonly (readonly PersonBox[])[];
}

export type ToWorker =
  | WatchMessage
  | ZonesMessage
  | LinesMessage
  | PictureMessage
  | LearnAnewMessage
  | ModelMessage
  | TurnMessage
  | LookedMessage;

/** What moved on one look: see `core/movement-cells.ts`. */
export interface Movement {
  readonly cells: Uint8Array;
  readonly movers: readonly Mover[];
}

export interface MovementZones {
  readonly zones: readonly ZoneFinding[];
  /** Something moves, also outside the zones: all frames of the camera are worth a look. */
  readonly stirring: boolean;
}

/** What each picture has shown of movement. */
export interface MovementMessage extends MovementZones {
  readonly kind?: undefined;
  /** The camera has a picture that is worth looks. */
  readonly wantsLook?: boolean;
  readonly camera: string;
  readonly at: Moment;
  /** Every one to two seconds. */
  readonly report?: PictureReport | undefined;
  readonly memory?: CameraMemory | undefined;
  /** Absent where nothing moves. */
  readonly movement?: Movement | undefined;
  readonly crossings?: readonly Crossing[] | undefined;
}

/** What is to be looked at in the camera's turn; empty when it came too late. */
export interface LooksMessage {
  readonly kind: "looks";
  readonly camera: string;
  readonly pictures: readonly LookPicture[];
}

/** What the looks of a turn have shown. */
export interface PeopleMessage extends PeopleFindingAt {
  readonly kind: "people";
  readonly camera: string;
  /** Id of the next track. */
  readonly nextTrack: number;
}

export type FromWorker = MovementMessage | LooksMessage | PeopleMessage;
