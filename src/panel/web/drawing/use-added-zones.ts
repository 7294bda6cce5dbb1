import { onMounted } from "vue";
import type { SetUpEntry } from "../../../core/set-up.ts";
import type { CameraView } from "../../../core/village.ts";
import { changeSetUp, lookAtSetUp, setUp } from "../api/set-up-store.ts";
import { newZoneChange } from "../words/new-rule.ts";
import type { ShapeDraft } from "../words/shape-draft.ts";

export interface AddedZones {
  /** By whom one was added on the page: such a one can go again. */
  of(id: string): SetUpEntry | undefined;
  /** @throws ProblemError. */
  add(id: string, draft: ShapeDraft): Promise<void>;
  takeOut(id: string): Promise<void>;
}

/** Zones of one camera that the configuration file does not have. Rules name them, so that they are of the configuration all the same. */
export function useAddedZones(props: { readonly camera: CameraView }): AddedZones {
  onMounted(() => void lookAtSetUp());
  return {
    of: (id) =>
      (setUp.view.value?.entries ?? []).find(
        (one) =>
          one.list === "zones" && one.camera === props.camera.id && one.id === id && one.origin === "added",
      ),
    add: (id, { name, polygon }) =>
      changeSetUp([newZoneChange({ camera: props.camera.id, id, name, polygon })]),
    takeOut: (id) => changeSetUp([{ list: "zones", camera: props.camera.id, id, entry: null }]),
  };
}
