import { type ComputedRef, computed, ref } from "vue";
import { type MapPlace, type MapThing, mapKey } from "../../../core/village-map.ts";
import type { MapStore } from "../api/map-store.ts";
import { newPlace, placedAt, stretched, turned, withChanges } from "../words/map-draft.ts";
import { unplaced } from "../words/map-things.ts";
import type { MapSurface } from "./map-canvas.ts";

/** What somebody does with the things of a map; a village's, or a township's. */
export function useMapEditing<Item extends MapThing>(
  store: MapStore,
  items: ComputedRef<readonly Item[]>,
  /** Where something stands that nobody has placed. */
  usual: (thing: MapThing) => MapPlace | undefined,
) {
  const { draft, view } = store;
  const chosenKey = ref<string>();

  const places = computed((): readonly MapPlace[] => {
    const placed = withChanges(view.value?.places ?? [], draft.changes);
    const others = unplaced(items.value, placed).filter((thing) => !draft.changes.has(mapKey(thing)));
    return [...placed, ...others.flatMap(({ kind, id }) => usual({ kind, id }) ?? [])];
  });
  const placeOf = (key: string): MapPlace | undefined => places.value.find((place) => mapKey(place) === key);
  const chosen = computed(() => {
    const place = draft.isOpen && chosenKey.value !== undefined ? placeOf(chosenKey.value) : undefined;
    const item = place && items.value.find((one) => mapKey(one) === mapKey(place));
    return place && item && { place, item };
  });

  const surface = computed((): (MapSurface & { readonly id: string }) | undefined => {
    const { ground, picture, tiles } = view.value ?? {};
    if (ground === "tiles" && tiles) {
      return { id: "tiles", width: 256, height: 256, ...tiles, tiles: { ...tiles, url: store.tileUrl } };
    }
    if (ground !== "picture" || !picture) return undefined;
    const { sha256: id, width, height } = picture;
    const whole = { left: 0, top: 0, right: 1, bottom: 1 };
    return { id, width, height, ...whole, picture: store.pictureUrl(id) };
  });

  function adjust(change: (place: MapPlace) => MapPlace, key = chosenKey.value): void {
    const place = key === undefined ? undefined : placeOf(key);
    if (place) store.change(change(place));
  }

  return {
    places,
    chosen,
    surface,
    begin(): void {
      draft.isOpen = true;
      chosenKey.value = undefined;
    },
    choose(key: string | undefined): void {
      chosenKey.value = key;
    },
    move: (key: string, at: readonly [number, number]): void => adjust((place) => placedAt(place, at), key),
    /** A tap on the map moves what is chosen there. */
    tap: (at: readonly [number, number]): void => adjust((place) => placedAt(place, at)),
    turn: (degrees: number): void => adjust((place) => turned(place, degrees)),
    stretch: (reach: number): void => adjust((place) => stretched(place, reach)),
    /** @param seen of the map. */
    put(thing: MapThing, seen: { readonly middle: readonly [number, number]; readonly width: number }): void {
      store.change(newPlace(thing, seen.middle, seen.width));
      chosenKey.value = mapKey(thing);
    },
    takeDown(thing: MapThing): void {
      store.takeDown(thing);
      chosenKey.value = undefined;
    },
  };
}
