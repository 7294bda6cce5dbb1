import type { LedgerEvent } from "../core/event.ts";
import type { Point, Polyline } from "../core/geometry.ts";
import type { Waterline, WaterMark } from "../core/site.ts";
import type { DrawnZone, ZoneBook } from "../core/zones.ts";
import type { Projection } from "./ledger.ts";
import { isSource } from "./source-data.ts";
import type { Database, Transaction } from "./sql.ts";

interface DrawingRow {
  readonly camera: string;
  readonly zone: string;
  readonly time: string;
  readonly data: string;
}

async function apply({ run }: Transaction, events: readonly LedgerEvent[]): Promise<void> {
  for (const { type, time, data } of events) {
    const { camera, zone } = data;
    if (typeof camera !== "string" || typeof zone !== "string") continue;
    if (type === "org.cunshao.zone.drawn") {
      await run("INSERT OR REPLACE INTO zone_drawings (camera, zone, time, data) VALUES (?, ?, ?, ?)", [
        camera,
        zone,
        time,
        JSON.stringify(data),
      ]);
    } else if (type === "org.cunshao.zone.restored") {
      await run("DELETE FROM zone_drawings WHERE camera = ? AND zone = ?", [camera, zone]);
    }
  }
}

/** A row that is not what it should be is left out: what is configured holds. */
function toDrawn({ camera, zone, time: at, data }: DrawingRow): DrawnZone[] {
  const { polygon, waterline, by } = JSON.parse(data) as Record<string, unknown>;
  if (!isPoints(polygon) || !isSource(by) || (waterline !== undefined && !isWaterline(waterline))) return [];
  return [{ camera, zone, at, by, polygon, ...(waterline && { waterline }) }];
}

function isPoints(value: unknown): value is Polyline {
  return Array.isArray(value) && value.every(isPoint);
}

function isPoint(value: unknown): value is Point {
  return Array.isArray(value) && value.length === 2 && value.every((each) => typeof each === "number");
}

function isWaterline(value: unknown): value is Waterline {
  const { sensor, margin, lines } = (value ?? {}) as Partial<Record<keyof Waterline, unknown>>;
  return (
    typeof sensor === "string" && typeof margin === "number" && Array.isArray(lines) && lines.every(isMark)
  );
}

function isMark(value: unknown): value is WaterMark {
  const { level, line } = (value ?? {}) as Partial<Record<keyof WaterMark, unknown>>;
  return typeof level === "number" && isPoints(line);
}

/** Zones drawn on the page; the ledger keeps them by `projection`. */
export function createZoneBook(database: Database): {
  readonly book: ZoneBook;
  readonly projection: Projection;
} {
  return {
    book: {
      async drawn() {
        const rows = await database.all<DrawingRow>("SELECT camera, zone, time, data FROM zone_drawings");
        return rows.flatMap(toDrawn);
      },
    },
    projection: {
      concerns: ({ type }) => type.startsWith("org.cunshao.zone."),
      apply,
    },
  };
}
