import { anySignal } from "../core/any-signal.ts";
import type { DeadLetters, Downlink, LaneSpan, Lanes, Outbox } from "../core/delivery.ts";
import { CLASSES_BY_URGENCY } from "../core/delivery.ts";
import { errorCode } from "../core/errors.ts";
import type { EventClass, Ledger, LedgerEvent } from "../core/event.ts";
import type { Logger } from "../core/log.ts";
import { type RightOfWay, untilFree } from "../core/right-of-way.ts";
import { cutRange, gapsIn, rangesOf, type SeqRange } from "../core/seq-ranges.ts";
import type { Clock } from "../core/time.ts";
import { isoTime } from "../core/time.ts";
import type { Failure, Word } from "./answers.ts";
import { covers, failure, isFailure } from "./answers.ts";
import type { Carrier, Consignment } from "./consignment.ts";
import { bytesOf, cutRun, QUESTION } from "./consignment.ts";
import { extendLanes, isOfNow, lanesThrough, type PlannedSpan, planSpans } from "./lane-plan.ts";
import type { StatusBoard } from "./status-board.ts";

/** So many refused events in a row mean that the upstream is out of order, not the events. */
const MOST_SUSPECTS = 8;

export interface DispatchConfig {
  readonly upstream: string;
  readonly batch: { readonly events: number; readonly bytes: number };
}

export interface DispatchDependencies {
  readonly carrier: Carrier;
  readonly ledger: Ledger;
  readonly outbox: Outbox;
  readonly deadLetters: DeadLetters;
  readonly board: StatusBoard;
  readonly downlink?: Downlink | undefined;
  readonly rightOfWay?: Pick<RightOfWay, "isTaken" | "onFree"> | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What of the ledger goes to one upstream next, and what its answers mean. Failures are those to wait after. */
export interface Dispatch {
  /** Reads how far the upstream was. */
  load(): Promise<void>;
  /** Sends until nothing is left or something fails, with as many consignments on their way as the carrier likes. */
  pump(signal: AbortSignal): Promise<Failure | undefined>;
  /** Asks the upstream how far it is. */
  ask(signal: AbortSignal): Promise<Failure | undefined>;
  /** Alarms after this number are of now. */
  setStartOfNow(seq: number): void;
  /** Whether nothing waits. */
  isDone(): boolean;
  /** Sends one event again that was set aside. */
  resend(eventClass: EventClass, seq: number): void;
}

interface Suspect {
  readonly event: LedgerEvent;
  readonly fault: Failure;
}

/**
 * Brings the ledger to one upstream, each class with a cursor of its own: alarms overtake the rest. What the upstream says
 * that it has stored moves the cursors, and nothing else does.
 */
export function createDispatch(
  dependencies: DispatchDependencies,
  { upstream, batch }: DispatchConfig,
): Dispatch {
  const { carrier, ledger, outbox, deadLetters, board, downlink, rightOfWay, clock, log } = dependencies;

  /** What the upstream is done with, what was sent to it (by an earlier process, too), and what is on its way. */
  let done: Lanes = lanesThrough(0);
  let sent: Lanes = lanesThrough(0);
  let underway: Lanes = lanesThrough(0);
  /** Its own last count without gaps; less than that means that it lost something. */
  let stored = 0;
  let bySeq = false;
  let liveFrom = 0;
  /** Refused alone; they have a second trial once the upstream took another event, and then they are dead letters. */
  let suspects: Suspect[] = [];
  const onTrial = new Set<number>();
  let mostBytes = batch.bytes;
  /** A run with a refused event somewhere is halved until the event is found. */
  let narrow: { readonly class: EventClass | undefined; readonly last: number; events: number } | undefined;
  let deadSeqs: number[] = [];
  /** Dead letters that a person had sent again. */
  const retried = new Set<number>();
  const unanswered = new Set<Consignment>();
  const at = (): string => isoTime(clock.now().wallMs);

  async function load(): Promise<void> {
    done = await outbox.lanes(upstream);
    sent = done;
    stored = (await outbox.word(upstream))?.stored ?? 0;
    // A receiver that has not heard yet that they never come would wait for them.
    deadSeqs = await deadLetters.seqsAfter(upstream, stored);
  }

  /** Everything that need not be sent now. */
  function taken(): Lanes {
    let lanes = done;
    for (const each of CLASSES_BY_URGENCY)
      for (const range of underway[each]) lanes = extendLanes(lanes, each, range);
    for (const { event } of suspects)
      lanes = extendLanes(lanes, event.class, { first: event.seq, last: event.seq });
    return lanes;
  }

  const hasToWait = (span: PlannedSpan): boolean =>
    rightOfWay?.isTaken() === true && !isOfNow(span, liveFrom);

  /** The next run of events, which counts as on its way from now on; "later" where all that is left has to wait. */
  async function take(): Promise<Consignment | "later" | undefined> {
    let isLater = false;
    // Before reading: what is appended meanwhile is not in what was read.
    const head = ledger.head;
    for (const span of planSpans(taken(), { head, liveFrom, bySeq })) {
      if (hasToWait(span)) {
        isLater = true;
        continue;
      }
      const isNarrow = narrow !== undefined && narrow.class === span.class && span.first <= narrow.last;
      const most = isNarrow && narrow ? Math.max(1, Math.min(narrow.events, batch.events)) : batch.events;
      const limit = most + suspects.length;
      const read = await ledger.read({ after: span.first - 1, limit, class: span.class });
      const within = read.filter(
        ({ seq }) => seq <= span.last && !suspects.some(({ event }) => event.seq === seq),
      );
      const run = cutRun(within, most, mostBytes);
      const isAll =
        run.events.length === within.length && (read.length < limit || (read.at(-1)?.seq ?? 0) > span.last);
      const range = { first: span.first, last: isAll ? span.last : (run.events.at(-1)?.seq ?? span.last) };
      const evicted = await outbox.absent(span.class, range);
      if (run.events.length === 0 && evicted.length === 0) {
        for (const empty of withoutSeqs(range, heldBack())) {
          done = extendLanes(done, span.class, empty);
          sent = extendLanes(sent, span.class, empty);
        }
        continue;
      }
      const absent = [...evicted, ...rangesOf(missingSeqs())];
      underway = extendLanes(underway, span.class, range);
      const isLive = span.class === "alarm" && span.first > liveFrom;
      return { class: span.class, span: range, absent, isLive, ...run };
    }
    return isLater ? "later" : undefined;
  }

  /** Resolves when what had to wait may go, or something comes after `head` that need not. */
  async function whenFree(head: number, signal: AbortSignal): Promise<void> {
    if (!rightOfWay) return;
    const comes = new AbortController();
    const stop = ledger.onAppend(() => comes.abort());
    if (ledger.head > head) comes.abort();
    const over = anySignal(signal, comes.signal);
    await untilFree(rightOfWay, over.signal);
    over.release();
    stop();
  }

  /** What no answer settles but one about the event itself. */
  function heldBack(): ReadonlySet<number> {
    return new Set([...retried, ...suspects.map(({ event }) => event.seq)]);
  }

  /** Numbers that this upstream refused: one that counts without gaps would wait for them. */
  function missingSeqs(): number[] {
    const doubtful = bySeq ? suspects.map(({ event }) => event.seq) : [];
    return [...deadSeqs, ...doubtful].sort((a, b) => a - b);
  }

  function putBack({ class: eventClass, span }: Consignment): void {
    if (!span) return;
    const without = (each: EventClass) =>
      eventClass === undefined || eventClass === each ? cutRange(underway[each], span) : underway[each];
    underway = { alarm: without("alarm"), state: without("state"), audit: without("audit") };
  }

  /** @returns a failure only where the upstream has to be left alone for a while. */
  async function deliver(consignment: Consignment, signal: AbortSignal): Promise<Failure | undefined> {
    const startedMs = clock.now().monotonicMs;
    const { span } = consignment;
    if (span) sent = extendLanes(sent, consignment.class, span);
    try {
      const word = await carrier.send(consignment, signal);
      if (isFailure(word)) {
        if (span && carrier.asksFirst) unanswered.add(consignment);
        return await explain(consignment, word);
      }
      return await heed(consignment, word, startedMs);
    } catch (error) {
      return failure(errorCode(error));
    } finally {
      putBack(consignment);
    }
  }

  /** Finds out whether it is an event that is refused, or we are. */
  async function explain(consignment: Consignment, fault: Failure): Promise<Failure | undefined> {
    const [event] = consignment.events;
    if (!fault.ofContent || !event) return fault;
    const count = consignment.events.length;
    if (count > 1) {
      if (fault.code === "upstream.too_large") mostBytes = Math.floor(bytesOf(consignment) / 2);
      else
        narrow = {
          class: consignment.class,
          last: consignment.span?.last ?? 0,
          events: Math.floor(count / 2),
        };
      return undefined;
    }
    if (onTrial.delete(event.seq)) {
      await setAside([{ event, fault }]);
      return undefined;
    }
    suspects.push({ event, fault });
    return suspects.length < MOST_SUSPECTS ? undefined : despair();
  }

  /** Nothing else passes either, or not now: the fault may not be the events', and all of them are tried again. */
  function despair(): Failure | undefined {
    const fault = suspects[0]?.fault;
    suspects = [];
    onTrial.clear();
    return fault;
  }

  /** Another event was taken. One that counts without gaps was told already that the suspects never come. */
  async function tryAgainOrSetAside(): Promise<void> {
    const released = suspects.splice(0);
    if (bySeq) await setAside(released);
    else for (const { event } of released) onTrial.add(event.seq);
  }

  async function setAside(refused: readonly Suspect[]): Promise<void> {
    if (refused.length === 0) return;
    await deadLetters.add(
      upstream,
      refused.map(({ event: { seq, class: eventClass }, fault: { code, said } }) => {
        return { seq, class: eventClass, code, said, at: at() };
      }),
    );
    for (const { event } of refused) {
      log.warn({ seq: event.seq, type: event.type }, "the upstream refuses an event for good");
      done = extendLanes(done, event.class, { first: event.seq, last: event.seq });
      deadSeqs.push(event.seq);
    }
    board.recount();
  }

  async function heed(consignment: Consignment, word: Word, startedMs: number): Promise<Failure | undefined> {
    if (word.commands.length > 0) {
      // An answer is not given again: whoever ordered them sees in the ledger what became of them.
      downlink?.commands(upstream, word.commands).catch((error: unknown) => {
        log.warn({ code: errorCode(error) }, "commands that came with an answer were not taken");
      });
    }
    if (word.wallMs !== undefined) downlink?.time(upstream, word.wallMs);
    // One that is asked first tells at once whether it keeps account of what it has beyond a gap.
    if (consignment === QUESTION && carrier.asksFirst) bySeq = word.held === undefined;
    const claimed = word.stored ?? stored;
    if (claimed > ledger.head) return failure("upstream.ahead");
    const counted = Math.min(claimed, await sentThrough(claimed));
    if (counted < stored) {
      // It lost what it once had, as after a restored backup: everything it lacks goes again, unhurried.
      stored = counted;
      done = lanesThrough(stored);
      board.recount();
      return failure("upstream.behind");
    }
    const { events } = consignment;
    const refused = events.flatMap((event): Suspect[] => {
      const found = word.refused.find(({ seq }) => seq === event.seq);
      return found ? [{ event, fault: { ...failure("upstream.rejected", true), said: found.reason } }] : [];
    });
    const isLeft = ({ seq }: LedgerEvent): boolean =>
      !covers(word, seq) && !refused.some(({ event }) => event.seq === seq);
    const left = events.filter(isLeft);
    if (events.length > 0 && left.length === events.length && counted === stored) {
      const [first] = left;
      if (word.held === undefined && !bySeq && first && first.seq > stored + 1) {
        bySeq = true;
        log.info({}, "the upstream counts without gaps only: it gets events in the order of the ledger");
        return undefined;
      }
      return failure("upstream.no_progress");
    }
    await setAside(refused);
    if (left.length + refused.length < events.length) await tryAgainOrSetAside();
    await accept(consignment, { word, counted }, left, startedMs);
    return undefined;
  }

  async function accept(
    consignment: Consignment,
    { word, counted }: { readonly word: Word; readonly counted: number },
    left: readonly LedgerEvent[],
    startedMs: number,
  ): Promise<void> {
    for (const { seq } of consignment.events) retried.delete(seq);
    const settled = spansOf(consignment, left);
    for (const each of CLASSES_BY_URGENCY) settled.push({ class: each, first: stored + 1, last: counted });
    for (const earlier of unanswered) {
      const open = earlier.events.filter(({ seq }) => !covers(word, seq));
      if (open.length > 0) continue;
      unanswered.delete(earlier);
      settled.push(...spansOf(earlier, open));
    }
    // A dead letter that waits again, and a suspect, may be counted as one that never comes.
    const back = heldBack();
    const spans = settled.flatMap(({ class: eventClass, ...range }) =>
      withoutSeqs(range, back).map((rest): LaneSpan => ({ class: eventClass, ...rest })),
    );
    const fresh = consignment.events.filter(({ seq }) => !left.some((one) => one.seq === seq));
    if (spans.length > 0) await outbox.accept(upstream, { at: at(), stored: counted, spans });
    stored = Math.max(stored, counted);
    deadSeqs = deadSeqs.filter((seq) => seq > stored);
    for (const { class: eventClass, first, last } of spans)
      done = extendLanes(done, eventClass, { first, last });
    if (narrow && narrow.class === consignment.class) narrow.events *= 2;
    board.heard({ events: fresh, startedMs });
  }

  /**
   * Up to where everything was sent, at most `claimed`. A receiver that answers with the highest number it has seen would make us
   * forget what it never got; one to which an earlier process sent more than it could note gets that again.
   */
  async function sentThrough(claimed: number): Promise<number> {
    let through = Math.max(stored, claimed);
    for (const each of CLASSES_BY_URGENCY) {
      for (const { first, last } of gapsIn(sent[each], { first: stored + 1, last: claimed })) {
        const [event] = await ledger.read({ after: first - 1, limit: 1, class: each });
        if (event && event.seq <= last) through = Math.min(through, event.seq - 1);
      }
    }
    return through;
  }

  async function pump(signal: AbortSignal): Promise<Failure | undefined> {
    const running = new Set<Promise<void>>();
    let fault: Failure | undefined;
    for (;;) {
      let isLater = false;
      let head = ledger.head;
      while (fault === undefined && !signal.aborted && running.size < carrier.parallel()) {
        head = ledger.head;
        const next = await take();
        isLater = next === "later";
        if (next === undefined || next === "later") break;
        const work: Promise<void> = deliver(next, signal)
          .then((result) => {
            fault ??= result;
          })
          .finally(() => running.delete(work));
        running.add(work);
      }
      if (running.size === 0 && !isLater) {
        const despaired = despair();
        return fault ?? despaired;
      }
      await Promise.race([...running, ...(isLater ? [whenFree(head, signal)] : [])]);
    }
  }

  return {
    load,
    pump,
    async ask(signal) {
      const fault = await deliver(QUESTION, signal);
      if (!fault) unanswered.clear();
      return fault;
    },
    setStartOfNow(seq) {
      liveFrom = seq;
    },
    isDone: () => planSpans(done, { head: ledger.head, liveFrom, bySeq: false }).length === 0,
    resend(eventClass, seq) {
      const lane = cutRange(done[eventClass], { first: seq, last: seq });
      done = { ...done, [eventClass]: lane };
      deadSeqs = deadSeqs.filter((dead) => dead !== seq);
      retried.add(seq);
      board.recount();
    },
  };
}

function withoutSeqs(range: SeqRange, seqs: ReadonlySet<number>): readonly SeqRange[] {
  return [...seqs].reduce<readonly SeqRange[]>(
    (ranges, seq) => cutRange(ranges, { first: seq, last: seq }),
    range.last < range.first ? [] : [range],
  );
}

/** What of a consignment is settled when the events in `left` are not. */
function spansOf({ class: eventClass, span }: Consignment, left: readonly LedgerEvent[]): LaneSpan[] {
  if (!span) return [];
  const last = left[0] ? left[0].seq - 1 : span.last;
  if (last < span.first) return [];
  const classes = eventClass === undefined ? CLASSES_BY_URGENCY : [eventClass];
  return classes.map((each) => ({ class: each, first: span.first, last }));
}
