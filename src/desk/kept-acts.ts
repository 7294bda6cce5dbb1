import { z } from "zod";
import { errorCode, GatewayError, isStableCode } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import { type RetryPolicy, retryDelays } from "../core/retry.ts";
import { spokenForHeaders } from "../core/spoken-for.ts";
import { type Clock, isoTime, type Timer } from "../core/time.ts";
import type {
  ActAt,
  ActOutcome,
  BoxDoor,
  DeskAct,
  DeskActKind,
  KeptAct,
  RefusedAct,
  TownshipBook,
} from "../core/township-desk.ts";
import { cameTooLate, type DeskActs } from "./alarm-acts.ts";
import { callBox } from "./box-call.ts";

const MOST_ANSWER_BYTES = 2 * 1024 * 1024;
/** What people here did to one box that has not answered for weeks; then somebody has to drive there. */
const MOST_KEPT = 500;
/** A page gives up after 15 s (`TIMEOUT_MS` of `web/api/http.ts`), and hears nothing of what is answered then. */
const MOST_WAITED_MS = 12_000;
/** For a box that is there and did not take it. */
const AGAIN: RetryPolicy = { firstMs: 2_000, capMs: 60_000, jitter: 0 };
/** Their events are here within seconds. */
const MOST_TAKEN = 200;
/** Of one box, that nobody has put away. */
const MOST_REFUSED = 50;
/** Of one box: as many of its alarms that are over are known here. Nobody puts these away. */
const MOST_LATE = 100;
const PATHS: Readonly<Record<DeskActKind, string>> = {
  acknowledge: "acknowledge",
  clear: "clear",
  note: "notes",
};

const Noted = z.object({ notes: z.array(z.object({ by: z.string(), text: z.string() })).default([]) });
const Problem = z.object({ code: z.string().refine(isStableCode) });

export interface KeptActs {
  /** Oldest first at each place. */
  list(): DeskActs;
  /**
   * Does it now where the box is there; otherwise, or where its word does not come in time, it is kept.
   * @param gone aborts when nobody waits for the word any more.
   * @throws GatewayError `desk.too_many_acts`, `copy.*`.
   */
  submit(act: DeskAct, gone: AbortSignal): Promise<ActOutcome>;
  /**
   * Takes back what was never sent, or puts away what was refused.
   * @throws GatewayError `desk.act_unknown`, `desk.act_sent` (permanent), `copy.*`.
   */
  takeBack(which: ActAt): Promise<{ readonly act: KeptAct; readonly was: "kept" | "refused" }>;
  /** The box is there: it is told what was kept for it, again and again until it says something to each. Never rejects. */
  deliver(box: string): Promise<void>;
  stop(): void;
}

export interface KeptActsDependencies {
  readonly book: TownshipBook;
  /** Undefined while the box cannot be asked. */
  readonly door: (box: string) => BoxDoor | undefined;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly onChange: () => void;
  /** Whether the box has another ledger than the one in which this alarm stands. */
  readonly isOfLostLedger: (box: string, alarm: string) => boolean;
  /** The box will never do it. */
  readonly onRefused: (act: KeptAct, code: string) => void;
  readonly log: Logger;
}

/** What people at the desk did with alarms: on disk before it is sent, sent in its order, and no more than once. */
export function createKeptActs(
  { book, door, clock, newId, onChange, isOfLostLedger, onRefused, log }: KeptActsDependencies,
  known: Pick<DeskActs, "kept" | "own" | "refused">,
): KeptActs {
  let { kept, own, refused } = known;
  let taken: readonly KeptAct[] = [];
  /** They may have been done, and the answer lost. */
  const tried = new Set(kept.flatMap(({ id, isSent }) => (isSent ? [id] : [])));
  /** They are being taken back, and are not to be sent. */
  const leaving = new Set<string>();
  /** Those who wait to hear what became of an act, by its id. */
  const waiting = new Map<string, (outcome: ActOutcome) => void>();
  const turns = new Map<string, Promise<void>>();
  const waits = new Map<string, Generator<number, never>>();
  const again = new Map<string, Timer>();
  let isStopped = false;

  async function settle(act: KeptAct, outcome: ActOutcome): Promise<void> {
    // Taken before anything is written: whoever waits now hears it, and nobody else has to find it with the alarm.
    const tell = waiting.get(act.id);
    waiting.delete(act.id);
    const isLate = outcome.status === "refused" && cameTooLate(act, outcome.code);
    if (outcome.status === "here") {
      await book.settleHere(act.id);
      own = [...own, act];
    } else if (outcome.status === "refused" && (isLate || !tell)) {
      await settleRefused({ ...act, code: outcome.code }, isLate);
    } else {
      await book.settle(act.id);
    }
    if (outcome.status === "done") taken = [...taken, act].slice(-MOST_TAKEN);
    kept = kept.filter(({ id }) => id !== act.id);
    tried.delete(act.id);
    tell?.(isLate ? { status: "over" } : outcome);
    onChange();
    if (outcome.status === "refused" && !isLate) onRefused(act, outcome.code);
  }

  async function settleRefused(act: RefusedAct, isLate: boolean): Promise<void> {
    const alike = refused.filter((one) => one.box === act.box && cameTooLate(one, one.code) === isLate);
    const letGo = alike.slice(0, 1 - (isLate ? MOST_LATE : MOST_REFUSED));
    await book.settleRefused(
      act,
      letGo.map(({ id }) => id),
    );
    refused = [...refused.filter((one) => !letGo.includes(one)), act];
  }

  /** Tells the box, and waits for its word for as long as somebody here does. */
  function hear({ id, box }: KeptAct, gone: AbortSignal): Promise<ActOutcome> {
    return new Promise((resolve) => {
      const giveUp = (): void => {
        if (waiting.delete(id)) resolve({ status: "kept" });
      };
      waiting.set(id, resolve);
      const timer = clock.after(MOST_WAITED_MS, giveUp);
      gone.addEventListener("abort", giveUp, { once: true });
      if (gone.aborted) giveUp();
      void deliver(box).then(() => {
        timer.cancel();
        gone.removeEventListener("abort", giveUp);
        waiting.delete(id);
        resolve({ status: "kept" });
      });
    });
  }

  /** A note that is there already is not written once more. */
  async function isThere({ alarm, person, text }: KeptAct, to: BoxDoor): Promise<boolean> {
    const { status, body } = await callBox(clock, to, {
      method: "GET",
      path: `/alarms/${encodeURIComponent(alarm)}`,
      mostBytes: MOST_ANSWER_BYTES,
    });
    // A box that knows no such alarm says so again to the note, and one that knows no such address writes its last note once anyway.
    if (status === 404) return false;
    const noted = Noted.safeParse(body);
    if (status !== 200 || !noted.success) throw busy();
    return noted.data.notes.some((note) => note.text === text && note.by.startsWith(`${person}@`));
  }

  /** From now on nobody knows that it was not done, not even after a power cut. */
  async function noteSending(id: string): Promise<void> {
    tried.add(id);
    await book.sending(id).catch((error: unknown) => {
      tried.delete(id);
      throw error;
    });
  }

  /** @throws GatewayError (transient) where the box did not say. */
  async function send(act: KeptAct, to: BoxDoor): Promise<ActOutcome> {
    const { id, alarm, kind, person, text } = act;
    if (kind === "note" && tried.has(id) && (await isThere(act, to))) return { status: "done" };
    if (!tried.has(id)) await noteSending(id);
    const { status, body } = await callBox(clock, to, {
      method: "POST",
      path: `/alarms/${encodeURIComponent(alarm)}/${PATHS[kind]}`,
      headers: spokenForHeaders(person, ["look", "handle"]),
      body: kind === "note" ? { text } : {},
      mostBytes: MOST_ANSWER_BYTES,
    });
    if (status >= 200 && status < 300) return { status: "done" };
    const problem = Problem.safeParse(body);
    // What is wrong with the token or the pace is not wrong with the act.
    if (status < 400 || status >= 500 || [401, 408, 429].includes(status) || !problem.success) throw busy();
    const { code } = problem.data;
    // A box with a new card knows nothing of what it raised before, and nobody but the desk can end that.
    if (code === "alarm.unknown" && isOfLostLedger(act.box, alarm)) return { status: "here" };
    return { status: "refused", code };
  }

  async function deliverNow(box: string): Promise<void> {
    again.get(box)?.cancel();
    for (const act of kept.filter((one) => one.box === box)) {
      const to = door(box);
      if (!to) return;
      if (leaving.has(act.id) || !kept.includes(act)) continue;
      try {
        await settle(act, await send(act, to));
        waits.delete(box);
      } catch (error) {
        // The next one would come before it.
        log.warn(
          { box, code: errorCode(error), act: act.kind },
          "what was done at the desk waits for the box",
        );
        tryLater(box);
        return;
      }
    }
  }

  function tryLater(box: string): void {
    if (isStopped) return;
    const delays = waits.get(box) ?? retryDelays(AGAIN, () => 0);
    waits.set(box, delays);
    again.set(
      box,
      clock.after(delays.next().value, () => void deliver(box)),
    );
  }

  function deliver(box: string): Promise<void> {
    const turn = (turns.get(box) ?? Promise.resolve()).then(() => deliverNow(box));
    turns.set(box, turn);
    return turn;
  }

  return {
    list: () => ({
      kept: kept.map((act) => (tried.has(act.id) ? { ...act, isSent: true } : act)),
      ...{ taken, own, refused },
    }),
    deliver,
    stop() {
      isStopped = true;
      for (const timer of again.values()) timer.cancel();
    },
    async submit(act, gone) {
      if (kept.filter(({ box }) => box === act.box).length >= MOST_KEPT) {
        throw new GatewayError(`${MOST_KEPT} acts wait for ${act.box}`, {
          code: "desk.too_many_acts",
          kind: "permanent",
        });
      }
      const one: KeptAct = { ...act, id: newId(), at: isoTime(clock.now().wallMs) };
      await book.keep(one);
      kept = [...kept, one];
      onChange();
      return hear(one, gone);
    },
    async takeBack({ box, alarm, act: id }) {
      const isIt = (one: KeptAct): boolean => one.box === box && one.alarm === alarm && one.id === id;
      const read = refused.find((one) => isIt(one) && !cameTooLate(one, one.code));
      if (read) {
        await book.putAway(id);
        refused = refused.filter((one) => one !== read);
        onChange();
        return { act: read, was: "refused" };
      }
      const act = kept.find(isIt);
      if (!act || leaving.has(id)) {
        throw new GatewayError(`Nothing ${id} waits`, { code: "desk.act_unknown", kind: "permanent" });
      }
      if (tried.has(id)) {
        throw new GatewayError(`${id} was sent to ${box}`, { code: "desk.act_sent", kind: "permanent" });
      }
      leaving.add(id);
      try {
        await book.settle(id);
        kept = kept.filter((one) => one !== act);
      } finally {
        leaving.delete(id);
      }
      onChange();
      return { act, was: "kept" };
    },
  };
}

function busy(): GatewayError {
  return new GatewayError("The box has no time for it", { code: "box.throttled", kind: "transient" });
}
