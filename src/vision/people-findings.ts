import type { Box, Point } from "../core/geometry.ts";
import type { SeenTrack } from "../core/observation.ts";
import type { Moment } from "../core/time.ts";

/** Somebody, or something, is in a zone or not. */
export interface ZoneFinding {
  readonly zone: string;
  readonly present: boolean;
  readonly changed: boolean;
  readonly boxes: readonly Box[];
  /** Of what is in the boxes; see `PresenceObservation.paths`. */
  readonly paths?: readonly (readonly Point[])[] | undefined;
}

/** Somebody has gone over a line. */
export interface Crossing {
  readonly line: string;
  readonly direction: "in" | "out";
  readonly box: Box;
  readonly path?: readonly Point[] | undefined;
  /** Of somebody whom looks follow. */
  readonly track?: number | undefined;
  readonly score?: number | undefined;
  readonly sureness?: number | undefined;
}

export interface PeopleZoneFinding extends ZoneFinding {
  readonly tracks: readonly SeenTrack[];
}

export interface PeopleFinding {
  readonly zones: readonly PeopleZoneFinding[];
  /** Everybody believed in who was not looked for in vain just now. */
  readonly tracks: readonly SeenTrack[];
  readonly crossings: readonly Crossing[];
  /** Somebody may be about to be found: every picture is worth a look. */
  readonly isPending: boolean;
}

export interface PeopleFindingAt extends PeopleFinding {
  /** Of the picture that was looked at. */
  readonly at: Moment;
}
