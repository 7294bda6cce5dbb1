import type { Detector, PresenceObservation } from "../core/observation.ts";
import type { Moment } from "../core/time.ts";
import type { PeopleZoneFinding, ZoneFinding } from "./people-findings.ts";

/** Turns what was found in a camera's zones into what is told of them. */
export class ZoneReports {
  readonly #occupied = new Map<string, readonly string[]>();
  readonly #told = new Set<string>();

  /** Zones of a camera in which somebody is right now. */
  occupied(camera: string): readonly string[] {
    return this.#occupied.get(camera) ?? [];
  }

  /**
   * Somebody else tells from now on: the first report of each camera then tells of empty zones, too, because what was
   * seen before may have ended meanwhile.
   */
  begin(): void {
    this.#told.clear();
  }

  report(
    camera: string,
    detector: Detector,
    zones: readonly (ZoneFinding & Partial<Pick<PeopleZoneFinding, "tracks">>)[],
    at: Moment,
  ): PresenceObservation[] {
    const isFirst = !this.#told.has(camera);
    this.#told.add(camera);
    this.#occupied.set(
      camera,
      zones.flatMap(({ zone, present }) => (present ? [zone] : [])),
    );
    return zones.flatMap(({ zone, present, boxes, changed, tracks, paths }) =>
      present || changed || isFirst
        ? [
            {
              kind: "presence" as const,
              camera,
              zone,
              present,
              boxes,
              ...(tracks && { tracks }),
              ...(paths && { paths }),
              detector,
              at,
            },
          ]
        : [],
    );
  }
}
