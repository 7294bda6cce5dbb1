import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { MapTiles } from "../core/village-map.ts";

/** Beyond it a tile would be smaller than a hand. */
const DEEPEST_ZOOM = 22;

/** What tiles lie in a folder, by their names; undefined, and said in the log, where there are none. */
export async function readMapTiles(folder: string, log: Logger): Promise<MapTiles | undefined> {
  try {
    const zooms = (await numbersIn(folder)).filter((zoom) => zoom <= DEEPEST_ZOOM);
    const toZoom = zooms.at(-1);
    const columns = toZoom === undefined ? [] : await numbersIn(join(folder, String(toZoom)));
    const rows: number[] = [];
    for (const column of columns) {
      for (const row of await numbersIn(join(folder, String(toZoom), String(column)), ".png")) rows.push(row);
    }
    const [fromZoom = 0, left = 0, right = 0] = [zooms[0], columns[0], columns.at(-1)];
    if (toZoom !== undefined && rows.length > 0) {
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
    log.warn({ folder }, "there are no tiles for the map");
  } catch (error) {
    log.warn({ folder, code: errorCode(error) }, "the tiles for the map cannot be read");
  }
  return undefined;
}

/** Names that are a whole number and this ending, in order. */
async function numbersIn(folder: string, ending = ""): Promise<number[]> {
  return (await readdir(folder))
    .filter((name) => name.endsWith(ending) && /^\d{1,7}$/.test(name.slice(0, name.length - ending.length)))
    .map((name) => Number.parseInt(name, 10))
    .sort((a, b) => a - b);
}
