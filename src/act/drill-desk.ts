import type { BroadcastSource } from "../core/broadcast.ts";
import type { DrillBook, DrillDesk, DrillPlan, DrillRecord } from "../core/drill.ts";
import { errorCode, GatewayError, isAbort } from "../core/errors.ts";
import type { EventDraft } from "../core/event.ts";
import type { Logger } from "../core/log.ts";
import type { Part } from "../core/part.ts";
import { createSignal, type Signal } from "../core/signals.ts";
import type { Site } from "../core/site.ts";
import { isoTime, type Timer } from "../core/time.ts";
import { type DrillRoad, holdDrill } from "./drill-run.ts";
import { lastDueMs, nextDueMs, overdueSinceMs } from "./drill-times.ts";
import type { SpeakerChannel } from "./speaker-channel.ts";

/** A weekly drill that could not be begun by then is left to the next week: nobody expects it any more. */
const LATEST_MS = 2 * 3_600_000;
const LOOK_EVERY_MS = 20_000;
const WEEK_MS = 7 * 86_400_000;
const MOST_SHOWN = 100;

export interface DrillDependencies extends DrillRoad {
  readonly isClockSynced: () => boolean;
  readonly newId: () => string;
  readonly book: DrillBook;
  /** Takes an event for the ledger; never throws. */
  readonly record: (draft: EventDraft) => void;
  readonly log: Logger;
}

export interface RunningDrills extends DrillDesk, Part {
  readonly changes: Signal<void>;
}

/** Holds the drills: each week, and when a person wants one. One speaker after the other. */
export function createDrillDesk(
  dependencies: DrillDependencies,
  plan: DrillPlan,
  channels: readonly Pick<SpeakerChannel, "speaker" | "state" | "changes">[],
  { timezone }: Pick<Site, "timezone">,
): RunningDrills {
  const { clock, isClockSynced, newId, book, record, log } = dependencies;
  const changes = createSignal<void>();
  const latest = new Map<string, DrillRecord>();
  /** Those that were held, whatever came of it. */
  const held = new Map<string, number>();
  const waiting = new Map<string, BroadcastSource>();
  let running: string | undefined;
  let working: Promise<void> | undefined;
  let stopping = new AbortController();
  let timer: Timer | undefined;
  /** The weekly time that was seen to. */
  let seenToMs = Number.NEGATIVE_INFINITY;

  /** Of two the later told counts, whatever the clock showed then. */
  function remember(drill: DrillRecord): void {
    latest.set(drill.speaker, drill);
    if (drill.result !== "not-held") held.set(drill.speaker, Date.parse(drill.startedAt));
  }

  /** Whether it was tried at this weekly time, by this run or the one before; not in a year that a wrong clock showed. */
  function isTried(speaker: string, dueMs: number): boolean {
    const atMs = Date.parse(latest.get(speaker)?.startedAt ?? "");
    return atMs >= dueMs && atMs < dueMs + WEEK_MS;
  }

  /** When it was held last; unknown where a wrong clock dated it into the time to come. */
  function heldBefore(speaker: string, wallMs: number): number | undefined {
    const atMs = held.get(speaker);
    return atMs === undefined || atMs > wallMs + WEEK_MS ? undefined : atMs;
  }

  async function work(signal: AbortSignal): Promise<void> {
    for (let next = [...waiting][0]; next && !signal.aborted; next = [...waiting][0]) {
      const [speaker, by] = next;
      waiting.delete(speaker);
      const channel = channels.find((one) => one.speaker.id === speaker);
      if (!channel) continue;
      running = speaker;
      changes.emit();
      try {
        const drill = await holdDrill(dependencies, { ...plan, id: `drill-${newId()}`, by }, channel, signal);
        remember(drill);
        record({ type: "org.cunshao.drill.finished", class: "state", subject: drill.id, data: { ...drill } });
      } catch (error) {
        if (!isAbort(error)) log.error({ code: errorCode(error), speaker }, "a drill was not held");
      } finally {
        running = undefined;
        changes.emit();
      }
    }
  }

  function take(speakers: readonly string[], by: BroadcastSource): void {
    for (const speaker of speakers) waiting.set(speaker, by);
    working ??= work(stopping.signal).finally(() => {
      working = undefined;
    });
    changes.emit();
  }

  function look(): void {
    timer = clock.after(LOOK_EVERY_MS, look);
    if (!plan.weekly || !isClockSynced()) return;
    const { wallMs } = clock.now();
    const dueMs = lastDueMs(plan.weekly, wallMs, timezone);
    if (dueMs === seenToMs || wallMs - dueMs > LATEST_MS) return;
    seenToMs = dueMs;
    const due = channels.map(({ speaker }) => speaker.id).filter((speaker) => !isTried(speaker, dueMs));
    if (due.length > 0) take(due, { kind: "schedule", name: "drill" });
  }

  function known(speakers: readonly string[]): void {
    const stranger = speakers.find((id) => !channels.some(({ speaker }) => speaker.id === id));
    if (stranger === undefined) return;
    throw new GatewayError(`there is no speaker ${stranger}`, {
      code: "drill.no_such_speaker",
      kind: "permanent",
      device: stranger,
    });
  }

  return {
    name: "drills",
    changes,
    view() {
      const { wallMs } = clock.now();
      const weekly = isClockSynced() ? plan.weekly : undefined;
      return {
        plan,
        next: weekly && isoTime(nextDueMs(weekly, wallMs, timezone)),
        speakers: channels.map(({ speaker: { id } }) => {
          const sinceMs =
            weekly && overdueSinceMs(weekly, heldBefore(id, wallMs), wallMs - LATEST_MS, timezone);
          return {
            speaker: id,
            running: running === id || waiting.has(id),
            last: latest.get(id),
            overdueSince: sinceMs === undefined ? undefined : isoTime(sinceMs),
          };
        }),
      };
    },
    async history(speaker) {
      known([speaker]);
      return book.drills(speaker, MOST_SHOWN);
    },
    begin(speakers, by) {
      known(speakers);
      const busy = speakers.find((id) => running === id || waiting.has(id));
      if (busy !== undefined) {
        throw new GatewayError(`a drill is under way on ${busy}`, {
          code: "drill.running",
          kind: "transient",
          device: busy,
        });
      }
      take([...new Set(speakers)], by);
    },
    async start() {
      stopping = new AbortController();
      for (const { speaker } of channels) {
        const drills = await book.drills(speaker.id, 20).catch((error: unknown) => {
          log.error({ code: errorCode(error) }, "earlier drills are not known");
          return [];
        });
        // They come newest first.
        [...drills].reverse().forEach(remember);
      }
      look();
    },
    async stop() {
      timer?.cancel();
      waiting.clear();
      stopping.abort();
      await working;
    },
  };
}
