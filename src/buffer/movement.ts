import { GatewayError } from "../core/errors.ts";
import { type Polyline, passes } from "../core/geometry.ts";
import {
  type FoundSpan,
  LONGEST_SPAN_MS,
  type MovementFound,
  type MovementQuery,
  type MovementSpan,
  type MovementStore,
} from "../core/movement.ts";
import { addCells, coversBothSides, noCells, placesAlong } from "../core/movement-cells.ts";
import type { Part } from "../core/part.ts";
import { type BufferedRowsDependencies, createBufferedRows, RETENTION_STEP } from "./buffered-rows.ts";
import { densityOf } from "./movement-density.ts";
import { bandsOf, type MovementRow, packPath, spanOf } from "./movement-rows.ts";
import type { Database, SqlValue } from "./sql.ts";

const DAY_MS = 86_400_000;
/** Rows read at once while a page is filled. */
const READ_STEP = 2000;

export interface MovementDependencies extends BufferedRowsDependencies {
  readonly database: Database;
}

export interface MovementConfig {
  /** Between two writes, ms; also what a power cut can lose. Default 10,000. */
  readonly flushMs?: number;
  /** Spans kept in memory while the disk takes none. Default 20,000. */
  readonly maxBuffered?: number;
  /** Older spans are removed, hourly and only while the clock is synced. Default 30 days, as recordings. */
  readonly keepDays?: number;
  /** Of each camera; beyond it the oldest are removed. Default 200,000: twice what 30 days of constant movement make. */
  readonly maxSpans?: number;
}

export interface StoredMovement extends MovementStore, Part {
  /** Spans given up since the start. */
  readonly dropped: number;
  /** Writes what is buffered. */
  flush(): Promise<void>;
}

interface Place {
  readonly startMs: number;
  readonly n: number;
}

export function createMovement(
  { database, ...dependencies }: MovementDependencies,
  { flushMs = 10_000, maxBuffered = 20_000, keepDays = 30, maxSpans = 200_000 }: MovementConfig = {},
): StoredMovement {
  async function write(batch: readonly MovementSpan[]): Promise<void> {
    const zones = batch.flatMap((span) => span.zones.map((zone) => [span.camera, zone]));
    await database.transaction(async ({ run, all }) => {
      const cameras = JSON.stringify([...new Set(batch.map(({ camera }) => camera))]);
      await run("INSERT OR IGNORE INTO movement_cameras (id) SELECT value FROM json_each(?)", [cameras]);
      await run(
        `INSERT OR IGNORE INTO movement_zones (camera, id)
         SELECT movement_cameras.number, row.value ->> 1
         FROM json_each(?) AS row JOIN movement_cameras ON movement_cameras.id = row.value ->> 0`,
        [JSON.stringify(zones)],
      );
      const numbers = new Map(
        (
          await all<{ camera: string; id: string; number: number }>(
            `SELECT movement_cameras.id AS camera, movement_zones.id, movement_zones.number
             FROM movement_zones JOIN movement_cameras ON movement_cameras.number = movement_zones.camera`,
          )
        ).map(({ camera, id, number }) => [JSON.stringify([camera, id]), number]),
      );
      const rows = batch.map(({ camera, fromMs, toMs, cells, path, clock, ...span }, index) => [
        camera,
        fromMs,
        Math.max(0, toMs - fromMs),
        ...bandsOf(cells),
        span.zones.map((zone) => numbers.get(JSON.stringify([camera, zone]))).join(" "),
        packPath(path),
        clock === "unsynced" ? 1 : 0,
        earlierTwins(batch, index),
      ]);
      await run(
        `INSERT INTO movement
           (camera, start_ms, n, duration_ms, top, middle, bottom, zones, path, unsynced)
         SELECT movement_cameras.number, row.value ->> 1,
           row.value ->> 9 + (SELECT count(*) FROM movement AS twin
             WHERE twin.camera = movement_cameras.number AND twin.start_ms = row.value ->> 1),
           row.value ->> 2, row.value ->> 3, row.value ->> 4, row.value ->> 5, row.value ->> 6,
           row.value ->> 7, row.value ->> 8
         FROM json_each(?) AS row JOIN movement_cameras ON movement_cameras.id = row.value ->> 0`,
        [JSON.stringify(rows)],
      );
    });
  }

  async function forget(isSynced: boolean, isRunning: () => boolean): Promise<void> {
    const tooOldMs = dependencies.clock.now().wallMs - keepDays * DAY_MS;
    const beforeMs = isSynced ? tooOldMs : Number.MIN_SAFE_INTEGER;
    const cameras = await database.all<{ number: number }>("SELECT number FROM movement_cameras");
    for (const { number } of cameras) {
      const [bound] = await database.all<{ startMs: number }>(
        `SELECT start_ms AS startMs FROM movement WHERE camera = ? ORDER BY start_ms DESC LIMIT 1 OFFSET ?`,
        [number, maxSpans - 1],
      );
      const cutMs = Math.max(beforeMs, bound?.startMs ?? Number.MIN_SAFE_INTEGER);
      for (let removed = RETENTION_STEP; isRunning() && removed >= RETENTION_STEP; ) {
        removed = await database.transaction(({ run }) =>
          run(
            `DELETE FROM movement WHERE camera = ?1 AND start_ms IN
               (SELECT start_ms FROM movement WHERE camera = ?1 AND start_ms < ?2 ORDER BY start_ms LIMIT ?3)`,
            [number, cutMs, RETENTION_STEP],
          ),
        );
      }
    }
  }

  async function find(query: MovementQuery): Promise<MovementFound> {
    const [camera] = await database.all<{ number: number }>(
      "SELECT number FROM movement_cameras WHERE id = ?",
      [query.camera],
    );
    if (!camera) return { spans: [] };
    const zones = await database.all<{ number: number; id: string }>(
      "SELECT number, id FROM movement_zones WHERE camera = ?",
      [camera.number],
    );
    const names = new Map(zones.map(({ number, id }) => [number, id]));
    const zone = zones.find(({ id }) => id === query.zone)?.number;
    if (query.zone !== undefined && zone === undefined) return { spans: [] };

    const places = query.line && placesAlong(query.line);
    const spans: FoundSpan[] = [];
    let after = query.after === undefined ? undefined : parseCursor(query.after);
    for (;;) {
      const rows = await read(camera.number, zone, query, places ?? [], after);
      for (const row of rows) {
        const span = spanOf(query.camera, row, names);
        after = row;
        if (places && !coversBothSides(span.cells, places)) continue;
        spans.push(query.line ? { ...span, towards: towards(query.line, span) } : span);
        if (spans.length === query.limit) return { spans, next: `${row.startMs}.${row.n}` };
      }
      if (rows.length < READ_STEP) return { spans };
    }
  }

  function read(
    camera: number,
    zone: number | undefined,
    { fromMs, toMs, cells, order }: MovementQuery,
    places: readonly { readonly left: Uint8Array; readonly right: Uint8Array }[],
    after: Place | undefined,
  ): Promise<MovementRow[]> {
    const conditions = ["camera = ?", "start_ms > ?", "start_ms < ?", "start_ms + duration_ms >= ?"];
    const values: SqlValue[] = [camera, fromMs - LONGEST_SPAN_MS - 1, toMs, fromMs];
    const isNewest = order === "newest";
    if (after) {
      conditions.push(`(start_ms, n) ${isNewest ? "<" : ">"} (?, ?)`);
      values.push(after.startMs, after.n);
    }
    if (zone !== undefined) {
      conditions.push("instr(' ' || zones || ' ', ?) > 0");
      values.push(` ${zone} `);
    }
    const masks = [...(cells ? [cells] : []), ...sidesOf(places)];
    for (const mask of masks) {
      conditions.push("((top & ?) | (middle & ?) | (bottom & ?)) <> 0");
      values.push(...bandsOf(mask));
    }
    const direction = isNewest ? "DESC" : "ASC";
    return database.all<MovementRow>(
      `SELECT start_ms AS startMs, n, duration_ms AS durationMs, top, middle, bottom, zones, path, unsynced
       FROM movement WHERE ${conditions.join(" AND ")}
       ORDER BY start_ms ${direction}, n ${direction} LIMIT ${READ_STEP}`,
      values,
    );
  }

  const rows = createBufferedRows<MovementSpan>(dependencies, {
    what: "movement",
    flushMs,
    maxBuffered,
    write,
    forget,
  });
  return {
    name: rows.name,
    get dropped() {
      return rows.dropped;
    },
    start: rows.start,
    stop: rows.stop,
    flush: rows.flush,
    add: rows.add,
    find,
    density: (camera, fromMs, toMs, parts) => densityOf(database, camera, fromMs, toMs, parts),
  };
}

/** Spans of the same camera and millisecond that stand before this one in its batch. */
function earlierTwins(batch: readonly MovementSpan[], index: number): number {
  const one = batch[index];
  let twins = 0;
  for (let i = index - 1; i >= 0; i--) {
    if (batch[i]?.fromMs === one?.fromMs && batch[i]?.camera === one?.camera) twins++;
  }
  return twins;
}

/** All cells on the left of a line's places and all on the right: most spans have neither and need no closer look. */
function sidesOf(places: readonly { readonly left: Uint8Array; readonly right: Uint8Array }[]): Uint8Array[] {
  if (places.length === 0) return [];
  const left = noCells();
  const right = noCells();
  for (const place of places) {
    addCells(left, place.left);
    addCells(right, place.right);
  }
  return [left, right];
}

function towards(line: Polyline, { path }: MovementSpan): FoundSpan["towards"] {
  const net = path ? passes(line, path.from, path.to) : 0;
  if (net === 0) return undefined;
  return net > 0 ? "left" : "right";
}

function parseCursor(text: string): Place {
  const [, startMs, n] = /^(-?\d{1,16})\.(\d{1,9})$/.exec(text) ?? [];
  if (startMs !== undefined && n !== undefined) return { startMs: Number(startMs), n: Number(n) };
  throw new GatewayError("This is not where a page of movement ends", {
    code: "movement.bad_cursor",
    kind: "permanent",
  });
}
