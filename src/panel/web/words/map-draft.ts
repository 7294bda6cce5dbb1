import { type MapPlace, type MapThing, mapKey } from "../../../core/village-map.ts";

/** What somebody placed otherwise, and has not saved: by thing; undefined where it was taken down. */
export type MapChanges = ReadonlyMap<string, MapPlace | undefined>;

const FULL_TURN = 360;
/** Fractions of a ground that may be the whole earth: to centimetres. */
const EXACT = 1e9;
const LEAST_REACH = 1e-7;

/** The places as they would be: what is changed stands last. */
export function withChanges(places: readonly MapPlace[], changes: MapChanges): readonly MapPlace[] {
  return [
    ...places.filter((place) => !changes.has(mapKey(place))),
    ...[...changes.values()].flatMap((place) => place ?? []),
  ];
}

/** Keys of what stands otherwise in `after` than in `before`. */
export function movedBetween(before: readonly MapPlace[], after: readonly MapPlace[]): readonly string[] {
  const told = (places: readonly MapPlace[]): Map<string, string> =>
    new Map(places.map((place) => [mapKey(place), toldOf(place)]));
  const [was, is] = [told(before), told(after)];
  return [...new Set([...was.keys(), ...is.keys()])].filter((key) => was.get(key) !== is.get(key));
}

function toldOf({ x, y, headingDegrees = 0, reach = 0 }: MapPlace): string {
  return [x, y, headingDegrees, reach].join(" ");
}

/** Put there, as it stood otherwise; not beyond the edges. */
export function placedAt(place: MapPlace, [x, y]: readonly [number, number]): MapPlace {
  return { ...place, x: share(x), y: share(y) };
}

/** Something that stands nowhere yet, in the middle of what is looked at. @param seen width of that, in widths of the ground. */
export function newPlace({ kind, id }: MapThing, at: readonly [number, number], seen: number): MapPlace {
  const place = placedAt({ kind, id, x: 0, y: 0 }, at);
  if (kind === "camera") return { ...place, headingDegrees: 0 };
  return kind === "speaker" ? stretched(place, seen / 6) : place;
}

export function turned(place: MapPlace, degrees: number): MapPlace {
  return { ...place, headingDegrees: (Math.round(degrees) + 2 * FULL_TURN) % FULL_TURN };
}

export function stretched(place: MapPlace, reach: number): MapPlace {
  return { ...place, reach: Math.max(LEAST_REACH, share(reach)) };
}

/** Clockwise from the top; y grows downwards. */
export function headingOf(dx: number, dy: number): number {
  return ((Math.atan2(dx, -dy) * 180) / Math.PI + FULL_TURN) % FULL_TURN;
}

function share(value: number): number {
  return Math.round(Math.min(1, Math.max(0, value)) * EXACT) / EXACT;
}
