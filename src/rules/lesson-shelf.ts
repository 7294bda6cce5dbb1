import type { CameraFaultView } from "../core/camera-health.ts";
import { GatewayError } from "../core/errors.ts";
import type { Lesson, LessonDraft, LessonHours, LessonView, LessonWords, Teaching } from "../core/lesson.ts";
import { isMinuteWithin } from "../core/schedule.ts";
import type { Camera } from "../core/site.ts";
import { type Clock, isoTime } from "../core/time.ts";
import type { ZoneDesk, ZoneView } from "../core/zones.ts";
import { MOST_SHARE, type ZonedCamera } from "./false-alarm.ts";
import { hoursOf } from "./lesson-hours.ts";
import { coveredShare, spare } from "./lesson-place.ts";
import { judgePause, type StandingSpan, settle } from "./pauses.ts";

const DAY_MS = 86_400_000;
/** A lesson ends so long after it was last taught. */
const LASTS_MS = { usual: 30 * DAY_MS, person: 7 * DAY_MS } as const;

const MOST_JUDGED = 200;

/** Why a lesson is over. */
export type LessonEnd = "person" | "time" | "clock" | "zone" | "moved" | "turned";

export interface ShelfDependencies {
  readonly clock: Clock;
  readonly isClockSynced: () => boolean;
  readonly faults: (camera: string) => readonly CameraFaultView[];
  /** Zones as they are drawn and as the water stands. */
  readonly zones: Pick<ZoneDesk, "zonesOf">;
}

export interface ShelfSite {
  readonly cameras: readonly Pick<Camera, "id" | "name" | "zones">[];
  readonly site: { readonly timezone: string };
}

interface Standing {
  readonly lesson: Lesson;
  readonly hours: LessonHours | undefined;
  readonly begunMs: number | null;
  readonly knownMs: number;
}

/** What of a view the shelf itself knows. */
export type ShelvedView = Omit<LessonView, "today" | "week" | "total" | "picturedAt">;

/** The lessons that stand, which of them hold now, and which are over. */
export class LessonShelf {
  readonly #dependencies: ShelfDependencies;
  readonly #site: ShelfSite;
  #standing: readonly Standing[];
  /** Those that hold now; undefined: to be found out. */
  #holding: readonly Lesson[] | undefined;
  readonly #judged = new Map<string, boolean>();

  /** @param carried of an earlier run. */
  constructor(dependencies: ShelfDependencies, site: ShelfSite, carried: readonly Lesson[]) {
    this.#dependencies = dependencies;
    this.#site = site;
    const { monotonicMs } = dependencies.clock.now();
    this.#standing = carried.map((lesson) => this.#stand(lesson, null, monotonicMs));
  }

  get lessons(): readonly Lesson[] {
    return this.#standing.map(({ lesson }) => lesson);
  }

  get holding(): readonly Lesson[] {
    this.#holding ??= this.#standing.filter((one) => this.#holds(one)).map(({ lesson }) => lesson);
    return this.#holding;
  }

  taughtBy(alarm: string): Lesson | undefined {
    return this.lessons.find(({ taught }) => taught.some((teaching) => teaching.alarm === alarm));
  }

  /** Puts it there, in the place of an earlier state of it; it holds from now on. */
  put(lesson: Lesson): void {
    const { monotonicMs } = this.#dependencies.clock.now();
    const others = this.#standing.filter((other) => other.lesson.id !== lesson.id);
    this.#change([...others, this.#stand(lesson, monotonicMs, monotonicMs)]);
  }

  take(id: string): Lesson | undefined {
    const taken = this.#standing.find(({ lesson }) => lesson.id === id)?.lesson;
    this.#change(this.#standing.filter(({ lesson }) => lesson !== taken));
    return taken;
  }

  /** Goes by the clocks as they are now. Returns what is over. */
  look(): readonly { readonly id: string; readonly why: LessonEnd }[] {
    const { clock, isClockSynced } = this.#dependencies;
    this.#change(
      this.#standing.map((one) => ({
        ...one,
        begunMs: settle(spanOf(one), clock.now(), isClockSynced()).begunMs,
      })),
    );
    return this.#standing.flatMap((one): { id: string; why: LessonEnd }[] => {
      const judgement = this.#judge(one);
      return judgement.state === "over" ? [{ id: one.lesson.id, why: judgement.why }] : [];
    });
  }

  /** Lessons whose zone was taken out or redrawn since: they are of another place. */
  strayed(): readonly string[] {
    return this.lessons.filter((lesson) => !this.#isOfZone(lesson)).map(({ id }) => id);
  }

  /** The cameras with their zones as they are now. */
  cameras(): readonly ZonedCamera[] {
    return this.#site.cameras.map(({ id }) => ({ id, zones: this.#dependencies.zones.zonesOf(id) }));
  }

  isMoved(camera: string): boolean {
    return this.#dependencies.faults(camera).some(({ fault }) => fault === "moved");
  }

  /** @param taught so far; none: it would be taught now. */
  words(draft: LessonDraft, taught: readonly Teaching[] = []): LessonWords {
    const untilMs = this.#dependencies.clock.now().wallMs + lastsMs(draft);
    return this.#words(draft, untilMs, hoursOf(taught, this.#site.site.timezone));
  }

  /** @throws GatewayError `lesson.unknown` (permanent). */
  told(id: string): LessonWords {
    const one = this.#standing.find(({ lesson }) => lesson.id === id);
    if (!one) {
      throw new GatewayError(`there is no lesson ${id}`, { code: "lesson.unknown", kind: "permanent" });
    }
    return this.#told(one);
  }

  views(): readonly ShelvedView[] {
    return this.#standing.map((one) => {
      const { lesson } = one;
      const { by, atMs } = lastOf(lesson);
      return {
        ...this.#told(one),
        id: lesson.id,
        state: this.#stateOf(one),
        by,
        taughtAt: isoTime(atMs),
        alarms: lesson.taught.map(({ alarm }) => alarm),
      };
    });
  }

  #change(standing: readonly Standing[]): void {
    this.#standing = standing;
    this.#holding = undefined;
  }

  #stand(lesson: Lesson, begunMs: number | null, knownMs: number): Standing {
    return { lesson, hours: hoursOf(lesson.taught, this.#site.site.timezone), begunMs, knownMs };
  }

  #judge(one: Standing) {
    const { clock, isClockSynced } = this.#dependencies;
    return judgePause(spanOf(one), clock.now(), isClockSynced());
  }

  #holds(one: Standing): boolean {
    const { clock, isClockSynced } = this.#dependencies;
    if (this.#judge(one).state !== "paused" || this.#stateOf(one) !== "holding") return false;
    if (!one.hours) return true;
    // Of a clock that may be wrong no time of the day is to be had.
    return isClockSynced() && isMinuteWithin(one.hours, clock.now().wallMs, this.#site.site.timezone);
  }

  #stateOf(one: Standing): LessonView["state"] {
    if (this.isMoved(one.lesson.camera)) return "moved";
    if (this.#isWaiting(one)) return "clock";
    return this.#isSpared(one.lesson) ? "holding" : "zone";
  }

  #isWaiting(one: Standing): boolean {
    return (
      this.#judge(one).state === "waiting" || (one.hours !== undefined && !this.#dependencies.isClockSynced())
    );
  }

  #zone({ camera, zone }: LessonDraft): ZoneView | undefined {
    return this.#dependencies.zones.zonesOf(camera).find(({ id }) => id === zone);
  }

  /** Judged by the whole zone, which does not move with the water. */
  #isOfZone(lesson: Lesson): boolean {
    const zone = this.#zone(lesson);
    if (!zone) return false;
    const whole = zone.whole ?? zone.polygon;
    return this.#once([whole, lesson.spots], () => {
      return (
        spare(whole, lesson.spots, MOST_SHARE) &&
        lesson.spots.every((spot) => coveredShare(whole, [spot]) > 0)
      );
    });
  }

  /** The lessons of a zone together, in the part of it that is dangerous now. */
  #isSpared(lesson: Lesson): boolean {
    const polygon = this.#zone(lesson)?.polygon;
    if (!polygon) return false;
    const ofZone = this.lessons.filter(
      ({ camera, zone }) => camera === lesson.camera && zone === lesson.zone,
    );
    const spots = ofZone.flatMap((one) => one.spots);
    return this.#once([polygon, spots, "together"], () => spare(polygon, spots, MOST_SHARE));
  }

  /** Zones change seldom, and counting their area costs milliseconds. */
  #once(what: readonly unknown[], judge: () => boolean): boolean {
    const key = JSON.stringify(what);
    const known = this.#judged.get(key);
    if (known !== undefined) return known;
    if (this.#judged.size >= MOST_JUDGED) this.#judged.clear();
    const judged = judge();
    this.#judged.set(key, judged);
    return judged;
  }

  #told(one: Standing): LessonWords {
    const judgement = this.#judge(one);
    const { atMs } = lastOf(one.lesson);
    // What is left counts, not what the clock showed when it began: that may have been wrong.
    const untilMs =
      judgement.state === "paused"
        ? this.#dependencies.clock.now().wallMs + judgement.leftMs
        : atMs + lastsMs(one.lesson);
    return this.#words(one.lesson, untilMs, one.hours);
  }

  #words(draft: LessonDraft, untilMs: number, hours: LessonHours | undefined): LessonWords {
    const { camera: id, zone: zoneId, detector, spots, isPerson } = draft;
    const camera = this.#camera(id);
    const zone = camera?.zones.find((one) => one.id === zoneId);
    return {
      ...{ camera: id, zone: zoneId, detector, spots, isPerson },
      name: `${camera?.name ?? id} ${zone?.name ?? zoneId}`,
      ...(hours && { hours }),
      until: isoTime(untilMs),
    };
  }

  #camera(camera: string): ShelfSite["cameras"][number] | undefined {
    return this.#site.cameras.find(({ id }) => id === camera);
  }
}

export function lastsMs({ isPerson }: Pick<LessonDraft, "isPerson">): number {
  return isPerson ? LASTS_MS.person : LASTS_MS.usual;
}

function spanOf({ lesson, begunMs, knownMs }: Standing): StandingSpan {
  const { atMs, clock } = lastOf(lesson);
  return { pause: { fromMs: atMs, durationMs: lastsMs(lesson), clock }, begunMs, knownMs };
}

function lastOf({ taught }: Lesson): Teaching {
  const last = taught.at(-1);
  if (!last) throw new GatewayError("a lesson that nobody taught", { code: "lesson.untaught", kind: "bug" });
  return last;
}
