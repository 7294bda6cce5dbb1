import type { BroadcastSource } from "./broadcast.ts";
import type { Polygon } from "./geometry.ts";
import type { Line } from "./site.ts";
import type { DrawnZone } from "./zones.ts";

// What is drawn on a camera's picture. Lines and masks as they are now: drawn on the page, or taken out there, instead of
// as configured. Zones have a water's edge besides: see `zones.ts`.

export const SHAPE_KINDS = ["zone", "line", "mask"] as const;
export type ShapeKind = (typeof SHAPE_KINDS)[number];

/** Of one camera, configured or not. */
export const MOST_LINES = 8;
export const MOST_MASKS = 16;

export type LineDrawing = Omit<Line, "id">;

export interface MaskDrawing {
  readonly name: string;
  /** What nobody is to see. */
  readonly polygon: Polygon;
}

/** The last that somebody did to a line or mask; holds instead of what the configuration says of it. */
export interface ShapeChange<Drawing> {
  readonly camera: string;
  readonly id: string;
  readonly by: BroadcastSource;
  /** ISO time. */
  readonly at: string;
  /** Absent: taken out. */
  readonly drawing?: Drawing | undefined;
}

/** What was drawn and not put back. */
export interface DrawnShapes {
  readonly zones: readonly DrawnZone[];
  readonly lines: readonly ShapeChange<LineDrawing>[];
  readonly masks: readonly ShapeChange<MaskDrawing>[];
}

export interface ShapeBook {
  drawn(): Promise<DrawnShapes>;
}

export interface ShapeState {
  /** Who drew it and when (ISO time); absent while it is as configured. */
  readonly drawn?: { readonly by: string; readonly at: string } | undefined;
  /** The configuration does not have it: there is nothing to put back. */
  readonly added?: true | undefined;
}

export type LineView = Line & ShapeState;
export type MaskView = MaskDrawing & { readonly id: string } & ShapeState;

/** One that the configuration has and somebody took out on the page. */
export interface RemovedShape {
  readonly kind: Exclude<ShapeKind, "zone">;
  readonly id: string;
  readonly name: string;
  readonly by: string;
  /** ISO time. */
  readonly at: string;
}

/** What somebody wants done to one line or mask of a camera. */
export interface ShapeOrder {
  readonly camera: string;
  readonly id: string;
  readonly by: BroadcastSource;
  /** The time (`drawn.at`, or `at` of a removal) of what it was drawn over; null: as configured, or not there; undefined: whatever holds. */
  readonly over?: string | null | undefined;
  /** Why, where something would be seen that was hidden. */
  readonly reason?: string | undefined;
}

/** The lines, or the masks, of every camera. */
export interface ShapeDesk<Drawing> {
  /** Of a camera, those of the configuration first; none of a camera that is not known. */
  of(camera: string): readonly (Drawing & { readonly id: string } & ShapeState)[];
  removed(camera: string): readonly RemovedShape[];
  /**
   * Draws it anew, or another one of an id that there was not. Holds at once, when it is on disk; the same once more by the
   * same person changes nothing: an answer may get lost.
   * @throws GatewayError `camera.unknown`; with the kind (`line.…`, `mask.…`) `too_many`, `id_taken` of another camera,
   *   `changed` where something else holds than what it was drawn over, and what makes the drawing useless; `mask.rule_turns`,
   *   `mask.reason_needed` (permanent); `ledger.*`.
   */
  draw(order: ShapeOrder, drawing: Drawing): Promise<Drawing & { readonly id: string } & ShapeState>;
  /** @throws GatewayError as `draw`; `unknown`; `line.in_use` where a rule needs it. */
  remove(order: ShapeOrder): Promise<void>;
  /** Puts back what the configuration says; harmless where that holds. @throws GatewayError as `draw`; `unknown`. */
  restore(order: ShapeOrder): Promise<Drawing & { readonly id: string } & ShapeState>;
}

/** Whether a camera's masks are where they are to be. */
export interface MaskingView {
  readonly by: "box" | "camera";
  /**
   * `none`: nothing is hidden. `waiting`: no picture is taken until the box paints, or the camera has confirmed. `refused`: the
   * camera does not confirm, `reason` says why; no picture either.
   */
  readonly state: "none" | "painted" | "waiting" | "refused";
  readonly reason?: string | undefined;
}
