import { constants } from "node:fs";
import { access, readdir } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "../core/errors.ts";
import type { MapTiles } from "../core/village-map.ts";

/** Beyond it a tile would be smaller than a hand. */
const DEEPEST_ZOOM = 22;

export interface FoundTiles {
  readonly tiles?: MapTiles;
  /** What is wrong with the folder, with what to do. */
  readonly fault?: string;
}

/**
 * What tiles lie in a folder, by their names; neither tiles nor a fault where no folder is named. The gateway starts all the same
 * without: then the map is a picture.
 */
export async function readMapTiles(folder: string | undefined): Promise<FoundTiles> {
  if (folder === undefined) return {};
  try {
    const tiles = await tilesIn(folder);
    if (tiles) return { tiles };
    return { fault: `${folder}: has no tiles <zoom>/<x>/<y>.png; ${COPY_OR_LEAVE} [map.no_tiles]` };
  } catch (error) {
    return { fault: faultOf(folder, error) };
  }
}

const COPY_OR_LEAVE = "copy them there, or take map.tiles out";

async function tilesIn(folder: string): Promise<MapTiles | undefined> {
  const zooms = (await numbersIn(folder)).filter((zoom) => zoom <= DEEPEST_ZOOM);
  const toZoom = zooms.at(-1);
  const columns = toZoom === undefined ? [] : await numbersIn(join(folder, String(toZoom)));
  const rows: number[] = [];
  for (const column of columns) {
    const [first, ...others] = await numbersIn(join(folder, String(toZoom), String(column)), ".png");
    if (first === undefined) continue;
    // One stands for all of its column: they were copied together.
    await access(join(folder, String(toZoom), String(column), `${first}.png`), constants.R_OK);
    rows.push(first, ...others);
  }
  const [fromZoom = 0, left = 0, right = 0] = [zooms[0], columns[0], columns.at(-1)];
  if (toZoom === undefined || rows.length === 0) return undefined;
  const scale = 2 ** toZoom;
  const [top, bottom] = rows.reduce(
    ([low, high], row) => [Math.min(low, row), Math.max(high, row)],
    [Infinity, 0],
  );
  return {
    folder,
    fromZoom,
    toZoom,
    left: left / scale,
    right: (right + 1) / scale,
    top: top / scale,
    bottom: (bottom + 1) / scale,
  };
}

/** Names that are a whole number and this ending, in order. */
async function numbersIn(folder: string, ending = ""): Promise<number[]> {
  return (await readdir(folder))
    .filter((name) => name.endsWith(ending) && /^\d{1,7}$/.test(name.slice(0, name.length - ending.length)))
    .map((name) => Number.parseInt(name, 10))
    .sort((a, b) => a - b);
}

function faultOf(folder: string, error: unknown): string {
  const code = errorCode(error);
  const { path = folder } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return `${folder}: there is no such folder; ${COPY_OR_LEAVE} [map.no_tiles]`;
  if (code === "ENOTDIR") return `${path}: is not a folder; ${COPY_OR_LEAVE} [map.no_tiles]`;
  return `${path}: cannot be read by this user (${code}); run: sudo chmod -R a+rX ${folder} [map.tiles_unreadable]`;
}
