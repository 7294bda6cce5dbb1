import { reactive, ref, shallowRef } from "vue";
import {
  LARGEST_MAP_FILE_BYTES,
  LONGEST_MAP_SIDE,
  type MapPlace,
  type MapThing,
  type MapView,
  mapKey,
} from "../../../core/village-map.ts";
import { scalePhoto } from "../live/photo.ts";
import { withChanges } from "../words/map-draft.ts";
import { API, call, codeOf, ProblemError } from "./http.ts";
import { whenSomebodyElseComes } from "./next-person.ts";
import { sendFile } from "./upload.ts";

export type MapStore = ReturnType<typeof createMapStore>;

/** A map as the box has it, and what somebody makes of it. @param root its address. */
function createMapStore(root: string) {
  const view = shallowRef<MapView>();
  /** Code of why the last thing did not succeed. */
  const failure = ref("");
  const isBusy = ref(false);
  const upload = shallowRef<{ readonly percent: number }>();
  /** Outside the components, so that a log-in in between does not lose it. */
  const draft = reactive({
    isOpen: false,
    /** `placed.at` of what the changes were made on. */
    over: null as string | null,
    base: [] as readonly MapPlace[],
    changes: new Map<string, MapPlace | undefined>(),
  });

  async function load(): Promise<void> {
    try {
      show(await call<MapView>("GET", root));
      failure.value = "";
    } catch (error) {
      failure.value = codeOf(error);
    }
  }

  function show(next: MapView): void {
    view.value = next;
    if (draft.changes.size === 0) follow();
  }

  /** From here on changes are made on what the box has now. */
  function follow(): void {
    draft.over = view.value?.placed?.at ?? null;
    draft.base = view.value?.places ?? [];
  }

  /** @returns whether it was done. */
  async function act(work: () => Promise<MapView>): Promise<boolean> {
    failure.value = "";
    isBusy.value = true;
    try {
      show(await work());
      return true;
    } catch (error) {
      failure.value = codeOf(error);
      return false;
    } finally {
      isBusy.value = false;
    }
  }

  function drop(): void {
    draft.changes.clear();
    follow();
  }

  whenSomebodyElseComes(() => {
    draft.isOpen = false;
    drop();
  });

  return {
    view,
    failure,
    isBusy,
    upload,
    draft,
    load,
    pictureUrl: (sha256: string): string => `${API}${root}/pictures/${sha256}`,
    tileUrl: `${API}${root}/tiles/{z}/{x}/{y}`,
    change: (place: MapPlace): void => void draft.changes.set(mapKey(place), place),
    takeDown: (thing: MapThing): void => void draft.changes.set(mapKey(thing), undefined),
    /** Keeps what was changed here, on what somebody else has made of it meanwhile. */
    keepMine: follow,
    drop,
    async save(): Promise<boolean> {
      const places = withChanges(view.value?.places ?? [], draft.changes);
      const isSaved = await act(() => call<MapView>("PUT", `${root}/places`, { places, over: draft.over }));
      if (isSaved) {
        draft.changes.clear();
        follow();
      } else if (failure.value === "map.changed") {
        await load();
      }
      return isSaved;
    },
    /** Sends a picture, made small enough here where the browser can; the box sees to it in any case. */
    bring: (file: Blob): Promise<boolean> =>
      act(async () => {
        upload.value = { percent: 0 };
        try {
          const small = await scalePhoto(file, LONGEST_MAP_SIDE).catch(() => file);
          if (small.size > LARGEST_MAP_FILE_BYTES) throw new ProblemError("map.too_large", 413);
          await sendFile("POST", `${root}/pictures`, small, (percent) => {
            upload.value = { percent };
          }).done;
          return await call<MapView>("GET", root);
        } finally {
          upload.value = undefined;
        }
      }),
    putBack: (sha256: string): Promise<boolean> =>
      act(() => call<MapView>("POST", `${root}/pictures/${sha256}/restoration`)),
  };
}

export const villageMap = createMapStore("/map");
export const deskMap = createMapStore("/desk/map");
