import { BackgroundModel } from "./background-model.ts";
import type { PictureMessage, WatchMessage, ZoneFinding } from "./messages.ts";
import { findMovingShapes } from "./moving-shapes.ts";
import { ZonePresence } from "./zone-presence.ts";

/** Movement in the zones of one camera. It cannot tell a person from a dog, and says so in what it reports. */
export class MovementDetector {
  readonly #watch: WatchMessage;
  readonly #background: BackgroundModel;
  readonly #zones: readonly { readonly id: string; readonly presence: ZonePresence }[];

  constructor(watch: WatchMessage) {
    this.#watch = watch;
    this.#background = new BackgroundModel(watch.width * watch.height);
    this.#zones = watch.zones.map(({ id, polygon }) => ({
      id,
      presence: new ZonePresence(polygon, watch.width, watch.height),
    }));
  }

  look({ pixels, at }: Pick<PictureMessage, "pixels" | "at">): ZoneFinding[] {
    const { width, height } = this.#watch;
    const shapes = findMovingShapes(this.#background.look(pixels), width, height);
    return this.#zones.map(({ id, presence }) => ({ zone: id, ...presence.look(shapes, at.monotonicMs) }));
  }
}
