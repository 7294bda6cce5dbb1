import type { MovementSpan } from "../core/movement.ts";
import { CELL_BYTES, CELL_COUNT, cellAt, centreOf } from "../core/movement-cells.ts";

// How a span of movement stands in the table: see migration 0004.

export interface MovementRow {
  readonly startMs: number;
  readonly n: number;
  readonly durationMs: number;
  readonly top: number;
  readonly middle: number;
  readonly bottom: number;
  /** Numbers between spaces. */
  readonly zones: string;
  readonly path: number | null;
  readonly unsynced: number;
}

/** Bytes of three rows of cells: 48 bits, which a number holds exactly. */
const BAND_BYTES = CELL_BYTES / 3;

export type Bands = readonly [top: number, middle: number, bottom: number];

export function bandsOf(cells: Uint8Array): Bands {
  const bytes = Buffer.from(cells.buffer, cells.byteOffset, cells.byteLength);
  const band = (index: number): number => bytes.readUIntLE(index * BAND_BYTES, BAND_BYTES);
  return [band(0), band(1), band(2)];
}

export function cellsIn(bands: Bands): Uint8Array {
  const bytes = Buffer.alloc(CELL_BYTES);
  bands.forEach((band, index) => {
    bytes.writeUIntLE(band, index * BAND_BYTES, BAND_BYTES);
  });
  return new Uint8Array(bytes);
}

export function packPath(path: MovementSpan["path"]): number | null {
  return path ? cellAt(path.from) * CELL_COUNT + cellAt(path.to) : null;
}

export function spanOf(camera: string, row: MovementRow, zones: ReadonlyMap<number, string>): MovementSpan {
  const { startMs, durationMs, top, middle, bottom, path, unsynced } = row;
  return {
    camera,
    fromMs: startMs,
    toMs: startMs + durationMs,
    clock: unsynced === 1 ? "unsynced" : "synced",
    zones: row.zones.split(" ").flatMap((number) => zones.get(Number(number)) ?? []),
    cells: cellsIn([top, middle, bottom]),
    ...(path === null
      ? {}
      : { path: { from: centreOf(Math.floor(path / CELL_COUNT)), to: centreOf(path % CELL_COUNT) } }),
  };
}
