import type { BroadcastSource } from "./broadcast.ts";
import type { Part } from "./part.ts";
import type { Signal } from "./signals.ts";

// A map: a ground, and what stands where on it. Of a village, or of the villages of a township.

export const MAP_KINDS = ["camera", "speaker", "sensor", "input", "village"] as const;
export type MapKind = (typeof MAP_KINDS)[number];

/** `picture`: people brought it in. `tiles`: they lie on the box, and are the ground wherever there are any. */
export const MAP_GROUNDS = ["picture", "tiles"] as const;
export type MapGround = (typeof MAP_GROUNDS)[number];

export interface MapThing {
  readonly kind: MapKind;
  readonly id: string;
}

/**
 * Where something stands, in fractions of the ground: x from the left, y from the top. Of tiles the ground is the square of Web
 * Mercator (EPSG:3857), so that x and y are a longitude and a latitude.
 */
export interface MapPlace extends MapThing {
  readonly x: number;
  readonly y: number;
  /** Of a camera: where it looks, clockwise from the top of the map. */
  readonly headingDegrees?: number | undefined;
  /** Of a speaker: how far it is heard, in widths of the ground. */
  readonly reach?: number | undefined;
}

/** As many as an event can tell. */
export const MOST_PLACES = 300;

export interface MapPicture {
  readonly sha256: string;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  readonly sizeBytes: number;
  readonly by: BroadcastSource;
  /** ISO time. */
  readonly at: string;
}

/** What somebody placed last on a ground. */
export interface PlacedMap {
  readonly places: readonly MapPlace[];
  readonly by: BroadcastSource;
  /** ISO time, unlike that of any other. */
  readonly at: string;
}

/** What the box remembers of its map. */
export interface KeptMap {
  readonly picture?: MapPicture | undefined;
  /** The picture before this one; it can be put back. */
  readonly former?: MapPicture | undefined;
  readonly placed: Readonly<Partial<Record<MapGround, PlacedMap>>>;
}

export interface MapBook {
  kept(): Promise<KeptMap>;
}

/** Tiles of Web Mercator as they lie in a folder, `<zoom>/<x>/<y>.png`. */
export interface MapTiles {
  readonly folder: string;
  readonly fromZoom: number;
  readonly toZoom: number;
  /** Of the largest zoom, in fractions of the ground. */
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export const LARGEST_MAP_FILE_BYTES = 40_000_000;
/** A larger one is refused before anything decodes it. */
export const MOST_MAP_PIXELS = 40_000_000;
/** What is kept fits into a square of so many pixels. */
export const LONGEST_MAP_SIDE = 4096;

/** Makes a picture of the village fit to be kept: a JPEG that says nothing of the telephone, on white, within the bounds. */
export interface MapPictureMaker {
  /**
   * On an error nothing is left at `target`.
   * @throws GatewayError `map.not_picture`, `map.too_many_pixels` (permanent), `map.full`, `map.failed` (transient).
   */
  make(source: string, target: string): Promise<{ readonly width: number; readonly height: number }>;
}

export interface MapView {
  /** Absent: there is nothing yet on which things could be placed. */
  readonly ground?: MapGround | undefined;
  readonly picture?: MapPicture | undefined;
  readonly former?: MapPicture | undefined;
  readonly tiles?: Omit<MapTiles, "folder"> | undefined;
  readonly places: readonly MapPlace[];
  /** Absent while nobody has placed anything on this ground. */
  readonly placed?: Pick<PlacedMap, "by" | "at"> | undefined;
}

export interface MapDesk extends Part {
  readonly changes: Signal<void>;
  view(): MapView;
  /** Another one whenever the view is another one. */
  version(): string;
  /**
   * Holds at once, when it is on disk; the same once more by the same person changes nothing.
   * @param over the time (`placed.at`) of what was seen before; null: nothing.
   * @throws GatewayError `map.no_ground`, `map.unknown_thing`, `map.twice`, `map.misfit`, `map.changed` (permanent), `ledger.*`.
   */
  place(places: readonly MapPlace[], over: string | null, by: BroadcastSource): Promise<MapView>;
  /**
   * Brings a picture in. The one before it is kept until the next.
   * @throws GatewayError as `MapPictureMaker.make`, and `map.too_large` (permanent), `map.busy`, `map.cut_off`, `map.unwritable`
   *   (transient), `ledger.*`. Nothing is left behind then.
   */
  bring(content: AsyncIterable<Uint8Array>, by: BroadcastSource): Promise<MapView>;
  /** Puts the former picture back; harmless where that was done. @throws GatewayError `map.changed` (permanent), `ledger.*`. */
  putBack(sha256: string, by: BroadcastSource): Promise<MapView>;
  /** The file of the picture or of the former one. @throws GatewayError `map.no_picture` (permanent). */
  fileOf(sha256: string): { readonly path: string; readonly sizeBytes: number };
  /** The file of a tile, which may not be there. @throws GatewayError `map.no_tile` (permanent). */
  tileOf(zoom: number, x: number, y: number): string;
}

/** Code of why these places cannot be; undefined where they can. @param things that there are. */
export function placesFault(
  places: readonly MapPlace[],
  things: readonly MapThing[],
): "map.unknown_thing" | "map.twice" | "map.misfit" | undefined {
  const known = new Set(things.map(mapKey));
  if (!places.every((place) => known.has(mapKey(place)))) return "map.unknown_thing";
  if (new Set(places.map(mapKey)).size < places.length) return "map.twice";
  const isMisfit = places.some(
    ({ kind, headingDegrees, reach }) =>
      (headingDegrees !== undefined && kind !== "camera") || (reach !== undefined && kind !== "speaker"),
  );
  return isMisfit ? "map.misfit" : undefined;
}

type Named = readonly { readonly id: string }[];

/** What of a village can be placed. */
export function thingsOn(site: {
  readonly cameras: Named;
  readonly speakers: Named;
  readonly sensors: Named;
  readonly inputs: Named;
}): readonly MapThing[] {
  const as = (kind: MapKind, named: Named): MapThing[] => named.map(({ id }) => ({ kind, id }));
  return [
    ...as("camera", site.cameras),
    ...as("speaker", site.speakers),
    ...as("sensor", site.sensors),
    ...as("input", site.inputs),
  ];
}

export function mapKey({ kind, id }: MapThing): string {
  return `${kind} ${id}`;
}
