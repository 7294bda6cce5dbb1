import type { Alarm, AlarmBook } from "../core/alarm.ts";
import type { BroadcastSource } from "../core/broadcast.ts";
import { errorCode, GatewayError } from "../core/errors.ts";
import type { EventDraft, Ledger } from "../core/event.ts";
import type { FalseAlarm, Lesson, LessonBook, LessonCount, LessonDesk, Teaching } from "../core/lesson.ts";
import type { Logger } from "../core/log.ts";
import type { Observation } from "../core/observation.ts";
import type { Part } from "../core/part.ts";
import { createSignal, type Signal } from "../core/signals.ts";
import type { Rule } from "../core/site.ts";
import { isoTime, type Timer } from "../core/time.ts";
import { holdMs } from "./condition.ts";
import { type Learnt, learnFrom } from "./false-alarm.ts";
import { createLessonCounts } from "./lesson-counts.ts";
import { hoursOf } from "./lesson-hours.ts";
import {
  type LessonEnd,
  LessonShelf,
  lastsMs,
  type ShelfDependencies,
  type ShelfSite,
} from "./lesson-shelf.ts";
import { heeds, type Ignored, LessonSieve } from "./lesson-sieve.ts";

/** An older alarm teaches nothing: the place may have changed. */
const OLDEST_MS = 86_400_000;
/** How soon it is seen that a lesson is over, or the wall clock was corrected. */
const LOOK_EVERY_MS = 5_000;
/** A stay is counted once, and forgotten when it was not seen for so long. */
const FORGET_MS = 60_000;

export interface LessonDeskDependencies extends ShelfDependencies {
  readonly ledger: Pick<Ledger, "append" | "read" | "onAppend">;
  readonly alarms: Pick<AlarmBook, "get">;
  readonly lessonBook: LessonBook;
  /** For what has happened already: writes it as soon as the disk takes it. */
  readonly record: (draft: EventDraft) => void;
  readonly newId: () => string;
  readonly acknowledge: (alarm: string, by: BroadcastSource) => Promise<void>;
  /** The camera's newest picture as JPEG. */
  readonly snapshot: (camera: string) => Promise<Buffer>;
  readonly log: Logger;
}

export interface StandingLessons extends LessonDesk, Part {
  /** What the rules that heed lessons are told; the observation itself where nothing is ignored. */
  sift(observation: Observation): Observation;
  /** Rules that shall act on what is there now, because a lesson was taken back. */
  readonly armed: Signal<readonly string[]>;
  readonly changes: Signal<void>;
  /** The camera looks elsewhere: what was learnt of its picture is over. */
  turned(camera: string): void;
}

/** Holds the lessons, applies them to what vision tells, ends each in time, and writes their life into the ledger. */
export function createLessonDesk(
  dependencies: LessonDeskDependencies,
  site: ShelfSite & { readonly rules: readonly Rule[] },
  carried: { readonly lessons: readonly Lesson[]; readonly counts: readonly LessonCount[] },
): StandingLessons {
  const { clock, isClockSynced, ledger, alarms, lessonBook, record, newId, log } = dependencies;
  const { timezone } = site.site;
  const armed = createSignal<readonly string[]>();
  const changes = createSignal<void>();
  const sieve = new LessonSieve();
  const shelf = new LessonShelf(dependencies, site, carried.lessons);
  const picturedMs = new Map<string, number>();
  const turnedMs = new Map<string, number>();
  const stays = new Map<string, { readonly sinceMs: number; lastMs: number; isCounted: boolean }>();
  const counts = createLessonCounts(
    { ...dependencies, book: lessonBook, timezone },
    carried.counts,
    (lesson, atMs) => {
      picturedMs.set(lesson, atMs);
      changes.emit();
    },
  );
  let timer: Timer | undefined;
  let unsubscribe: (() => void) | undefined;
  let last: Promise<unknown> = Promise.resolve();

  function look(): void {
    timer?.cancel();
    timer = undefined;
    for (const { id, why } of shelf.look()) drop(id, why);
    for (const id of shelf.strayed()) drop(id, "zone");
    if (isClockSynced()) counts.tell(shelf.lessons);
    const nowMs = clock.now().monotonicMs;
    for (const [stay, { lastMs }] of stays) if (nowMs - lastMs > FORGET_MS) stays.delete(stay);
    if (shelf.lessons.length > 0) timer = clock.after(LOOK_EVERY_MS, look);
  }

  /** It holds no more from here on, whatever the disk says. */
  function drop(id: string, why: LessonEnd, by?: BroadcastSource): void {
    const lesson = shelf.take(id);
    if (!lesson) throw refused("lesson.unknown", `there is no lesson ${id}`);
    const { camera, zone, taught } = lesson;
    record({
      type: "org.cunshao.lesson.ended",
      class: "state",
      subject: id,
      data: { camera, zone, why, ...(by && { by }), ignored: counts.of(id).total },
    });
    if (by) for (const { alarm } of taught) record(withdrawal(alarm, by));
    counts.forget(id);
    picturedMs.delete(id);
    dropPictures();
    if (by) armed.emit(site.rules.filter((rule) => heeds(rule, lesson)).map((rule) => rule.id));
    changes.emit();
  }

  function dropPictures(): void {
    lessonBook.keepOnly(shelf.lessons.map(({ id }) => id)).catch((error: unknown) => {
      log.warn({ code: errorCode(error) }, "the picture of a lesson that is over stays behind");
    });
  }

  function note(ignored: readonly Ignored[]): void {
    const nowMs = clock.now().monotonicMs;
    for (const { lesson, camera, zone, stay } of ignored) {
      const key = `${lesson} ${stay}`;
      const known = stays.get(key) ?? { sinceMs: nowMs, lastMs: nowMs, isCounted: false };
      known.lastMs = nowMs;
      stays.set(key, known);
      if (known.isCounted || nowMs - known.sinceMs < leastHoldMs(camera, zone)) continue;
      known.isCounted = true;
      counts.add({ id: lesson, camera, zone });
      changes.emit();
    }
  }

  /** A shorter stay would have raised nothing; where no rule heeds lessons nothing would. */
  function leastHoldMs(camera: string, zone: string): number {
    const rules = site.rules.filter((rule) => heeds(rule, { camera, zone }));
    return Math.min(...rules.map(({ when }) => holdMs(when)));
  }

  async function find(id: string): Promise<Alarm> {
    const alarm = await alarms.get(id);
    if (alarm) return alarm;
    throw refused("alarm.unknown", `there is no alarm ${id}`);
  }

  async function learn(alarm: Alarm): Promise<Learnt> {
    const [event] = await ledger.read({ after: alarm.seq - 1, limit: 1 });
    if (event?.subject !== alarm.id) return { kind: "nothing", code: "lesson.no_picture" };
    const rule = site.rules.find(({ id }) => id === alarm.rule);
    const learnt = learnFrom(event.data, rule, shelf.cameras(), shelf.lessons);
    if (learnt.kind === "nothing") return learnt;
    const { camera } = learnt.kind === "lesson" ? learnt.draft : learnt.lesson;
    const raisedMs = Date.parse(alarm.raisedAt);
    if (shelf.isMoved(camera) || raisedMs <= (turnedMs.get(camera) ?? Number.NEGATIVE_INFINITY)) {
      return { kind: "nothing", code: "lesson.turned" };
    }
    if (clock.now().wallMs - raisedMs > OLDEST_MS) return { kind: "nothing", code: "lesson.old" };
    return learnt;
  }

  /** What the alarm teaches, or has taught. */
  async function tell(alarm: Alarm): Promise<{ readonly learnt?: Learnt; readonly answer: FalseAlarm }> {
    const { id } = alarm;
    const before = shelf.taughtBy(id);
    if (before) return { answer: { alarm: id, ignores: shelf.told(before.id), lesson: before.id } };
    // Called false already, and what it taught is over.
    if (alarm.falseBy !== undefined) return { answer: { alarm: id } };
    const learnt = await learn(alarm);
    if (learnt.kind === "nothing") return { learnt, answer: { alarm: id, nothing: learnt.code } };
    if (learnt.kind === "lesson")
      return { learnt, answer: { alarm: id, ignores: shelf.words(learnt.draft) } };
    const { lesson } = learnt;
    const ignores = shelf.words(lesson, lesson.taught);
    return { learnt, answer: { alarm: id, ignores, lesson: lesson.id, repeats: true } };
  }

  async function teach(
    alarm: string,
    by: BroadcastSource,
    learnt: Exclude<Learnt, { kind: "nothing" }>,
  ): Promise<Lesson | undefined> {
    const { wallMs } = clock.now();
    const teaching: Teaching = { alarm, by, atMs: wallMs, clock: isClockSynced() ? "synced" : "unsynced" };
    const lesson: Lesson =
      learnt.kind === "lesson"
        ? { ...learnt.draft, id: newId(), taught: [teaching] }
        : { ...learnt.lesson, taught: [...learnt.lesson.taught, teaching] };
    const { id, taught, ...draft } = lesson;
    const hours = hoursOf(taught, timezone);
    await ledger.append({
      type: "org.cunshao.lesson.taught",
      class: "state",
      subject: id,
      data: {
        ...draft,
        ...{ alarm, by, at: isoTime(wallMs), clock: teaching.clock },
        until: isoTime(wallMs + lastsMs(lesson)),
        ...(hours && { hours }),
        ...(learnt.kind === "repeats" && { repeated: true }),
      },
    });
    // Taken back while the disk was busy.
    if (learnt.kind === "repeats" && !shelf.lessons.some((other) => other.id === id)) return undefined;
    shelf.put(lesson);
    changes.emit();
    look();
    return lesson;
  }

  async function mark(id: string, by: BroadcastSource): Promise<FalseAlarm> {
    const alarm = await find(id);
    const { learnt, answer } = await tell(alarm);
    if (alarm.falseBy !== undefined) return answer;
    const lesson = learnt && learnt.kind !== "nothing" ? await teach(id, by, learnt) : shelf.taughtBy(id);
    await ledger.append({
      type: "org.cunshao.alarm.false",
      class: "alarm",
      subject: id,
      data: { by, ...(lesson && { lesson: lesson.id }), ...(answer.nothing && { nothing: answer.nothing }) },
    });
    if (alarm.status === "raised" || alarm.status === "escalated") {
      await dependencies.acknowledge(id, by).catch((error: unknown) => {
        // It ended by itself meanwhile.
        if (errorCode(error) !== "alarm.cleared") throw error;
      });
    }
    if (!lesson) return { alarm: id, nothing: answer.nothing };
    return { ...answer, ignores: shelf.words(lesson, lesson.taught), lesson: lesson.id };
  }

  async function withdraw(id: string, by: BroadcastSource): Promise<void> {
    const alarm = await find(id);
    const lesson = shelf.taughtBy(id);
    if (lesson) {
      drop(lesson.id, "person", by);
      return;
    }
    if (alarm.falseBy === undefined) throw refused("alarm.not_false", `alarm ${id} was not called false`);
    await ledger.append(withdrawal(id, by));
    // Who is there now is new to the rule: that the alarm was acknowledged was the mistake.
    armed.emit([alarm.rule]);
  }

  /** One after the other: two taps at once teach one lesson. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = last.then(work);
    last = done.catch(() => undefined);
    return done;
  }

  function endAll(camera: string, why: LessonEnd): void {
    for (const lesson of shelf.lessons) if (lesson.camera === camera) drop(lesson.id, why);
  }

  return {
    name: "lessons",
    armed,
    changes,
    async start() {
      unsubscribe = ledger.onAppend(({ type, subject }) => {
        // What was learnt is of where the camera looked before.
        if (type === "org.cunshao.camera.reference.set" && subject !== undefined) endAll(subject, "moved");
      });
      for (const { id } of shelf.lessons) {
        const picture = await lessonBook.picture(id);
        if (picture) picturedMs.set(id, picture.atMs);
      }
      dropPictures();
      look();
    },
    async stop() {
      unsubscribe?.();
      timer?.cancel();
      timer = undefined;
    },
    sift(observation) {
      const { observation: sifted, ignored } = sieve.sift(observation, shelf.holding);
      if (ignored.length > 0) note(ignored);
      return sifted;
    },
    turned(camera) {
      turnedMs.set(camera, clock.now().wallMs);
      endAll(camera, "turned");
    },
    list: () =>
      shelf.views().map((view) => {
        const pictured = picturedMs.get(view.id);
        return {
          ...view,
          ...counts.of(view.id),
          ...(pictured !== undefined && { picturedAt: isoTime(pictured) }),
        };
      }),
    figures: counts.figures,
    preview: async (alarm) => (await tell(await find(alarm))).answer,
    mark: (alarm, by) => inTurn(() => mark(alarm, by)),
    withdraw: (alarm, by) => inTurn(() => withdraw(alarm, by)),
    undo: async (lesson, by) => drop(lesson, "person", by),
    async picture(id) {
      shelf.told(id);
      const picture = await lessonBook.picture(id);
      if (!picture)
        throw refused("lesson.unpictured", "Nothing was ignored yet, or no picture could be taken");
      return picture.jpeg;
    },
  };
}

function withdrawal(alarm: string, by: BroadcastSource): EventDraft {
  return { type: "org.cunshao.alarm.false_withdrawn", class: "alarm", subject: alarm, data: { by } };
}

function refused(code: string, message: string): GatewayError {
  return new GatewayError(message, { code, kind: "permanent" });
}
