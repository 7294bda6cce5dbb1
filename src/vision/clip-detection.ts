import { ANALYSED_PICTURES } from "../core/analysis.ts";
import { CLIP_CAMERA, CLIP_ZONE, type ClipDetection } from "../core/clip.ts";
import type { Polygon } from "../core/geometry.ts";
import { CameraWatch, lookOnce } from "./camera-watch.ts";
import type { PersonModel, PersonModelFacts } from "./people/person-model.ts";
import { ZoneReports } from "./zone-reports.ts";

/** A model that is there to look. */
export interface LoadedModel {
  readonly model: Pick<PersonModel, "detect">;
  readonly facts: PersonModelFacts;
}

/**
 * The detection that the gateway runs, for one clip with one zone and in step with its pictures: no look is left out for
 * want of time.
 * @param people absent: movement alone.
 */
export function createClipDetection(zone: Polygon, people?: LoadedModel): ClipDetection {
  const zones = [{ id: CLIP_ZONE, polygon: zone }];
  const watch = new CameraWatch({ kind: "watch", camera: CLIP_CAMERA, ...ANALYSED_PICTURES, zones });
  watch.setModel(people?.facts);
  return people ? withModel(watch, people) : withoutModel(watch);
}

function withModel(watch: CameraWatch, { model, facts }: LoadedModel): ClipDetection {
  const reports = new ZoneReports();
  return {
    detector: facts.id,
    async look(picture) {
      const { people } = await lookOnce(watch, model, picture);
      if (!people) return { observations: [], tracks: [] };
      const { at, zones, tracks } = people;
      return {
        observations: [
          ...reports.report(CLIP_CAMERA, facts.id, zones, at),
          { kind: "tracks", camera: CLIP_CAMERA, tracks, detector: facts.id, at },
        ],
        tracks: zones.flatMap((zone) => zone.tracks.map(({ id }) => String(id))),
      };
    },
  };
}

/** Movement knows no tracks: one presence of whatever it is counts as one. */
function withoutModel(watch: CameraWatch): ClipDetection {
  const reports = new ZoneReports();
  let presences = 0;
  return {
    detector: "movement",
    async look(picture) {
      const { zones } = watch.look(picture);
      if (zones.some(({ present, changed }) => present && changed)) presences++;
      const tracks = zones.some(({ present }) => present) ? [`presence-${presences}`] : [];
      return { observations: reports.report(CLIP_CAMERA, "movement", zones, picture.at), tracks };
    },
  };
}
