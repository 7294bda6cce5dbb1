import { type Box, contains } from "../core/geometry.ts";
import type { SeenTrack } from "../core/observation.ts";
import { LEAST_SURENESS } from "../core/sensitivity.ts";
import type { Line, Zone } from "../core/site.ts";
import { type LineWatch, watchesOf } from "./line-watch.ts";
import { inPicture } from "./people/look-crop.ts";
import { LookGate, type PlannedLook, type Sight } from "./people/look-gate.ts";
import type { PictureSize } from "./people/look-plan.ts";
import { overlap } from "./people/overlap.ts";
import type { PersonBox, PersonModelFacts } from "./people/person-model.ts";
import { type PersonTrack, PersonTracks, type Sighting } from "./people/person-tracks.ts";
import type { PeopleFinding, PeopleZoneFinding } from "./people-findings.ts";
import type { Unrest } from "./unrest.ts";

/** Somebody has left a zone after so long without being seen in it: looks miss people who turn or bend. */
const LEAVE_MS = 2500;
/** Who was not seen for so long is not shown any more, followed or not. */
const SHOWN_MS = 1500;
/** One look more may tell what it is, for so long after it was first seen. */
const PENDING_MS = 3000;
/** Two boxes of which the smaller lies in the other by this much are of one person, seen by two looks. */
const SAME_SHARE = 0.6;
/** How near to the edge of a look a box may end before it counts as cut, in fractions of the look. */
const CUT_SHARE = 0.01;

export interface PeopleWatchSettings {
  readonly zones: readonly Pick<Zone, "id" | "polygon">[];
  readonly lines?: readonly Line[] | undefined;
  /** Id of the first track: ids are never used twice. */
  readonly firstTrack?: number | undefined;
}

type WatchedZone = Pick<Zone, "id" | "polygon"> & { lastMs: number; present: boolean };

/** A look, and whom the model saw in it. */
export interface LookResult {
  readonly look: PlannedLook;
  /** In fractions of the look's crop. */
  readonly people: readonly PersonBox[];
}

/**
 * People in the zones of one camera: decides which parts of its pictures are looked at, and follows whom the looks
 * show. Somebody counts who was surely seen on two looks and has gone somewhere. Pure: time comes with the pictures.
 */
export class PeopleWatch {
  #zones: readonly WatchedZone[] = [];
  #lines: readonly LineWatch<PersonTrack>[] = [];
  readonly #gate: LookGate;
  readonly #tracks: PersonTracks;
  /** When each track was looked for last. */
  #soughtMs = new Map<number, number>();

  constructor(
    { zones, lines = [], firstTrack = 1 }: PeopleWatchSettings,
    picture: PictureSize,
    facts: PersonModelFacts,
  ) {
    this.setZones(zones);
    this.setLines(lines);
    this.#gate = new LookGate(picture, facts.sides);
    this.#tracks = new PersonTracks({
      aspect: picture.width / picture.height,
      usualScore: facts.usualScore,
      firstId: firstTrack,
    });
  }

  /** The outlines of the zones from now on; who is followed, and who was in which zone, stays. */
  setZones(zones: PeopleWatchSettings["zones"]): void {
    this.#zones = zones.map((zone) => {
      const { lastMs = Number.NEGATIVE_INFINITY, present = false } =
        this.#zones.find(({ id }) => id === zone.id) ?? {};
      return { ...zone, lastMs, present };
    });
  }

  setLines(lines: readonly Line[]): void {
    this.#lines = watchesOf(lines, this.#lines);
  }

  /** The looks that a picture is worth; none most of the time where nothing moves. */
  plan(sight: Sight, atMonotonicMs: number): PlannedLook[] {
    const followed = this.#tracks.all.map((track) => ({
      box: track.box,
      isPending: isPending(track, atMonotonicMs),
      soughtMs: this.#soughtMs.get(track.id) ?? track.seenMs,
    }));
    return this.#gate.plan(sight, followed, atMonotonicMs);
  }

  /** Takes what all the looks at one picture have shown. @param unrest of that picture. */
  take(results: readonly LookResult[], unrest: Unrest, atMonotonicMs: number): PeopleFinding {
    const sightings = sightingsOf(results, unrest);
    const isIn = (box: Box, { look }: LookResult): boolean => overlap(box, look.crop.box) > SAME_SHARE;
    // A patrol that shows nobody says little: it shows far people too small.
    const closer = results.filter(({ look }) => !look.isPatrol);
    this.#tracks.look(
      sightings,
      (box) => closer.some((result) => isIn(box, result)),
      (box) => unrest.share(box),
      atMonotonicMs,
    );
    const boxes = sightings.map(({ box }) => box);
    for (const { look } of results) this.#gate.learn(look, boxes, atMonotonicMs);
    const all = this.#tracks.all;
    this.#soughtMs = new Map(
      all.map((track) => {
        const isSought = results.some((result) => isIn(track.box, result));
        return [track.id, isSought ? atMonotonicMs : (this.#soughtMs.get(track.id) ?? track.seenMs)];
      }),
    );
    const here = all.filter(
      ({ id, sureness, seenMs }) =>
        sureness >= LEAST_SURENESS.high &&
        (seenMs === atMonotonicMs ||
          (this.#soughtMs.get(id) !== atMonotonicMs && atMonotonicMs - seenMs < SHOWN_MS)),
    );
    const tracks = here.map((track) => this.#seen(track));
    // Looks miss who stands still, and where time is short nobody looks: no alarm ends because of that.
    const missed = all.filter(
      (track) =>
        !here.includes(track) &&
        track.sureness >= LEAST_SURENESS.high &&
        (track.isStanding || (this.#soughtMs.get(track.id) ?? 0) <= track.seenMs),
    );
    const inZones = [...tracks, ...missed.map((track) => this.#seen(track))];
    const lastSeenMs = new Map(all.map(({ id, seenMs }) => [id, seenMs]));
    const gone = here.filter(
      ({ moved, sureness, seenMs }) => moved && sureness >= LEAST_SURENESS.normal && seenMs === atMonotonicMs,
    );
    return {
      zones: this.#zones.map((zone) => this.#lookAt(zone, inZones, lastSeenMs, atMonotonicMs)),
      tracks,
      crossings: this.#lines.flatMap((line) =>
        line.look(gone, atMonotonicMs).map(({ track: { id, score, sureness }, ...crossing }) => ({
          ...crossing,
          track: id,
          score,
          sureness,
        })),
      ),
      isPending: all.some((track) => isPending(track, atMonotonicMs)),
    };
  }

  #seen({ id, feet, box, score, sureness, moved, path }: PersonTrack): SeenTrack {
    const zones = this.#zones.flatMap((zone) => (contains(zone.polygon, feet) ? [zone.id] : []));
    return { id, feet, box, score, sureness, moved, zones, path };
  }

  #lookAt(
    zone: { readonly id: string; lastMs: number; present: boolean },
    tracks: readonly SeenTrack[],
    lastSeenMs: ReadonlyMap<number, number>,
    atMs: number,
  ): PeopleZoneFinding {
    const inside = tracks.filter(({ moved, zones }) => moved && zones.includes(zone.id));
    zone.lastMs = Math.max(zone.lastMs, ...inside.map(({ id }) => lastSeenMs.get(id) ?? atMs));
    const was = zone.present;
    zone.present = inside.length > 0 || atMs - zone.lastMs < LEAVE_MS;
    return {
      zone: zone.id,
      present: zone.present,
      changed: was !== zone.present,
      boxes: inside.map(({ box }) => box),
      tracks: inside,
    };
  }
}

/** Not known yet to have gone anywhere, but something moves there. */
function isPending(track: PersonTrack, atMs: number): boolean {
  const isDecided = track.sureness >= LEAST_SURENESS.normal && track.moved;
  return !isDecided && track.isRestless && atMs - track.firstMs < PENDING_MS;
}

/** Each person once, also where looks overlap; who is seen whole before who is cut. */
function sightingsOf(results: readonly LookResult[], unrest: Unrest): Sighting[] {
  const found = results.flatMap(({ look, people }) =>
    people.map(({ box, score }) => ({
      box: inPicture(box, look.crop),
      score,
      isCut: isCut(box, look.crop.box),
    })),
  );
  found.sort((a, b) => Number(a.isCut) - Number(b.isCut) || b.score - a.score);
  const kept: typeof found = [];
  for (const sighting of found) {
    if (!kept.some((other) => isSame(sighting.box, other.box))) kept.push(sighting);
  }
  return kept.map((sighting) => ({ ...sighting, unrest: unrest.share(sighting.box) }));
}

/** A box that ends with the crop, where the picture goes on. */
function isCut({ x, y, width, height }: Box, crop: Box): boolean {
  const edge = 1 - CUT_SHARE;
  return (
    (x < CUT_SHARE && crop.x > 0) ||
    (y < CUT_SHARE && crop.y > 0) ||
    (x + width > edge && crop.x + crop.width < 1) ||
    (y + height > edge && crop.y + crop.height < 1)
  );
}

/** One lies in the other, and is no child beside its mother. */
function isSame(a: Box, b: Box): boolean {
  const [smaller, larger] = a.width * a.height < b.width * b.height ? [a, b] : [b, a];
  return overlap(smaller, larger) > SAME_SHARE;
}
