import { addCell, CELL_COLUMNS, CELL_ROWS, noCells } from "../core/movement-cells.ts";
import type { Line } from "../core/site.ts";
import { type LineWatch, watchesOf } from "./line-watch.ts";
import type { Movement, WatchMessage } from "./messages.ts";
import { CELL_PIXELS, type MovingShape } from "./moving-shapes.ts";
import type { Crossing } from "./people-findings.ts";
import { ShapeTracks, type Track } from "./shape-tracks.ts";

/** From the shapes of one camera: where it moves, who goes where, and who goes over a line. */
export class MovementFinder {
  readonly #columns: number;
  readonly #rows: number;
  readonly #tracks = new ShapeTracks();
  #lines: readonly LineWatch<Track>[];

  constructor({ width, height, lines = [] }: WatchMessage) {
    this.#columns = Math.floor(width / CELL_PIXELS);
    this.#rows = Math.floor(height / CELL_PIXELS);
    this.#lines = watchesOf<Track>(lines);
  }

  setLines(lines: readonly Line[]): void {
    this.#lines = watchesOf(lines, this.#lines);
  }

  look(
    shapes: readonly MovingShape[],
    atMonotonicMs: number,
  ): {
    readonly movement?: Movement;
    readonly crossings: readonly Crossing[];
    readonly tracks: readonly Track[];
  } {
    const tracks = this.#tracks.look(shapes, atMonotonicMs);
    const crossings = this.#lines.flatMap((line) =>
      line.look(tracks, atMonotonicMs).map(({ track: _track, ...crossing }) => crossing),
    );
    if (shapes.length === 0) return { crossings, tracks };
    const cells = noCells();
    for (const shape of shapes) for (const cell of shape.cells) addCell(cells, this.#coarse(cell));
    const movers = tracks.map(({ id, feet }) => ({ track: id, feet }));
    return { movement: { cells, movers }, crossings, tracks };
  }

  #coarse(cell: number): number {
    const row = Math.floor((Math.floor(cell / this.#columns) * CELL_ROWS) / this.#rows);
    const column = Math.floor(((cell % this.#columns) * CELL_COLUMNS) / this.#columns);
    return row * CELL_COLUMNS + column;
  }
}
