import type { Box, Polygon } from "../core/geometry.ts";
import type { Moment } from "../core/time.ts";

// What passes between the gateway's main thread and the vision worker.

export interface WatchMessage {
  readonly kind: "watch";
  readonly camera: string;
  readonly width: number;
  readonly height: number;
  readonly zones: readonly { readonly id: string; readonly polygon: Polygon }[];
}

export interface PictureMessage {
  readonly kind: "picture";
  readonly camera: string;
  readonly at: Moment;
  /** Transferred, not copied. */
  readonly pixels: Uint8Array<ArrayBuffer>;
}

export type ToWorker = WatchMessage | PictureMessage;

export interface ZoneFinding {
  readonly zone: string;
  readonly present: boolean;
  readonly changed: boolean;
  readonly boxes: readonly Box[];
}

export interface FromWorker {
  readonly camera: string;
  readonly at: Moment;
  readonly zones: readonly ZoneFinding[];
  /** Something moves, also outside the zones: all frames of the camera are worth a look. */
  readonly stirring: boolean;
}
