import { errorCode } from "../core/errors.ts";
import type { PullCursor } from "../core/pull-cursor.ts";
import type { BoxCopy, LedgerAccount } from "../core/pulled-copy.ts";
import { type RetryPolicy, retryDelays } from "../core/retry.ts";
import type { Clock } from "../core/time.ts";
import type { Turns } from "../core/turns.ts";
import type { BoxClient, EventPage } from "./box-client.ts";
import { BoxError, faultOfBox, isOfCopy } from "./box-error.ts";
import type { BoxTally } from "./box-tally.ts";
import { createCursorTelling } from "./cursor-telling.ts";
import { createEventShare, type EventBounds, WHOLE_SHARE } from "./event-share.ts";
import { createFilePull } from "./file-pull.ts";
import { inFileTurns } from "./file-turns.ts";

/** A page of usual events is some 100 kB squeezed: half a second of a line of 2 Mbit/s. */
const PAGE = 500;
const PAGE_BYTES = 4 * 1024 * 1024;
/** Others wait for theirs, and with it for their alarms. */
const TURN_MS = 10_000;
const MOST_LEDGERS = 50;
/** Below what proxies cut. */
const WAIT_SECONDS = 25;
/** A box that has no room for its alarms either is asked no more often whether it is there. */
const LEAST_WAIT_MS = 5_000;
const RETRY: RetryPolicy = { firstMs: 1000, capMs: 60_000 };
/** What a person has to mend is tried again seldom. */
const REFUSED_RETRY: RetryPolicy = { firstMs: 60_000, capMs: 900_000 };
/** Of what a box asks for on top: others were told the same. */
const ASKED_JITTER = 0.5;

export interface PullSettings {
  readonly takeOver: boolean;
  readonly withFiles: boolean;
  /** Goes on for ever, as events come. */
  readonly follow: boolean;
  /** So often a box that answers badly is tried in one run; with `follow` there is no end. */
  readonly tries: number;
  /** What the files of one box may take on this side; without, all that there is. */
  readonly mostFileBytes?: number | undefined;
  /** How much of the events of one box is taken, and how fast; without, all, as fast as they come. */
  readonly events?: EventBounds | undefined;
}

export interface BoxPullDependencies {
  readonly client: BoxClient;
  readonly copy: BoxCopy;
  readonly cursor: PullCursor;
  readonly tally: BoxTally;
  readonly turns: Turns;
  /** Of those whose files come beside their events. */
  readonly fileTurns: Turns;
  readonly clock: Clock;
  readonly random: () => number;
}

export interface BoxPull {
  /** Resolves when all is had or the box was given up; throws only for what the copy throws. */
  run(signal: AbortSignal): Promise<void>;
  /** Tries again now where it waits for the next attempt. */
  wake(): void;
}

/** Pulls one box. */
export function createBoxPull(
  { client, copy, cursor, tally, turns, fileTurns, clock, random }: BoxPullDependencies,
  {
    takeOver,
    withFiles,
    follow,
    tries,
    mostFileBytes,
    events,
    site: expected,
  }: PullSettings & { readonly site?: string | undefined },
): BoxPull {
  let limit = PAGE;
  let endRest: () => void = () => undefined;
  const files = createFilePull({ client, copy, tally, mostBytes: mostFileBytes });
  const telling = createCursorTelling({ client, copy, cursor, clock }, { takeOver, withFiles });
  const storedBytes = () => copy.accounts().reduce((sum, { bytes }) => sum + bytes, 0);
  const share = events ? createEventShare({ clock, storedBytes }, events) : WHOLE_SHARE;

  /** A page that does not come in time is asked for in smaller ones. */
  async function page(
    query: { after: number; class?: "alarm"; waitSeconds?: number },
    signal: AbortSignal,
  ): Promise<EventPage> {
    try {
      const found = await client.events({ ...query, limit }, signal);
      share.came(found.bytes, isHistory(found));
      // Events of the usual length never come near: others, too, are not to hold up this whole side while they are read.
      const fitting = Math.floor((limit * PAGE_BYTES) / found.bytes);
      limit = Math.max(1, Math.min(PAGE, limit * 2, fitting));
      return found;
    } catch (error) {
      if (errorCode(error) === "box.timeout") limit = Math.max(1, Math.floor(limit / 4));
      throw error;
    }
  }

  /**
   * The next page of the present ledger; of a new one from its beginning.
   * @param placeIn up to where that of a ledger which is asked for is here.
   */
  async function nextPage(
    { waitSeconds, ...wanted }: { readonly class?: "alarm"; readonly waitSeconds: number },
    placeIn: (ledger: string) => number,
    signal: AbortSignal,
  ): Promise<EventPage> {
    const known = copy.accounts().at(-1);
    const place = known ? placeIn(known.ledger) : 0;
    /** A box that went back to an earlier ledger is waited for there: it would be asked without pause. */
    const pageOf = (ledger: string): Promise<EventPage> =>
      page({ ...wanted, after: placeIn(ledger), waitSeconds: accountOf(ledger) ? waitSeconds : 0 }, signal);
    const found = await page({ ...wanted, after: place, waitSeconds }, signal).catch((error: unknown) => {
      const ledger = error instanceof BoxError && error.code === "cursor.future" ? error.ledger : undefined;
      if (ledger === undefined) throw error;
      if (ledger === known?.ledger) {
        throw new BoxError(
          "box.rewound",
          `The box's ledger ends before event ${place}, which is here: was it restored from a backup?`,
          { kind: "permanent" },
        );
      }
      return pageOf(ledger);
    });
    if (found.ledger === known?.ledger) return found;
    refuseTooMany(found.ledger);
    const isAnew = known !== undefined;
    // What was asked for was a place in the ledger before.
    const first = isAnew ? await pageOf(found.ledger) : found;
    refuseTooMany(first.ledger);
    if (isAnew && !accountOf(first.ledger)) tally.newLedger(first.ledger);
    return first;
  }

  function accountOf(ledger: string): LedgerAccount | undefined {
    return copy.accounts().find((account) => account.ledger === ledger);
  }

  function seqOf(ledger: string): number {
    return accountOf(ledger)?.seq ?? 0;
  }

  /** Up to where its alarms are here. */
  function heardTo(ledger: string): number {
    return Math.max(copy.aheadSeq(ledger), seqOf(ledger));
  }

  /** Whether the box had it already when it was heard for the first time. */
  function isHistory({ ledger, events: [first] }: EventPage): boolean {
    return first !== undefined && first.seq <= (accountOf(ledger)?.historySeq ?? 0);
  }

  /** Each costs memory for good, and a good box begins one after a damaged card. */
  function refuseTooMany(ledger: string): void {
    const accounts = copy.accounts();
    if (!events || accounts.length < MOST_LEDGERS || accounts.some((one) => one.ledger === ledger)) return;
    throw new BoxError("box.too_many_ledgers", `The box has begun more than ${MOST_LEDGERS} ledgers`, {
      kind: "permanent",
    });
  }

  function refuseOtherSite({ events }: EventPage): void {
    const known = copy.accounts().findLast(({ source }) => source !== undefined)?.source;
    const site = expected === undefined ? known : `/sites/${expected}`;
    const other = events.find(({ source }) => site !== undefined && source !== site);
    if (!other) return;
    throw new BoxError(
      "box.other_site",
      `This is ${other.source}, and ${site} was expected: is the address another box's?`,
      { kind: "permanent" },
    );
  }

  /** Before the rest of a long backlog its alarms. @returns up to where they are here. */
  async function alarmsAhead(ledger: string, untilMs: number, signal: AbortSignal): Promise<number> {
    do {
      if (share.waitMs("alarms") > 0) break;
      const query = { after: heardTo(ledger), class: "alarm" } as const;
      const found = await page(query, signal).catch((error: unknown) => {
        if (error instanceof BoxError && error.code === "cursor.future" && error.ledger === ledger)
          return undefined;
        throw error;
      });
      // A box that has lost its last events ends before what it told ahead: what it has instead comes in its place.
      if (!found) return Number.POSITIVE_INFINITY;
      if (found.ledger !== ledger) break;
      if (found.events.length === 0) return found.head ?? 0;
      refuseOtherSite(found);
      await copy.takeAhead(ledger, found.events);
      // A page may have taken all of the turn: then one of alarms is asked for all the same.
    } while (clock.now().monotonicMs < untilMs);
    return 0;
  }

  /** @returns whether all is had; otherwise it is another's turn, or the box has had its share for now. */
  async function allEvents(waitSeconds: number, signal: AbortSignal): Promise<boolean> {
    const untilMs = clock.now().monotonicMs + waitSeconds * 1000 + TURN_MS;
    let isFirst = true;
    /** Those of now come while the rest is on its way. */
    let alarmsTo = 0;
    while (share.waitMs("all") === 0 && clock.now().monotonicMs < untilMs) {
      const found = await nextPage({ waitSeconds: isFirst ? waitSeconds : 0 }, seqOf, signal);
      refuseOtherSite(found);
      const { ledger, head = 0 } = found;
      const isNew = copy.accounts().length === 0;
      const account = await copy.take(ledger, found.events, isNew ? found.head : undefined);
      tally.accounts(copy.accounts());
      tally.came(found.events.length, found.head);
      const isLast = found.events.length === 0 || account.seq >= (found.head ?? Number.POSITIVE_INFINITY);
      if (!isLast && head - account.seq > PAGE && head > alarmsTo)
        alarmsTo = await alarmsAhead(ledger, untilMs, signal);
      isFirst = false;
      await telling.tell(account, signal, isLast);
      tally.held(share.held());
      if (isLast) return true;
    }
    return false;
  }

  /** Until more of it may be asked for: its alarms as they come, or where it has no room for them either, whether it is there. */
  async function heldBack(signal: AbortSignal): Promise<void> {
    tally.held(share.held());
    const alarmsMs = share.waitMs("alarms");
    if (alarmsMs > 0 || copy.accounts().length === 0) {
      const { head } = await client.head(cursor.name(), signal);
      tally.came(0, head);
      const waitMs = Math.min(Math.max(alarmsMs, LEAST_WAIT_MS), WAIT_SECONDS * 1000);
      await clock.sleep(waitMs, signal).catch(() => undefined);
      return;
    }
    const waitSeconds = Math.min(WAIT_SECONDS, Math.ceil(share.waitMs("all") / 1000));
    const found = await nextPage({ class: "alarm", waitSeconds }, heardTo, signal);
    refuseOtherSite(found);
    // From now on this is the ledger that is asked for, also where it has no alarm yet.
    if (!accountOf(found.ledger)) await copy.take(found.ledger, []);
    await copy.takeAhead(found.ledger, found.events);
    tally.accounts(copy.accounts());
    tally.came(0, found.head);
  }

  async function once(signal: AbortSignal): Promise<void> {
    /** One turn after the other, until all is had or the box has had its share. */
    const inTurns = async (): Promise<void> => {
      for (let isMore = true; isMore && !signal.aborted; ) {
        await turns.take(async () => {
          tally.accounts(copy.accounts());
          tally.phase("events");
          await telling.claim(signal);
          isMore = !(await allEvents(0, signal)) && share.waitMs("all") === 0;
        }, signal);
      }
    };
    await inTurns();
    if (!withFiles || follow) return;
    const fetch = fetchInTurns();
    const tellAndFetch = (over: AbortSignal): Promise<boolean> => {
      tally.phase("files");
      return fetch(over);
    };
    await inFileTurns({ clock, turns }, tellAndFetch, signal);
    // What was said meanwhile.
    await inTurns();
  }

  /** On one connection: until all was had once, what was denied is asked for anew. */
  function fetchInTurns(): (over: AbortSignal) => Promise<boolean> {
    let isAnew = true;
    return async (over) => {
      const isAll = await files.all(over, isAnew);
      isAnew &&= !isAll;
      return isAll;
    };
  }

  /**
   * Events as they come; files beside them, one after the other, so that no clip keeps an alarm waiting, and no file that the box
   * cannot give either.
   * @param onWell the box answered a long poll.
   */
  async function listen(signal: AbortSignal, onWell: () => void): Promise<void> {
    const ending = new AbortController();
    const end = (): void => ending.abort();
    signal.addEventListener("abort", end, { once: true });
    let fetching: Promise<void> | undefined;
    let fault: unknown;
    let waits = retryDelays(RETRY, random);
    let longWaits = retryDelays(REFUSED_RETRY, random);
    let notBeforeMs = 0;
    const fetchAll = fetchInTurns();
    const fetch = async (): Promise<void> => {
      try {
        await inFileTurns({ clock, turns: fileTurns }, fetchAll, ending.signal);
        const account = copy.accounts().at(-1);
        if (account) await telling.tell(account, ending.signal, true);
        waits = retryDelays(RETRY, random);
        longWaits = retryDelays(REFUSED_RETRY, random);
        tally.filesFailed(undefined);
      } catch (error) {
        if (isOfCopy(error)) fault = error;
        else if (!ending.signal.aborted) {
          const failed = faultOfBox(error);
          const { kind, retryAfterMs } = failed;
          const waitMs = (kind === "permanent" ? longWaits : waits).next().value;
          notBeforeMs = clock.now().monotonicMs + Math.max(retryAfterMs, waitMs);
          tally.filesFailed(failed);
        }
      }
    };
    try {
      while (!signal.aborted && fault === undefined) {
        tally.phase("listening");
        if (withFiles && clock.now().monotonicMs >= notBeforeMs) {
          fetching ??= fetch().finally(() => {
            fetching = undefined;
          });
        }
        if (share.waitMs("all") > 0) await heldBack(ending.signal);
        else await allEvents(WAIT_SECONDS, ending.signal);
        onWell();
      }
      if (fault !== undefined) throw fault;
    } finally {
      end();
      signal.removeEventListener("abort", end);
      await fetching;
    }
  }

  /** Until the next attempt. */
  async function rest(waitMs: number, signal: AbortSignal): Promise<void> {
    const ending = new AbortController();
    endRest = () => ending.abort();
    signal.addEventListener("abort", endRest, { once: true });
    await clock.sleep(waitMs, ending.signal).catch(() => undefined);
    signal.removeEventListener("abort", endRest);
  }

  return {
    wake: () => endRest(),
    async run(signal) {
      let waits = retryDelays(RETRY, random);
      let longWaits = retryDelays(REFUSED_RETRY, random);
      let tried = 0;
      let cameBefore = 0;
      const beginAnew = (): void => {
        waits = retryDelays(RETRY, random);
        longWaits = retryDelays(REFUSED_RETRY, random);
        tried = 0;
      };
      while (!signal.aborted) {
        try {
          await once(signal);
          if (follow) await listen(signal, beginAnew);
          else if (signal.aborted) return;
          tally.phase("done");
          return;
        } catch (error) {
          if (isOfCopy(error)) throw error;
          if (signal.aborted) return;
          const failed = faultOfBox(error);
          const { events, bytes } = tally.view();
          const came = events + bytes;
          // It went on until here: the line is bad, not the box.
          if (came > cameBefore) beginAnew();
          cameBefore = came;
          tried++;
          const isFinal = !follow && (failed.kind === "permanent" || tried >= tries);
          tally.failed(failed, isFinal);
          if (isFinal) return;
          const { kind, retryAfterMs } = failed;
          const waitMs =
            retryAfterMs > 0
              ? Math.round(retryAfterMs * (1 + ASKED_JITTER * random()))
              : (kind === "permanent" ? longWaits : waits).next().value;
          await rest(waitMs, signal);
        }
      }
    },
  };
}
