import type { BoardReading, BoardView, ReadBoard } from "../core/board.ts";
import type { EventDraft } from "../core/event.ts";
import type { Part, PartHealth } from "../core/part.ts";
import { createSignal, type Signal } from "../core/signals.ts";
import { type Clock, isoTime, type Timer } from "../core/time.ts";

const LOOK_EVERY_MS = 10_000;
/** A supply that sags again and again is low all the time. */
const GOOD_AFTER_MS = 60_000;
/** A Raspberry Pi slows down from 80; cool again below 75, so that it is not told each minute. */
const HOT_CELSIUS = 80;
const COOL_CELSIUS = 75;

export interface BoardWatch extends Part {
  view(): BoardView;
  readonly changes: Signal<void>;
}

/** Watches what feeds and heats the board: a weak supply loses cards, and a hot one is slow. */
export function createBoardWatch({
  clock,
  read,
  record,
}: {
  readonly clock: Clock;
  readonly read: ReadBoard;
  readonly record: (draft: EventDraft) => void;
}): BoardWatch {
  const changes = createSignal<void>();
  let reading: BoardReading = {};
  let supply: BoardReading["supply"];
  let since: string | undefined;
  let lowMs = 0;
  let isHot = false;
  let timer: Timer | undefined;
  let running = false;
  let looking: Promise<void> = Promise.resolve();

  async function look(): Promise<void> {
    reading = await read();
    const { wallMs, monotonicMs } = clock.now();
    if (reading.supply === "low") lowMs = monotonicMs;
    const isGood = reading.supply === "good" && (supply !== "low" || monotonicMs - lowMs >= GOOD_AFTER_MS);
    const next = isGood ? "good" : (supply ?? reading.supply);
    turn(reading.supply === "low" ? "low" : reading.supply && next, isoTime(wallMs));
    heat(reading.celsius ?? 0);
  }

  function turn(next: BoardReading["supply"], at: string): void {
    if (next === supply) return;
    const isFirst = supply === undefined;
    supply = next;
    since = next && at;
    // That all is well at the start is no news.
    if (next === "low" || (next === "good" && !isFirst)) tell("org.cunshao.board.supply", { supply: next });
    changes.emit();
  }

  function heat(celsius: number): void {
    if (isHot ? celsius > COOL_CELSIUS : celsius < HOT_CELSIUS) return;
    isHot = !isHot;
    tell("org.cunshao.board.heat", { hot: isHot, celsius: Math.round(celsius) });
    changes.emit();
  }

  function tell(type: string, data: Record<string, unknown>): void {
    record({ type, class: "state", data });
  }

  function lookSoon(): void {
    looking = look().finally(() => {
      if (running) timer = clock.after(LOOK_EVERY_MS, lookSoon);
    });
  }

  return {
    name: "board",
    changes,
    view: () => ({ ...reading, ...(supply && { supply }), ...(since !== undefined && { since }) }),
    health(): PartHealth {
      if (supply === "low") return { name: "board", status: "degraded", reason: "board.supply_low" };
      if (isHot) return { name: "board", status: "degraded", reason: "board.hot" };
      return { name: "board", status: "ok" };
    },
    async start() {
      running = true;
      lookSoon();
    },
    async stop() {
      running = false;
      timer?.cancel();
      await looking;
    },
  };
}
