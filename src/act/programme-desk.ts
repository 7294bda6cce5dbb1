import type { BroadcastContent, BroadcastOrder, BroadcastSource, OrderBook } from "../core/broadcast.ts";
import { errorCode, GatewayError } from "../core/errors.ts";
import type { EventDraft, Ledger } from "../core/event.ts";
import type { Logger } from "../core/log.ts";
import type { Part } from "../core/part.ts";
import type {
  Programme,
  ProgrammeBook,
  ProgrammeDesk,
  ProgrammeMarks,
  ProgrammeTime,
  ProgrammeView,
} from "../core/programme.ts";
import { createSignal, type Signal } from "../core/signals.ts";
import { type Clock, isoTime, type Timer } from "../core/time.ts";
import type { ProgrammeSheet } from "./programme-sheet.ts";
import { timesBetween } from "./programme-times.ts";

/** How soon it is seen that the wall clock was set. */
const LOOK_EVERY_MS = 5000;
/** The wall clock was set when it gains or loses so much at once. */
const STEP_MS = 1000;
/** The calendar is read so far ahead. */
const HORIZON_MS = 2 * 3_600_000;
const DAY_MS = 86_400_000;
/** The week that is shown, and today's weekday once more. */
const SHOWN_MS = 8 * DAY_MS;
/** All of the week: 24 times a day at most. */
const MOST_SHOWN = 24 * 8;

export interface ProgrammeDependencies {
  readonly clock: Clock;
  readonly isClockSynced: () => boolean;
  readonly timezone: string;
  readonly take: (order: BroadcastOrder) => Promise<void>;
  readonly orders: Pick<OrderBook, "find">;
  readonly book: Pick<ProgrammeBook, "marks">;
  readonly sheet: ProgrammeSheet;
  readonly ledger: Pick<Ledger, "append">;
  readonly record: (draft: EventDraft) => void;
  /** A recording of the clip shelf; undefined where there is none of this id. */
  readonly clipOf: (id: string) => Promise<Extract<BroadcastContent, { kind: "clip" }> | undefined>;
  readonly log: Logger;
}

export interface RunningProgrammes extends ProgrammeDesk, Part {
  readonly changes: Signal<void>;
}

const NO_MARKS: ProgrammeMarks = { paused: new Map(), skipped: new Set() };

/**
 * Gives the orders of the calendar. Each time of a programme is an order with an id of its own, so that the ledger tells which were
 * given: neither a restart nor a step of the clock says one twice. Without a clock that is known to be right all wait.
 */
export function createProgrammeDesk(dependencies: ProgrammeDependencies): RunningProgrammes {
  const { clock, isClockSynced, timezone, take, orders, book, sheet, ledger } = dependencies;
  const { record, clipOf, log } = dependencies;
  const changes = createSignal<void>();
  let marks = NO_MARKS;
  /** Times that were seen to, with their wall time. */
  const handled = new Map<string, number>();
  const startedMs = clock.now().monotonicMs;
  /** Monotonic time up to which it is known what was missed. */
  let lookedMs = startedMs;
  /** What the wall clock showed then: a step forward leaves no time out unseen. */
  let lookedWallMs = Number.POSITIVE_INFINITY;
  /** Wall time at which the calendar is read again, unless the clock was set meanwhile. */
  let nextMs = 0;
  let lastAheadMs = 0;
  let timer: Timer | undefined;
  let running = false;
  let stopListening = (): void => {};
  let looking: Promise<void> = Promise.resolve();
  let shown:
    | {
        readonly minute: number;
        readonly programmes: readonly Programme[];
        readonly views: readonly ProgrammeView[];
      }
    | undefined;

  const keyOf = (programme: string, { local }: Pick<ProgrammeTime, "local">): string =>
    `${programme}@${local}`;
  const find = (id: string): Programme => {
    const found = sheet.current().find((programme) => programme.id === id);
    if (found) return found;
    throw refused("programme.unknown", `there is no programme ${id}`);
  };

  async function look(): Promise<void> {
    const { wallMs, monotonicMs } = clock.now();
    if (!isClockSynced()) {
      nextMs = 0;
      return;
    }
    const aheadMs = wallMs - monotonicMs;
    if (wallMs < nextMs && Math.abs(aheadMs - lastAheadMs) < STEP_MS) return;
    lastAheadMs = aheadMs;
    const sinceMs = Math.max(Math.min(wallMs - (monotonicMs - lookedMs), lookedWallMs), wallMs - DAY_MS);
    for (const programme of sheet.current()) {
      const graceMs = programme.latestMinutes * 60_000;
      // A time that had passed when somebody wrote it down is not made up for.
      const writtenMs = Date.parse(sheet.writtenOf(programme.id)?.at ?? "") || 0;
      const fromMs = Math.max(sinceMs - graceMs, writtenMs);
      for (const time of timesBetween(programme, fromMs, wallMs, timezone)) {
        await seeTo(programme, time, wallMs - time.wallMs > graceMs);
      }
    }
    lookedMs = monotonicMs;
    lookedWallMs = wallMs;
    nextMs = Math.min(
      wallMs + HORIZON_MS,
      ...sheet
        .current()
        .flatMap((one) =>
          timesBetween(one, wallMs, wallMs + HORIZON_MS, timezone).map((time) => time.wallMs),
        ),
    );
    for (const [key, atMs] of handled) if (Math.abs(wallMs - atMs) > 3 * DAY_MS) handled.delete(key);
  }

  async function seeTo(programme: Programme, time: ProgrammeTime, isLate: boolean): Promise<void> {
    const key = keyOf(programme.id, time);
    if (handled.has(key)) return;
    handled.set(key, time.wallMs);
    if (marks.skipped.has(key)) return;
    const known = await orders.find(key).catch((error: unknown) => {
      log.error({ code: errorCode(error), programme: programme.id }, "a programme could not be looked up");
      return undefined;
    });
    if (known) return;
    if (marks.paused.has(programme.id)) return miss(programme, time, "programme.paused");
    if (isLate) return miss(programme, time, "programme.late");
    await give(programme, time, key);
  }

  async function give(programme: Programme, time: ProgrammeTime, id: string): Promise<void> {
    const { speakers, repeat, volume, whenPreempted } = programme;
    const { content: what } = programme;
    const content = what.kind === "text" ? what : await clipOf(what.clip);
    if (!content) return miss(programme, time, "clips.unknown");
    const source = { kind: "schedule", name: programme.id } as const;
    try {
      await take({ id, source, priority: "schedule", speakers, content, repeat, volume, whenPreempted });
    } catch (error) {
      // The refusal is in the ledger.
      log.warn({ code: errorCode(error), programme: programme.id }, "a programme was refused");
    }
  }

  function onWritten(): void {
    nextMs = 0;
    changes.emit();
    lookSoon();
  }

  function miss({ id, name }: Programme, { local }: ProgrammeTime, reason: string): void {
    record({
      type: "org.cunshao.programme.missed",
      class: "state",
      subject: id,
      data: { programme: id, name, time: local, reason },
    });
  }

  function schedule(): void {
    timer?.cancel();
    if (!running || sheet.current().length === 0) return;
    timer = clock.after(delayMs(), lookSoon);
  }

  function lookSoon(): void {
    looking = looking.then(look).catch((error: unknown) => {
      log.error({ code: errorCode(error) }, "the programmes could not be looked at");
    });
    void looking.then(schedule);
  }

  function delayMs(): number {
    const leftMs = nextMs - clock.now().wallMs;
    return leftMs > 0 ? Math.min(LOOK_EVERY_MS, leftMs) : LOOK_EVERY_MS;
  }

  function view(programme: Programme): ProgrammeView {
    const { content, latestMinutes: _latestMinutes, ...told } = programme;
    const { id } = told;
    const written = sheet.writtenOf(id);
    const { wallMs } = clock.now();
    const next = isClockSynced() ? timesBetween(programme, wallMs, wallMs + SHOWN_MS, timezone) : [];
    return {
      ...told,
      ...(content.kind === "text" ? { text: content.text } : { clip: content.clip }),
      version: written?.version ?? 0,
      ...(written && { written: { by: written.by, at: written.at } }),
      isConfigured: sheet.isConfigured(id),
      next: next.slice(0, MOST_SHOWN).map((time) => ({
        local: time.local,
        at: isoTime(time.wallMs),
        skipped: marks.skipped.has(keyOf(id, time)),
      })),
      paused: marks.paused.get(id),
    };
  }

  function changed(next: ProgrammeMarks): void {
    marks = next;
    shown = undefined;
    changes.emit();
  }

  /** The time that is named, if it is to come. */
  function timeOf(programme: Programme, local: string | undefined, isSkipped: boolean): ProgrammeTime {
    const { wallMs } = clock.now();
    const times = isClockSynced() ? timesBetween(programme, wallMs, wallMs + SHOWN_MS, timezone) : [];
    const time = times.find(
      (one) =>
        (local === undefined || one.local === local) &&
        marks.skipped.has(keyOf(programme.id, one)) === isSkipped,
    );
    if (time) return time;
    throw refused("programme.no_such_time", `${programme.id} is not to be heard then`);
  }

  async function mark(
    kind: string,
    { id, name }: Programme,
    data: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    await ledger.append({
      type: `org.cunshao.programme.${kind}`,
      class: "state",
      subject: id,
      data: { programme: id, name, ...data },
    });
  }

  async function setSkipped(id: string, local: string | undefined, by: BroadcastSource, isSkipped: boolean) {
    const programme = find(id);
    const time = timeOf(programme, local, !isSkipped);
    await mark(isSkipped ? "skipped" : "unskipped", programme, { time: time.local, by });
    const skipped = new Set(marks.skipped);
    if (isSkipped) skipped.add(keyOf(id, time));
    else skipped.delete(keyOf(id, time));
    changed({ ...marks, skipped });
    return view(programme);
  }

  return {
    name: "programmes",
    changes,
    list() {
      const minute = Math.floor(clock.now().wallMs / 60_000) * (isClockSynced() ? 1 : -1);
      const programmes = sheet.current();
      if (shown?.minute !== minute || shown.programmes !== programmes) {
        shown = { minute, programmes, views: programmes.map(view) };
      }
      return shown.views;
    },
    takenOut: () => sheet.takenOut().map(({ id, name, by, at }) => ({ id, name, by, at })),
    write: async (id, draft, version, by) => view(await sheet.write(id, draft, version, by)),
    takeOut: sheet.takeOut,
    restore: async (id, by) => view(await sheet.restore(id, by)),
    skip: (id, local, by) => setSkipped(id, local, by, true),
    unskip: (id, local, by) => setSkipped(id, local, by, false),
    async pause(id, reason, by) {
      const programme = find(id);
      await mark("paused", programme, { by, reason });
      const paused = { by, reason, since: isoTime(clock.now().wallMs) };
      changed({ ...marks, paused: new Map([...marks.paused, [id, paused]]) });
      return view(programme);
    },
    async resume(id, by) {
      const programme = find(id);
      if (marks.paused.has(id)) {
        await mark("resumed", programme, { by });
        changed({ ...marks, paused: new Map([...marks.paused].filter(([other]) => other !== id)) });
      }
      return view(programme);
    },
    async start() {
      try {
        marks = await book.marks();
      } catch (error) {
        log.error({ code: errorCode(error) }, "what people did with programmes is not known");
      }
      running = true;
      stopListening = sheet.changes.on(onWritten);
      lookSoon();
    },
    async stop() {
      running = false;
      stopListening();
      timer?.cancel();
      await looking;
    },
  };
}

function refused(code: string, message: string): GatewayError {
  return new GatewayError(message, { code, kind: "permanent" });
}
