import { errorCode } from "../core/errors.ts";
import type { BoxCopy, LedgerAccount } from "../core/pulled-copy.ts";
import { type RetryPolicy, retryDelays } from "../core/retry.ts";
import type { Clock } from "../core/time.ts";
import { createTurns, type Turns } from "../core/turns.ts";
import type { BoxClient, EventPage } from "./box-client.ts";
import { BoxError } from "./box-error.ts";
import type { BoxTally } from "./box-tally.ts";
import { createFilePull } from "./file-pull.ts";

/** A page of usual events is some 100 kB squeezed: half a second of a line of 2 Mbit/s. */
const PAGE = 500;
/** The box is told how far we are when all is had, and so often on a long way. */
const CURSOR_EVERY_MS = 5000;
/** Below what proxies cut. */
const WAIT_SECONDS = 25;
const RETRY: RetryPolicy = { firstMs: 1000, capMs: 60_000 };
/** What a person has to mend is tried again seldom. */
const REFUSED_RETRY: RetryPolicy = { firstMs: 60_000, capMs: 900_000 };
/** Of what a box asks for on top: others were told the same. */
const ASKED_JITTER = 0.5;

export interface PullSettings {
  /** Of the cursor at each box. */
  readonly cursor: string;
  readonly takeOver: boolean;
  readonly withFiles: boolean;
  /** Goes on for ever, as events come. */
  readonly follow: boolean;
  /** So often a box that answers badly is tried in one run; with `follow` there is no end. */
  readonly tries: number;
  /** What the files of one box may take on this side; without, all that there is. */
  readonly mostFileBytes?: number | undefined;
}

export interface BoxPullDependencies {
  readonly client: BoxClient;
  readonly copy: BoxCopy;
  readonly holder: string;
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
  { client, copy, holder, tally, turns, fileTurns, clock, random }: BoxPullDependencies,
  {
    cursor,
    takeOver,
    withFiles,
    follow,
    tries,
    mostFileBytes,
    site: expected,
  }: PullSettings & { readonly site?: string | undefined },
): BoxPull {
  let limit = PAGE;
  let isOurs = false;
  const telling = createTurns(1);
  let toldLedger = "";
  let toldSeq = -1;
  let toldMs = 0;
  let endRest: () => void = () => undefined;
  const files = createFilePull({ client, copy, tally, mostBytes: mostFileBytes });

  /** Another copy under our name would let go what this one has still to get: better to stop before the first event. */
  async function claim(signal: AbortSignal): Promise<void> {
    if (isOurs) return;
    const { cursor: known } = await client.head(cursor, signal);
    if (known?.holder !== undefined && known.holder !== holder && !takeOver) {
      throw new BoxError(
        "cursor.taken",
        `Another copy pulls this box as ${cursor}, last at ${known.at}: --name another, or --take-over`,
        { kind: "permanent" },
      );
    }
    isOurs = true;
  }

  /** The box may let go of what lies before: of events that are here, and of files that are here or not to be had. */
  async function safeSeq({ ledger, seq }: LedgerAccount): Promise<number> {
    const [next] = withFiles ? await copy.nextFiles(ledger, 1) : [];
    return next ? next.seq - 1 : seq;
  }

  /** One after the other: files are fetched beside events, and the cursor is not to go back. */
  async function tell(account: LedgerAccount, signal: AbortSignal, isDue: boolean): Promise<void> {
    await telling.take(async () => {
      const nowMs = clock.now().monotonicMs;
      if (!isDue && nowMs - toldMs < CURSOR_EVERY_MS) return;
      const { ledger } = account;
      const seq = await safeSeq(account);
      if (ledger === toldLedger && seq <= toldSeq) return;
      await client.putCursor(cursor, { ledger, seq, holder, takeOver }, signal);
      [toldLedger, toldSeq, toldMs] = [ledger, seq, nowMs];
    });
  }

  /** A page that does not come in time is asked for in smaller ones. */
  async function page(
    query: { after: number; class?: "alarm"; waitSeconds?: number },
    signal: AbortSignal,
  ): Promise<EventPage> {
    try {
      const found = await client.events({ ...query, limit }, signal);
      limit = Math.min(PAGE, limit * 2);
      return found;
    } catch (error) {
      if (errorCode(error) === "box.timeout") limit = Math.max(1, Math.floor(limit / 4));
      throw error;
    }
  }

  /** The next page of the present ledger; of a new one from its beginning. */
  async function nextPage(waitSeconds: number, signal: AbortSignal): Promise<EventPage> {
    const known = copy.accounts().at(-1);
    const found = await page({ after: known?.seq ?? 0, waitSeconds }, signal).catch((error: unknown) => {
      const ledger = error instanceof BoxError && error.code === "cursor.future" ? error.ledger : undefined;
      if (ledger === undefined) throw error;
      if (ledger === known?.ledger) {
        throw new BoxError(
          "box.rewound",
          `The box's ledger ends before event ${known.seq}, which is here: was it restored from a backup?`,
          { kind: "permanent" },
        );
      }
      return page({ after: seqOf(ledger) }, signal);
    });
    if (found.ledger === known?.ledger) return found;
    const isAnew = known !== undefined;
    // What was asked for was a place in the ledger before.
    const first = isAnew ? await page({ after: seqOf(found.ledger) }, signal) : found;
    if (isAnew && seqOf(first.ledger) === 0) tally.newLedger(first.ledger);
    return first;
  }

  function seqOf(ledger: string): number {
    return copy.accounts().find((account) => account.ledger === ledger)?.seq ?? 0;
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

  /** Before a long backlog its alarms. */
  async function alarmsAhead({ ledger, events }: EventPage, signal: AbortSignal): Promise<void> {
    for (;;) {
      const after = Math.max(copy.aheadSeq(ledger), events.at(-1)?.seq ?? 0, seqOf(ledger));
      const found = await page({ after, class: "alarm" }, signal);
      if (found.ledger !== ledger || found.events.length === 0) return;
      refuseOtherSite(found);
      await copy.takeAhead(ledger, found.events);
    }
  }

  async function allEvents(waitSeconds: number, signal: AbortSignal): Promise<void> {
    let isFirst = true;
    for (;;) {
      const found = await nextPage(isFirst ? waitSeconds : 0, signal);
      refuseOtherSite(found);
      const account = await copy.take(found.ledger, found.events);
      tally.accounts(copy.accounts());
      tally.came(found.events.length, found.head);
      const isLast = found.events.length === 0 || account.seq >= (found.head ?? Number.POSITIVE_INFINITY);
      if (isFirst && !isLast && (found.head ?? 0) - account.seq > PAGE) await alarmsAhead(found, signal);
      isFirst = false;
      await tell(account, signal, isLast);
      if (isLast) return;
    }
  }

  async function once(signal: AbortSignal): Promise<void> {
    await turns.take(async () => {
      tally.accounts(copy.accounts());
      tally.phase("events");
      await claim(signal);
      await allEvents(0, signal);
    });
    if (withFiles && !follow) {
      await turns.take(async () => {
        tally.phase("files");
        await files.all(signal);
        // What was said meanwhile.
        await allEvents(0, signal);
      });
    }
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
    const fetch = async (): Promise<void> => {
      try {
        await fileTurns.take(() => files.all(ending.signal));
        const account = copy.accounts().at(-1);
        if (account) await tell(account, ending.signal, true);
        waits = retryDelays(RETRY, random);
        longWaits = retryDelays(REFUSED_RETRY, random);
        tally.filesFailed(undefined);
      } catch (error) {
        if (!(error instanceof BoxError)) fault = error;
        else if (!ending.signal.aborted) {
          const { kind, retryAfterMs } = error;
          const waitMs = (kind === "permanent" ? longWaits : waits).next().value;
          notBeforeMs = clock.now().monotonicMs + Math.max(retryAfterMs, waitMs);
          tally.filesFailed(error);
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
        await allEvents(WAIT_SECONDS, ending.signal);
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
          tally.phase("done");
          return;
        } catch (error) {
          if (!(error instanceof BoxError)) throw error;
          if (signal.aborted) return;
          const { events, bytes } = tally.view();
          const came = events + bytes;
          // It went on until here: the line is bad, not the box.
          if (came > cameBefore) beginAnew();
          cameBefore = came;
          tried++;
          const isFinal = !follow && (error.kind === "permanent" || tried >= tries);
          tally.failed(error, isFinal);
          if (isFinal) return;
          const { kind, retryAfterMs } = error;
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
