import { errorCode } from "../core/errors.ts";
import type { PullCursor } from "../core/pull-cursor.ts";
import type { BoxCopy, LedgerAccount } from "../core/pulled-copy.ts";
import type { Clock } from "../core/time.ts";
import { createTurns } from "../core/turns.ts";
import type { BoxClient } from "./box-client.ts";
import { BoxError } from "./box-error.ts";

/** The box is told how far we are when all is had, and so often on a long way. */
const EVERY_MS = 5000;

export interface CursorTelling {
  /**
   * Before the first event, once in a run: another copy under our name would let go what this one has still to get.
   * @throws BoxError `cursor.taken` (permanent) where the name cannot be left to it.
   */
  claim(signal: AbortSignal): Promise<void>;
  /** How far we are, where that is due. */
  tell(account: LedgerAccount, signal: AbortSignal, isDue: boolean): Promise<void>;
}

/** What one box is told of how far its copy is: of events that are here, and of files that are here or not to be had. */
export function createCursorTelling(
  {
    client,
    copy,
    cursor,
    clock,
  }: {
    readonly client: BoxClient;
    readonly copy: BoxCopy;
    readonly cursor: PullCursor;
    readonly clock: Clock;
  },
  { takeOver, withFiles }: { readonly takeOver: boolean; readonly withFiles: boolean },
): CursorTelling {
  let claimed: string | undefined;
  /** The box still knows this copy by an earlier run of it. */
  let isEarlier = false;
  const telling = createTurns(1);
  let told = { name: "", ledger: "", seq: -1, atMs: 0 };

  function taken(at: string | undefined): BoxError {
    return new BoxError(
      "cursor.taken",
      `Another copy pulls this box as ${cursor.name()}, last at ${at}: --name another, or --take-over`,
      { kind: "permanent" },
    );
  }

  /** The box may let go of what lies before. */
  async function safeSeq({ ledger, seq }: LedgerAccount): Promise<number> {
    const [next] = withFiles ? await copy.nextFiles(ledger, 1) : [];
    return next ? next.seq - 1 : seq;
  }

  async function put(account: LedgerAccount, signal: AbortSignal, nowMs: number): Promise<void> {
    const { ledger } = account;
    const name = cursor.name();
    const seq = await safeSeq(account);
    if (name === told.name && ledger === told.ledger && seq <= told.seq) return;
    const order = { ledger, seq, holder: cursor.holder, takeOver: takeOver || isEarlier };
    try {
      await client.putCursor(name, order, signal);
    } catch (error) {
      if (errorCode(error) !== "cursor.taken" || !cursor.leave) throw error;
      await cursor.leave(name, "now");
      await client.putCursor(cursor.name(), { ...order, takeOver }, signal);
    }
    isEarlier = false;
    told = { name: cursor.name(), ledger, seq, atMs: nowMs };
  }

  return {
    async claim(signal) {
      const name = cursor.name();
      if (claimed === name) return;
      const { cursor: known, ledger, head = 0 } = await client.head(name, signal);
      const { holder } = known ?? {};
      if (holder !== undefined && holder !== cursor.holder && !takeOver) {
        isEarlier = cursor.isOwn(holder);
        if (!isEarlier && !cursor.leave) throw taken(known?.at);
        if (!isEarlier) await cursor.leave?.(name, "start");
      }
      claimed = cursor.name();
      // What was had before is told at once: until then nothing is kept for a new name, and a second run of this copy goes unseen.
      const account = copy.accounts().at(-1);
      // A box that knows less than is here is the next page's to judge.
      if (cursor.leave && account && account.ledger === ledger && account.seq <= head) {
        await telling.take(() => put(account, signal, clock.now().monotonicMs));
      }
    },
    // One after the other: files are fetched beside events, and the cursor is not to go back.
    tell: (account, signal, isDue) =>
      telling.take(async () => {
        const nowMs = clock.now().monotonicMs;
        if (isDue || nowMs - told.atMs >= EVERY_MS) await put(account, signal, nowMs);
      }),
  };
}

/** A name that a person chose; nobody else may use it. */
export function chosenCursor(name: string, holder: string): PullCursor {
  return { name: () => name, holder, isOwn: (other) => other === holder };
}
