import type { GrayPicture } from "../core/picture.ts";
import type { Line } from "../core/site.ts";
import { GoneSomewhere } from "./gone-somewhere.ts";
import type { Movement, MovementZones, WatchMessage } from "./messages.ts";
import { MovementDetector } from "./movement-detector.ts";
import { MovementFinder } from "./movement-finder.ts";
import { cutCrop } from "./people/look-crop.ts";
import type { PlannedLook } from "./people/look-gate.ts";
import { LumaScaler } from "./people/luma.ts";
import type { LookPicture, PersonBox, PersonModel, PersonModelFacts } from "./people/person-model.ts";
import type { Crossing, PeopleFindingAt } from "./people-findings.ts";
import { PeopleWatch } from "./people-watch.ts";
import type { Unrest } from "./unrest.ts";

/** A picture that nobody looked at for so long is over. */
const WAITED_MS = 1000;

/** A picture that is worth looks. */
interface Waiting {
  readonly picture: GrayPicture;
  readonly looks: readonly PlannedLook[];
  readonly unrest: Unrest;
}

export interface CameraFinding extends MovementZones {
  /** In the pictures that movement is found in; for whoever examines them, too. */
  readonly luma: Uint8Array<ArrayBuffer>;
  readonly movement?: Movement | undefined;
  readonly crossings: readonly Crossing[];
  /** There is a picture that is worth looks: see `takeLooks`. */
  readonly wantsLook: boolean;
}

/**
 * The whole detection of one camera: movement on each picture, and people where looks find them. It has no clock, no
 * thread and no model of its own: the same pictures and answers always give the same findings.
 */
export class CameraWatch {
  #watch: WatchMessage;
  readonly #scaler: LumaScaler;
  readonly #detector: MovementDetector;
  readonly #finder: MovementFinder;
  readonly #gone = new GoneSomewhere();
  #facts: PersonModelFacts | undefined;
  #people: PeopleWatch | undefined;
  #size = "";
  #nextTrack: number;
  #waiting: Waiting | undefined;
  #looking: Waiting | undefined;

  constructor(watch: WatchMessage) {
    this.#watch = watch;
    this.#scaler = new LumaScaler(watch.width, watch.height);
    this.#detector = new MovementDetector(watch);
    this.#finder = new MovementFinder(watch);
    this.#nextTrack = watch.firstTrack ?? 1;
  }

  /** The model that looks from now on; undefined: none does. */
  setModel(facts: PersonModelFacts | undefined): void {
    this.#facts = facts;
    this.#forgetPeople();
  }

  /** The outlines of the zones from now on; what is known of the place and of who is there stays. */
  setZones(zones: WatchMessage["zones"]): void {
    this.#watch = { ...this.#watch, zones };
    this.#detector.setZones(zones);
    this.#people?.setZones(zones);
  }

  /** The lines from now on; who is on one that changed just then is not known to have come over it. */
  setLines(lines: readonly Line[]): void {
    this.#watch = { ...this.#watch, lines };
    this.#finder.setLines(lines);
    this.#people?.setLines(lines);
  }

  /** What the place looks like is another thing from now on. */
  learnAnew(): void {
    this.#detector.learnAnew();
  }

  get nextTrack(): number {
    return this.#nextTrack;
  }

  /** Takes a picture over: gray, or with colour (`VideoPicture`), which people are looked for in. */
  look(picture: GrayPicture): CameraFinding {
    const luma = this.#scaler.scale(picture);
    const nowMs = picture.at.monotonicMs;
    const zones = this.#detector.look({ pixels: luma, at: picture.at });
    const { tracks, ...moving } = this.#finder.look(this.#detector.shapes, nowMs);
    this.#planLooks(picture);
    return {
      luma,
      zones: this.#gone.sift(zones, tracks),
      stirring: this.#detector.isStirring,
      ...moving,
      wantsLook: this.#waiting !== undefined,
    };
  }

  /** What the model is to look at now, in order; empty when nothing waits. `took` or `gaveUp` follows. */
  takeLooks(): LookPicture[] {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    this.#looking = waiting;
    return waiting ? waiting.looks.map(({ crop }) => cutCrop(waiting.picture, crop)) : [];
  }

  /** @param people whom the model saw in each of the pictures that `takeLooks` gave. */
  took(people: readonly (readonly PersonBox[])[]): PeopleFindingAt | undefined {
    const looked = this.#looking;
    this.#looking = undefined;
    if (!looked || !this.#people) return undefined;
    const results = looked.looks.map((look, index) => ({ look, people: people[index] ?? [] }));
    const { at } = looked.picture;
    const finding = this.#people.take(results, looked.unrest, at.monotonicMs);
    for (const { id } of finding.tracks) this.#nextTrack = Math.max(this.#nextTrack, id + 1);
    return { ...finding, at };
  }

  #planLooks(picture: GrayPicture): void {
    const { width, height, pixels, at } = picture;
    if (!this.#facts || pixels.length <= width * height) return;
    if (this.#size !== `${width}x${height}`) this.#forgetPeople();
    this.#size = `${width}x${height}`;
    this.#people ??= new PeopleWatch(
      { ...this.#watch, firstTrack: this.#nextTrack },
      { width, height },
      this.#facts,
    );
    const sight = {
      moving: this.#detector.moving.map(({ box }) => box),
      isLearning: this.#detector.isLearning,
    };
    const looks = this.#people.plan(sight, at.monotonicMs);
    if (looks.length > 0) {
      this.#waiting = { picture, looks, unrest: this.#detector.unrest() };
    } else if (this.#waiting && at.monotonicMs - this.#waiting.picture.at.monotonicMs > WAITED_MS) {
      this.#waiting = undefined;
    }
  }

  #forgetPeople(): void {
    this.#people = undefined;
    this.#waiting = undefined;
    this.#looking = undefined;
  }
}

/** One picture with all the looks that it is worth, without a budget: as `cunshao evaluate` and tests see it. */
export async function lookOnce(
  watch: CameraWatch,
  model: Pick<PersonModel, "detect">,
  picture: GrayPicture,
): Promise<{ readonly movement: CameraFinding; readonly people: PeopleFindingAt | undefined }> {
  const movement = watch.look(picture);
  const people: (readonly PersonBox[])[] = [];
  for (const crop of watch.takeLooks()) people.push(await model.detect(crop));
  return { movement, people: people.length > 0 ? watch.took(people) : undefined };
}
