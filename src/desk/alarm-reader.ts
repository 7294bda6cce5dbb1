import { errorCode } from "../core/errors.ts";
import type { LedgerEvent } from "../core/event.ts";
import type { Logger } from "../core/log.ts";
import type { BoxCopy } from "../core/pulled-copy.ts";
import { type RetryPolicy, retryDelays } from "../core/retry.ts";
import type { Clock, Timer } from "../core/time.ts";
import { type AlarmTrace, createAlarmTrace, MOST_ALARMS, MOST_CORRECTIONS } from "./alarm-trace.ts";

/** Beside those of the alarms that are open, for the hundred that were cleared last. They are in memory at once, and each may have 64 KiB. */
const NEWEST_EVENTS = 1000;
/** Reading years of alarms takes a moment in which other villages wait: a box that lies without end must not have it done without end. */
const AGAIN: RetryPolicy = { firstMs: 1000, capMs: 600_000, jitter: 0 };
/** One of which nothing was wrong for so long is read at once again. */
const QUIET_MS = 3_600_000;

/** The alarms of one box, out of its copy: all that are open, however old, and those that were cleared last; and what it said of its clock. */
export async function readAlarms(ofBox: BoxCopy): Promise<AlarmTrace> {
  const trace = createAlarmTrace();
  trace.take(await ofBox.clockEvents(MOST_CORRECTIONS));
  for await (const events of ofBox.openAlarmEvents(MOST_ALARMS)) trace.take(events);
  trace.take(await ofBox.alarmEvents(NEWEST_EVENTS));
  return trace;
}

export interface AlarmReader {
  /** Of events of this box that were told it turned out that they never were. */
  again(box: string): void;
  /** Events of a box, as they come. */
  came(box: string, events: readonly LedgerEvent[]): void;
  stop(): void;
}

/** Has the alarms of a box read anew; until they are, and where they cannot be read, what is known of it stays. */
export function createAlarmReader({
  read,
  onRead,
  clock,
  log,
}: {
  readonly read: (box: string) => Promise<AlarmTrace>;
  /** @param trace undefined where they cannot be read. */
  readonly onRead: (box: string, trace: AlarmTrace | undefined) => void;
  readonly clock: Clock;
  readonly log: Logger;
}): AlarmReader {
  const planned = new Map<string, Timer>();
  const waits = new Map<string, { readonly delays: Generator<number, never>; readonly atMs: number }>();
  /** By box that is being read, what came meanwhile: reading may have passed its place. */
  const meanwhile = new Map<string, LedgerEvent[]>();
  let isStopped = false;

  /** Longer each time, unless it was long ago that there was anything wrong. */
  function delaysOf(box: string): Generator<number, never> {
    const { monotonicMs } = clock.now();
    const known = waits.get(box);
    const isOver = !known || monotonicMs - known.atMs > QUIET_MS;
    const delays = isOver ? retryDelays(AGAIN, () => 0) : known.delays;
    waits.set(box, { delays, atMs: monotonicMs });
    return delays;
  }

  function again(box: string): void {
    const delays = delaysOf(box);
    if (isStopped || planned.has(box)) return;
    const timer = clock.after(delays.next().value, () => {
      planned.delete(box);
      void readNow(box);
    });
    planned.set(box, timer);
  }

  async function readNow(box: string): Promise<void> {
    if (meanwhile.has(box)) {
      again(box);
      return;
    }
    const events: LedgerEvent[] = [];
    meanwhile.set(box, events);
    try {
      const trace = await read(box);
      trace.take(events);
      if (!isStopped) onRead(box, trace);
    } catch (error) {
      if (isStopped) return;
      log.error({ box, code: errorCode(error) }, "its alarms cannot be read anew");
      onRead(box, undefined);
      again(box);
    } finally {
      meanwhile.delete(box);
    }
  }

  return {
    again,
    came: (box, events) => void meanwhile.get(box)?.push(...events),
    stop() {
      isStopped = true;
      for (const timer of planned.values()) timer.cancel();
    },
  };
}
