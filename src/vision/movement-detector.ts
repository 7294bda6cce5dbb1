import { BackgroundModel } from "./background-model.ts";
import type { PictureMessage, WatchMessage } from "./messages.ts";
import { CELL_PIXELS, type MovingShape, NEEDED_PIXELS, ShapeFinder } from "./moving-shapes.ts";
import type { ZoneFinding } from "./people-findings.ts";
import { PictureChanges } from "./picture-changes.ts";
import { StillShapes } from "./still-shapes.ts";
import { Unrest } from "./unrest.ts";
import { ZonePresence } from "./zone-presence.ts";

/** After so long without a picture the light, or where the camera looks, may be another: learnt anew. */
const GAP_MS = 30_000;
/** Where nothing stirs, a look a second, or a little less, is enough to follow the light: it costs a fifth. */
const QUIET_LOOK_MS = 900;
/** So many changed pixels are noise, too; the smallest person covers several times that. */
const NOISE_PIXELS = 20;
/** So many changed pixels of a cell are more than noise. */
const CHANGED_PIXELS = 3;
/** After a longer time without a look the background learns no more than after this. */
const MAX_STEP_MS = 2000;

/** Movement in the zones of one camera. It cannot tell a person from a dog, and says so in what it reports. */
export class MovementDetector {
  readonly #size: { readonly width: number; readonly height: number };
  readonly #columns: number;
  readonly #background: BackgroundModel;
  readonly #changes: PictureChanges;
  readonly #finder: ShapeFinder;
  readonly #still: StillShapes;
  readonly #zones = new Map<string, ZonePresence>();
  #lastMs = Number.NEGATIVE_INFINITY;
  #lastLookMs = Number.NEGATIVE_INFINITY;
  /** Something stood out at the last look. */
  #standsOut = false;
  #isStirring = true;
  #shapes: readonly MovingShape[] = [];

  constructor(watch: WatchMessage) {
    this.#size = { width: watch.width, height: watch.height };
    this.#columns = watch.width / CELL_PIXELS;
    this.#background = new BackgroundModel(watch.width, watch.height);
    this.#changes = new PictureChanges(watch.width, watch.height);
    this.#finder = new ShapeFinder(watch.width, watch.height);
    this.#still = new StillShapes(watch.width, watch.height);
    this.setZones(watch.zones);
  }

  /** The zones and their outlines from now on; who is in a zone that there was before stays there until seen to be gone. */
  setZones(zones: WatchMessage["zones"]): void {
    const { width, height } = this.#size;
    const before = new Map(this.#zones);
    this.#zones.clear();
    for (const { id, polygon } of zones) {
      const presence = before.get(id) ?? new ZonePresence(polygon, width, height);
      presence.outline(polygon);
      this.#zones.set(id, presence);
    }
  }

  /** What the place looks like is another thing from now on. */
  learnAnew(): void {
    this.#background.forget();
  }

  /** Something moves, or the place is still being learnt, as of the last picture: all frames are worth a look. */
  get isStirring(): boolean {
    return this.#isStirring;
  }

  /** What stood out on the last look, also outside of zones. */
  get shapes(): readonly MovingShape[] {
    return this.#shapes;
  }

  /** What stood out on the last look and is not still; while the place is being learnt, what changed since the last. */
  get moving(): readonly MovingShape[] {
    if (this.isLearning) return this.#finder.find(this.#changes.inCells);
    return this.#isStirring ? this.#shapes.filter((shape) => !this.#still.isStill(shape)) : [];
  }

  /** It still learns what the place looks like, and finds nothing yet. */
  get isLearning(): boolean {
    return this.#background.isLearning;
  }

  /** Where in the last picture something differs from the background, or from the picture before. */
  unrest(): Unrest {
    const foreground = this.#background.inCells;
    const changed = this.#changes.inCells;
    const cells = foreground.map((count, cell) =>
      count >= NEEDED_PIXELS || (changed[cell] as number) >= CHANGED_PIXELS ? 1 : 0,
    );
    return new Unrest(cells, this.#columns);
  }

  look({ pixels, at }: Pick<PictureMessage, "pixels" | "at">): ZoneFinding[] {
    const nowMs = at.monotonicMs;
    if (nowMs - this.#lastMs > GAP_MS) this.#background.forget();
    this.#lastMs = nowMs;
    const shapes = this.#findShapes(pixels, nowMs);
    this.#shapes = shapes;
    return [...this.#zones].map(([zone, presence]) => ({ zone, ...presence.look(shapes, nowMs) }));
  }

  #findShapes(pixels: Uint8Array, nowMs: number): MovingShape[] {
    const sinceMs = Math.min(MAX_STEP_MS, nowMs - this.#lastLookMs);
    const isUnchanged = this.#changes.compare(pixels) <= NOISE_PIXELS && !this.#background.isLearning;
    if (isUnchanged && !this.#standsOut && sinceMs < QUIET_LOOK_MS) {
      this.#isStirring = false;
      return [];
    }
    this.#lastLookMs = nowMs;
    this.#background.look(pixels, this.#changes, sinceMs);
    const moving = this.#finder.find(this.#background.inCells);
    this.#standsOut = moving.length > 0;
    const shapes = this.#still.sift(moving, pixels, this.#background, this.#changes.inCells, sinceMs);
    this.#isStirring = this.#background.isLearning || shapes.some((shape) => !this.#still.isStill(shape));
    return shapes;
  }
}
