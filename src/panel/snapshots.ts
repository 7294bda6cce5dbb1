import type { Clock } from "../core/time.ts";
import type { Village } from "../core/village.ts";

/** Each picture costs a decoder process; viewers that ask together or shortly after one another share one. */
const FRESH_MS = 500;

/** `village.snapshot` for many viewers. @throws what `village.snapshot` throws. */
export function createSnapshots(
  village: Pick<Village, "snapshot">,
  clock: Clock,
): (camera: string) => Promise<Buffer> {
  const latest = new Map<string, { picture: Promise<Buffer>; doneMs: number }>();
  return (camera) => {
    const known = latest.get(camera);
    if (known && clock.now().monotonicMs - known.doneMs < FRESH_MS) return known.picture;
    const picture = village.snapshot(camera);
    const entry = { picture, doneMs: Number.POSITIVE_INFINITY };
    latest.set(camera, entry);
    picture.then(
      () => {
        entry.doneMs = clock.now().monotonicMs;
      },
      () => latest.delete(camera),
    );
    return picture;
  };
}
