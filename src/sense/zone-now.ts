import { dangerousPart } from "../core/dangerous-part.ts";
import type { Point, Polygon } from "../core/geometry.ts";
import type { ReadingObservation } from "../core/observation.ts";
import { findShore, type Shore, waterlineAt } from "../core/shore.ts";
import type { Waterline, Zone } from "../core/site.ts";
import type { DrawnZone, WaterView, ZoneView } from "../core/zones.ts";
import { afterReading, unread, type WaterLevel } from "./water-level.ts";

/** A zone as it is now; immutable. */
export interface ZoneNow {
  readonly configured: Zone;
  readonly drawn?: DrawnZone | undefined;
  /** All that may ever be dangerous. */
  readonly whole: Polygon;
  readonly waterline?: Waterline | undefined;
  /** Absent without a waterline, or while that is not calibrated. */
  readonly water?: { readonly shore: Shore; readonly level: WaterLevel } | undefined;
  /** What is dangerous now. */
  readonly polygon: Polygon;
}

/** @param drawn holds instead of what is configured. */
export function zoneNow(configured: Zone, drawn?: DrawnZone): ZoneNow {
  const { polygon: whole, waterline } = drawn ?? configured;
  const { shore } = findShore(waterline?.lines ?? []);
  return held({ configured, drawn, whole, waterline }, shore && { shore, level: unread(shore.levels) });
}

/** The same zone after a reading of its sensor. */
export function zoneAfter(zone: ZoneNow, reading: ReadingObservation): ZoneNow {
  const { water, waterline } = zone;
  if (!water || reading.sensor !== waterline?.sensor) return zone;
  const level = afterReading(water.level, reading, water.shore.levels);
  if (level.level === water.level.level) return { ...zone, water: { ...water, level } };
  return held(zone, { ...water, level });
}

export function viewOf({ configured, drawn, whole, waterline, water, polygon }: ZoneNow): ZoneView {
  return {
    id: configured.id,
    name: configured.name,
    ...(polygon === whole ? { polygon } : { polygon: polygon.map(rounded), whole }),
    ...(waterline && { waterline, water: waterViewOf(water) }),
    ...(drawn && { drawn: { by: drawn.by.name, at: drawn.at } }),
  };
}

function waterViewOf(water: ZoneNow["water"]): WaterView {
  if (!water) return { state: "uncalibrated" };
  const { state, level, fault } = water.level;
  return { state, level, line: waterlineAt(water.shore, level).map(rounded), ...(fault && { fault }) };
}

/** To a hundredth of a percent: what is sent at each change should be short. */
function rounded([x, y]: Point): Point {
  return [Math.round(x * 10_000) / 10_000, Math.round(y * 10_000) / 10_000];
}

function held(zone: Omit<ZoneNow, "polygon" | "water">, water: ZoneNow["water"]): ZoneNow {
  const margin = zone.waterline?.margin ?? 0;
  const polygon = water ? dangerousPart(zone.whole, water.shore, margin, water.level.level) : zone.whole;
  return { ...zone, water, polygon };
}
