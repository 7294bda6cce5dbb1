import type { LedgerEvent } from "../core/event.ts";
import type { Point, Polygon, Polyline } from "../core/geometry.ts";
import type { LineDrawing, MaskDrawing, ShapeBook, ShapeChange, ShapeKind } from "../core/shapes.ts";
import type { Waterline, WaterMark } from "../core/site.ts";
import type { DrawnZone } from "../core/zones.ts";
import type { Projection } from "./ledger.ts";
import { isSource } from "./source-data.ts";
import type { Database, Transaction } from "./sql.ts";

interface ShapeRow {
  readonly kind: string;
  readonly camera: string;
  readonly id: string;
  readonly time: string;
  readonly data: string;
}

const TYPE = /^org\.cunshao\.(zone|line|mask)\.(drawn|removed|restored)$/;
const WHOLE_PICTURE: Polygon = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
];

async function apply({ run }: Transaction, events: readonly LedgerEvent[]): Promise<void> {
  for (const { type, time, data } of events) {
    const [, kind = "", what = ""] = TYPE.exec(type) ?? [];
    const { camera, [kind]: id } = data;
    if (typeof camera !== "string" || typeof id !== "string") continue;
    if (what === "restored") {
      await run("DELETE FROM drawn_shapes WHERE kind = ? AND camera = ? AND id = ?", [kind, camera, id]);
      continue;
    }
    // One that was taken out stands here, too: the configuration may have it.
    await run("INSERT OR REPLACE INTO drawn_shapes (kind, camera, id, time, data) VALUES (?, ?, ?, ?, ?)", [
      ...[kind, camera, id, time],
      JSON.stringify(what === "removed" ? { by: data["by"], removed: true } : data),
    ]);
  }
}

/** A zone or line that is not what it should be is left out: what is configured holds. */
function toZone({ camera, id: zone, time: at, data }: ShapeRow): DrawnZone[] {
  const { polygon, waterline, by } = JSON.parse(data) as Record<string, unknown>;
  if (!isPoints(polygon) || !isSource(by) || (waterline !== undefined && !isWaterline(waterline))) return [];
  return [{ camera, zone, at, by, polygon, ...(waterline && { waterline }) }];
}

function toLine({ camera, id, time: at, data }: ShapeRow): ShapeChange<LineDrawing>[] {
  const { name, points, inside, by, removed } = JSON.parse(data) as Record<string, unknown>;
  if (!isSource(by)) return [];
  if (removed === true) return [{ camera, id, by, at }];
  if (typeof name !== "string" || !isPoints(points) || (inside !== "left" && inside !== "right")) return [];
  return [{ camera, id, by, at, drawing: { name, points, inside } }];
}

/** Of a mask that is not what it should be, nobody knows what it hid: all of the picture. */
function toMask({ camera, id, time: at, data }: ShapeRow): ShapeChange<MaskDrawing>[] {
  const { name, polygon, by, removed } = JSON.parse(data) as Record<string, unknown>;
  const known = isSource(by) ? by : ({ kind: "person", name: "" } as const);
  if (removed === true) return [{ camera, id, by: known, at }];
  const drawing = {
    name: typeof name === "string" ? name : id,
    polygon: isPoints(polygon) && polygon.length >= 3 ? polygon : WHOLE_PICTURE,
  };
  return [{ camera, id, by: known, at, drawing }];
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

/** What was drawn on the page; the ledger keeps it by `projection`. */
export function createShapeBook(database: Database): {
  readonly book: ShapeBook;
  readonly projection: Projection;
} {
  return {
    book: {
      async drawn() {
        const rows = await database.all<ShapeRow>("SELECT kind, camera, id, time, data FROM drawn_shapes");
        const of = (kind: ShapeKind): ShapeRow[] => rows.filter((row) => row.kind === kind);
        return {
          zones: of("zone").flatMap(toZone),
          lines: of("line").flatMap(toLine),
          masks: of("mask").flatMap(toMask),
        };
      },
    },
    projection: {
      concerns: ({ type }) => TYPE.test(type),
      apply,
    },
  };
}
