import { BackgroundModel } from "./background-model.ts";
import type { PictureMessage, WatchMessage, ZoneFinding } from "./messages.ts";
import { findMovingShapes, type MovingShape } from "./moving-shapes.ts";
import { StillShapes } from "./still-shapes.ts";
import { ZonePresence } from "./zone-presence.ts";

/** After so long without a picture the light, or where the camera looks, may be another: learnt anew. */
const GAP_MS = 30_000;
/** Where nothing stirs, one look in five (a second) is enough to follow the light: it costs a fifth. */
const QUIET_LOOKS = 4;

/** Movement in the zones of one camera. It cannot tell a person from a dog, and says so in what it reports. */
export class MovementDetector {
  readonly #watch: WatchMessage;
  readonly #background: BackgroundModel;
  readonly #still: StillShapes;
  readonly #zones: readonly { readonly id: string; readonly presence: ZonePresence }[];
  #lastMs = Number.NEGATIVE_INFINITY;
  /** Unchanged pictures left out in a row; undefined while something stands out. */
  #leftOut: number | undefined = 0;
  #shapes: readonly MovingShape[] = [];

  constructor(watch: WatchMessage) {
    this.#watch = watch;
    this.#background = new BackgroundModel(watch.width * watch.height);
    this.#still = new StillShapes(watch.width, watch.height);
    this.#zones = watch.zones.map(({ id, polygon }) => ({
      id,
      presence: new ZonePresence(polygon, watch.width, watch.height),
    }));
  }

  /** What stood out on the last look, also outside of zones. */
  get shapes(): readonly MovingShape[] {
    return this.#shapes;
  }

  look({ pixels, at }: Pick<PictureMessage, "pixels" | "at">): ZoneFinding[] {
    if (at.monotonicMs - this.#lastMs > GAP_MS) this.#background.forget();
    this.#lastMs = at.monotonicMs;
    const shapes = this.#findShapes(pixels);
    this.#shapes = shapes;
    return this.#zones.map(({ id, presence }) => ({ zone: id, ...presence.look(shapes, at.monotonicMs) }));
  }

  #findShapes(pixels: Uint8Array): MovingShape[] {
    const leftOut = this.#leftOut ?? 0;
    if (this.#leftOut !== undefined && leftOut < QUIET_LOOKS && this.#background.isUnchanged(pixels)) {
      this.#leftOut = leftOut + 1;
      return [];
    }
    const { width, height } = this.#watch;
    const foreground = this.#background.look(pixels, leftOut);
    const moving = findMovingShapes(foreground, width, height);
    this.#leftOut = moving.length === 0 ? 0 : undefined;
    return this.#still.sift(moving, pixels, foreground, this.#background);
  }
}
