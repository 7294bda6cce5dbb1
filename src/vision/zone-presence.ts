import { type Box, contains, type Polygon, rasterize } from "../core/geometry.ts";
import { CELL_PIXELS, type MovingShape } from "./moving-shapes.ts";

/** Something must be in the zone on this many looks in a row before it counts: one alone may be a flash. */
const LOOKS_TO_ENTER = 2;
/** And be gone this long before it has left: people stop, and stand behind posts. */
const LEAVE_MS = 2000;
/** A shape is in the zone with its feet, or with this share of itself. */
const SHARE_INSIDE = 0.5;

export interface ZoneLook {
  readonly present: boolean;
  readonly boxes: readonly Box[];
  /** True on the look on which presence began or ended. */
  readonly changed: boolean;
}

/** Whether something is in one zone, steadied over looks. */
export class ZonePresence {
  readonly #columns: number;
  readonly #rows: number;
  #polygon: Polygon = [];
  #mask: Uint8Array = new Uint8Array();
  #hits = 0;
  #lastHitMs = Number.NEGATIVE_INFINITY;
  #present = false;

  constructor(polygon: Polygon, pictureWidth: number, pictureHeight: number) {
    this.#columns = Math.floor(pictureWidth / CELL_PIXELS);
    this.#rows = Math.floor(pictureHeight / CELL_PIXELS);
    this.outline(polygon);
  }

  /** Where the zone is from now on. */
  outline(polygon: Polygon): void {
    if (polygon === this.#polygon) return;
    this.#polygon = polygon;
    this.#mask = rasterize(polygon, this.#columns, this.#rows);
  }

  look(shapes: readonly MovingShape[], atMonotonicMs: number): ZoneLook {
    const boxes = shapes.filter((shape) => this.#isInside(shape)).map((shape) => shape.box);
    if (boxes.length > 0) {
      this.#hits++;
      this.#lastHitMs = atMonotonicMs;
    } else {
      this.#hits = 0;
    }
    const was = this.#present;
    this.#present = was ? atMonotonicMs - this.#lastHitMs < LEAVE_MS : this.#hits >= LOOKS_TO_ENTER;
    return { present: this.#present, boxes, changed: was !== this.#present };
  }

  #isInside({ box, cells }: MovingShape): boolean {
    if (contains(this.#polygon, [box.x + box.width / 2, box.y + box.height])) return true;
    const inside = cells.filter((cell) => this.#mask[cell] === 1).length;
    return inside >= cells.length * SHARE_INSIDE;
  }
}
