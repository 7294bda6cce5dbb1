import type { CameraMemory, PictureReport } from "../core/camera-health.ts";
import type { Box, Polygon } from "../core/geometry.ts";
import type { Mover } from "../core/movement.ts";
import type { Line } from "../core/site.ts";
import type { Moment } from "../core/time.ts";

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

export interface PictureMessage {
  readonly kind: "picture";
  readonly camera: string;
  readonly at: Moment;
  /** Transferred, not copied. */
  readonly pixels: Uint8Array<ArrayBuffer>;
}

/** What the camera shows now is its reference. */
export interface LearnAnewMessage {
  readonly kind: "learn-anew";
  readonly camera: string;
}

export type ToWorker = WatchMessage | PictureMessage | LearnAnewMessage;

export interface ZoneFinding {
  readonly zone: string;
  readonly present: boolean;
  readonly changed: boolean;
  readonly boxes: readonly Box[];
}

/** What moved on one look: see `core/movement-cells.ts`. */
export interface Movement {
  readonly cells: Uint8Array;
  readonly movers: readonly Mover[];
}

/** Somebody has gone over a line. */
export interface Crossing {
  readonly line: string;
  readonly direction: "in" | "out";
  readonly box: Box;
}

export interface MovementZones {
  readonly zones: readonly ZoneFinding[];
  /** Something moves, also outside the zones: all frames of the camera are worth a look. */
  readonly stirring: boolean;
}

export interface FromWorker extends MovementZones {
  readonly camera: string;
  readonly at: Moment;
  /** Every one to two seconds. */
  readonly report?: PictureReport | undefined;
  readonly memory?: CameraMemory | undefined;
  /** Absent where nothing moves. */
  readonly movement?: Movement | undefined;
  readonly crossings?: readonly Crossing[] | undefined;
}
