import type { BroadcastSource } from "./broadcast.ts";
import type { Polygon, Polyline } from "./geometry.ts";
import type { Waterline } from "./site.ts";

// Zones as they are now: drawn on the page instead of as configured, and with the water's edge where the level puts it.

/** What somebody draws of a zone that the configuration has. */
export interface ZoneDrawing {
  readonly polygon: Polygon;
  /** With one line it is kept and does nothing: the next comes with another level. */
  readonly waterline?: Waterline | undefined;
}

/** Holds instead of what the configuration says of the zone. */
export interface DrawnZone extends ZoneDrawing {
  readonly camera: string;
  readonly zone: string;
  readonly by: BroadcastSource;
  /** ISO time. */
  readonly at: string;
}

export interface WaterView {
  /**
   * `waiting` for a first reading; `following` the level; `lost`: a safe, higher line holds; `uncalibrated`: it takes one line
   * more, and the whole zone holds until then.
   */
  readonly state: "waiting" | "following" | "lost" | "uncalibrated";
  /** Stable code of what is wrong, while it is. */
  readonly fault?: "waterline.sensor_lost" | "waterline.sensor_invalid" | undefined;
  /** Whose line holds, in the sensor's unit; absent while uncalibrated. */
  readonly level?: number | undefined;
  /** The water's edge on the picture; absent while uncalibrated. */
  readonly line?: Polyline | undefined;
}

export interface ZoneView {
  readonly id: string;
  readonly name: string;
  /** What is dangerous now. */
  readonly polygon: Polygon;
  /** All that may ever be; absent where that is the same. */
  readonly whole?: Polygon | undefined;
  readonly waterline?: Waterline | undefined;
  readonly water?: WaterView | undefined;
  /** Who drew it and when (ISO time); absent while it is as configured. */
  readonly drawn?: { readonly by: string; readonly at: string } | undefined;
}

export interface ZoneDesk {
  /** Of a camera, in the order of the configuration; none of a camera that is not known. */
  zonesOf(camera: string): readonly ZoneView[];
  /**
   * Holds at once, when it is on disk.
   * @param over what it was drawn over: `drawn.at` of that, null where that was as configured; undefined: whatever holds.
   * @throws GatewayError `camera.unknown`, `zone.unknown`, `outline.*`, `waterline.*`, `zone.changed` where something else
   *   holds than what it was drawn over (permanent), `ledger.*`.
   */
  draw(
    camera: string,
    zone: string,
    drawing: ZoneDrawing,
    by: BroadcastSource,
    over?: string | null,
  ): Promise<ZoneView>;
  /** The camera's zones as they would be at the present level, were this one drawn so. @throws GatewayError as `draw`. */
  preview(camera: string, zone: string, drawing: ZoneDrawing): readonly ZoneView[];
  /** Puts back what the configuration says; harmless where that holds. @throws GatewayError as `draw`. */
  restore(camera: string, zone: string, by: BroadcastSource): Promise<ZoneView>;
}
