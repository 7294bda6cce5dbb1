import { ANALYSED_PICTURES } from "../core/analysis.ts";
import type { ClipDetection } from "../core/clip.ts";
import type { CrossingObservation } from "../core/observation.ts";
import type { Camera } from "../core/site.ts";
import type { Moment } from "../core/time.ts";
import { CameraWatch, lookOnce } from "./camera-watch.ts";
import type { PersonModel, PersonModelFacts } from "./people/person-model.ts";
import type { Crossing } from "./people-findings.ts";
import { ZoneReports } from "./zone-reports.ts";

/** A model that is there to look. */
export interface LoadedModel {
  readonly model: Pick<PersonModel, "detect">;
  readonly facts: PersonModelFacts;
}

/** What is watched of a camera. */
export interface WatchedScene {
  readonly camera: string;
  readonly zones: readonly Pick<Camera["zones"][number], "id" | "polygon">[];
  readonly lines?: Camera["lines"];
}

/**
 * The detection that the gateway runs, for one clip or recording and in step with its pictures: no look is left out for
 * want of time.
 * @param people absent: movement alone.
 */
export function createClipDetection(scene: WatchedScene, people?: LoadedModel): ClipDetection {
  const watch = new CameraWatch({ kind: "watch", ...ANALYSED_PICTURES, ...scene });
  watch.setModel(people?.facts);
  return people ? withModel(watch, scene.camera, people) : withoutModel(watch, scene.camera);
}

function withModel(watch: CameraWatch, camera: string, { model, facts }: LoadedModel): ClipDetection {
  const reports = new ZoneReports();
  return {
    detector: facts.id,
    async look(picture) {
      const { people } = await lookOnce(watch, model, picture);
      if (!people) return { observations: [], tracks: [] };
      const { at, zones, tracks, crossings } = people;
      return {
        observations: [
          ...reports.report(camera, facts.id, zones, at),
          { kind: "tracks", camera, tracks, detector: facts.id, at },
          ...crossings.map((crossing) => observed(crossing, camera, facts.id, at)),
        ],
        tracks: zones.flatMap((zone) => zone.tracks.map(({ id }) => String(id))),
      };
    },
  };
}

/** Movement knows no tracks: one presence of whatever it is counts as one. */
function withoutModel(watch: CameraWatch, camera: string): ClipDetection {
  const reports = new ZoneReports();
  let presences = 0;
  return {
    detector: "movement",
    async look(picture) {
      const { zones, crossings } = watch.look(picture);
      if (zones.some(({ present, changed }) => present && changed)) presences++;
      const tracks = zones.some(({ present }) => present) ? [`presence-${presences}`] : [];
      return {
        observations: [
          ...reports.report(camera, "movement", zones, picture.at),
          ...crossings.map((crossing) => observed(crossing, camera, "movement", picture.at)),
        ],
        tracks,
      };
    },
  };
}

function observed(crossing: Crossing, camera: string, detector: string, at: Moment): CrossingObservation {
  return { kind: "crossing", camera, detector, at, ...crossing };
}
