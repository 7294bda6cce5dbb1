import type { ClockBook, ClockCorrection } from "../core/clock-correction.ts";
import { errorCode } from "../core/errors.ts";
import type { LedgerEvent } from "../core/event.ts";
import type { Logger } from "../core/log.ts";
import type { Part } from "../core/part.ts";
import type { Clock, Timer } from "../core/time.ts";
import type { ClockQuality, Projection, StoredLedger } from "./ledger.ts";
import type { Database, Transaction } from "./sql.ts";

const CORRECTED = "org.cunshao.clock.corrected";
const SYNCED = "org.cunshao.clock.synced";
/** How soon it is seen that the time became known, where no event tells it. */
const LOOK_EVERY_MS = 5000;
/** The clock was set when it gains or loses so much at once; a smaller error of a time is none. */
const STEP_MS = 1000;

export interface ClockBookDependencies {
  readonly database: Database;
  readonly clock: Clock;
  readonly clockQuality: () => ClockQuality;
  /** What told the right time; undefined while nothing did. */
  readonly timeSource: () => string | undefined;
  /** Since the machine was booted, ms: what the wall clocks of several runs of one boot are compared by. */
  readonly uptimeMs: () => number;
  readonly log: Logger;
}

interface Span {
  readonly fromSeq: number;
  /** The wall time that the clock gave the beginning of the boot. */
  readonly beganMs: number;
  readonly clock: ClockQuality;
}

interface RunningClockBook {
  readonly projection: Projection;
  /** @param ledger the one that keeps the projection. */
  part(ledger: Pick<StoredLedger, "append" | "onAppend" | "head">, bootId: string): ClockBook & Part;
}

/**
 * Knows from which event on the clock of a boot ran how, and says by an event how wrong it was, once that is known. A wall
 * clock that runs steadily gives the same beginning of the boot always, also over restarts of the gateway; each step and
 * each change of quality begins a span. When the time is known, every span of the boot in which it was not gets its own
 * rule.
 */
export async function openClockBook(dependencies: ClockBookDependencies): Promise<RunningClockBook> {
  const { database, clock, clockQuality, timeSource, uptimeMs, log } = dependencies;
  const sinceBootMs = uptimeMs() - clock.now().monotonicMs;
  const corrections = await database.all<ClockCorrection>(
    `SELECT boot, first_seq AS firstSeq, last_seq AS lastSeq, offset_ms AS offsetMs, source
     FROM clock_corrections ORDER BY seq`,
  );
  /** The span that the newest event stands in; undefined before this run's first. */
  let open: Span | undefined;
  let newestSeq = -1;

  function beganOf({ time, monotonic }: LedgerEvent): number {
    return Date.parse(time) - monotonic - Math.round(sinceBootMs);
  }

  /** Where the clock ran on since the event before there is nothing to note but how far it was followed. */
  function concerns(event: LedgerEvent): boolean {
    const goesOn =
      open !== undefined &&
      event.seq === newestSeq + 1 &&
      event.clock === open.clock &&
      Math.abs(open.beganMs - beganOf(event)) < STEP_MS &&
      event.type !== CORRECTED;
    if (goesOn) newestSeq = event.seq;
    return !goesOn;
  }

  async function apply({ run, all }: Transaction, events: readonly LedgerEvent[]): Promise<void> {
    // After a commit that failed the next event has a place that was given before: what was known then is not in the file.
    let last = events[0]?.seq === newestSeq + 1 ? open : undefined;
    for (const event of events) {
      const { seq, boot, clock: quality } = event;
      newestSeq = seq;
      const beganMs = beganOf(event);
      last ??= await lastSpan({ all }, boot);
      if (last?.clock !== quality || Math.abs(last.beganMs - beganMs) >= STEP_MS) {
        last = { fromSeq: seq, beganMs, clock: quality };
        await run(
          "INSERT OR REPLACE INTO clock_spans (from_seq, boot, began_ms, clock) VALUES (?, ?, ?, ?)",
          [...[seq, boot, beganMs], quality],
        );
      }
      const correction = correctionOf(event);
      if (!correction) continue;
      const { firstSeq, lastSeq, offsetMs, source } = correction;
      await run(
        `INSERT OR REPLACE INTO clock_corrections (seq, boot, first_seq, last_seq, offset_ms, source)
         VALUES (?, ?, ?, ?, ?, ?)`,
        [seq, correction.boot, firstSeq, lastSeq, offsetMs, source],
      );
    }
    open = last;
  }

  return {
    projection: { concerns, apply },
    part(ledger, bootId) {
      let timer: Timer | undefined;
      let stopListening: (() => void) | undefined;
      let looking: Promise<void> | undefined;
      let running = false;
      let isRight = false;

      /** Spans of this boot whose times nobody corrected yet, each with where it ends. */
      async function wrong(): Promise<(Span & { readonly lastSeq: number })[]> {
        const spans = await database.all<Span & { readonly lastSeq: number | null }>(
          `SELECT from_seq AS fromSeq, began_ms AS beganMs, clock,
                  lead(from_seq) OVER (ORDER BY from_seq) - 1 AS lastSeq
           FROM clock_spans WHERE boot = ? ORDER BY from_seq`,
          [bootId],
        );
        return spans.flatMap(({ lastSeq, ...span }) => {
          const isDone = corrections.some(
            ({ firstSeq, boot }) => boot === bootId && firstSeq === span.fromSeq,
          );
          return span.clock === "unsynced" && !isDone && lastSeq !== null ? [{ ...span, lastSeq }] : [];
        });
      }

      async function correct(): Promise<void> {
        const source = timeSource() ?? "unknown";
        if (open?.clock === "unsynced") {
          // Its own event begins the span in which the time is known.
          await ledger.append({ type: SYNCED, class: "state", data: { source } });
        }
        const { wallMs, monotonicMs } = clock.now();
        const beganMs = wallMs - monotonicMs - Math.round(sinceBootMs);
        for (const { fromSeq: firstSeq, lastSeq, beganMs: toldMs } of await wrong()) {
          const offsetMs = Math.round(beganMs - toldMs);
          if (Math.abs(offsetMs) < STEP_MS) continue;
          const data = { boot: bootId, offsetMs, source, firstSeq, lastSeq, events: lastSeq - firstSeq + 1 };
          await ledger.append({ type: CORRECTED, class: "state", data });
          log.warn(
            { offsetMs, source, firstSeq, lastSeq },
            "the clock was wrong; earlier times are corrected",
          );
        }
      }

      function look(): void {
        if (open?.clock === "unsynced") isRight = false;
        if (isRight || !running || looking || clockQuality() !== "synced") return;
        looking = correct()
          .then(() => {
            isRight = true;
          })
          .catch((error: unknown) => {
            log.warn({ code: errorCode(error) }, "earlier times could not be corrected");
          })
          .finally(() => {
            looking = undefined;
          });
      }

      function schedule(): void {
        timer = clock.after(LOOK_EVERY_MS, () => {
          look();
          schedule();
        });
      }

      return {
        name: "clock",
        corrections: () => corrections,
        async start() {
          running = true;
          stopListening = ledger.onAppend((event) => {
            const correction = correctionOf(event);
            if (correction) corrections.push(correction);
          });
          look();
          schedule();
        },
        async stop() {
          running = false;
          timer?.cancel();
          stopListening?.();
          await looking;
        },
      };
    },
  };
}

async function lastSpan({ all }: Pick<Transaction, "all">, boot: string): Promise<Span | undefined> {
  const [span] = await all<Span>(
    `SELECT from_seq AS fromSeq, began_ms AS beganMs, clock FROM clock_spans WHERE boot = ?
     ORDER BY from_seq DESC LIMIT 1`,
    [boot],
  );
  return span;
}

function correctionOf({ type, data }: LedgerEvent): ClockCorrection | undefined {
  if (type !== CORRECTED) return undefined;
  const { boot, firstSeq, lastSeq, offsetMs, source } = data as Partial<ClockCorrection>;
  const isOne =
    typeof boot === "string" &&
    typeof source === "string" &&
    [firstSeq, lastSeq, offsetMs].every((value) => Number.isSafeInteger(value));
  return isOne ? ({ boot, firstSeq, lastSeq, offsetMs, source } as ClockCorrection) : undefined;
}
