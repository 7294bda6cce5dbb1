import type { Box } from "../core/geometry.ts";
import type { ZoneFinding } from "./people-findings.ts";
import type { Track } from "./shape-tracks.ts";

/**
 * Where nobody looks for people, presence in a zone begins only with what has gone somewhere: waves, leaves and lights
 * stir in one place. It ends as it does without.
 */
export class GoneSomewhere {
  readonly #present = new Set<string>();

  sift(zones: readonly ZoneFinding[], tracks: readonly Track[]): ZoneFinding[] {
    const gone = tracks.filter(({ hasGone }) => hasGone);
    return zones.map((finding) => {
      const { zone, present, boxes } = finding;
      const was = this.#present.has(zone);
      const here = gone.filter((track) => boxes.some((box) => hasMiddleIn(box, track.box)));
      const is = present && (was || here.length > 0);
      if (is) this.#present.add(zone);
      else this.#present.delete(zone);
      const paths = here.flatMap(({ path }) => (path ? [path] : []));
      return { ...finding, present: is, changed: is !== was, ...(is && { paths }) };
    });
  }
}

/** Tracks join what hangs apart: a shape may be a part of one. */
function hasMiddleIn(box: Box, { x, y, width, height }: Box): boolean {
  const [middleX, middleY] = [box.x + box.width / 2, box.y + box.height / 2];
  return middleX >= x && middleX <= x + width && middleY >= y && middleY <= y + height;
}
