import { join } from "node:path";
import type { LedgerEvent } from "../../core/event.ts";
import type { BoxCopy, LedgerAccount } from "../../core/pulled-copy.ts";
import { createTurns } from "../../core/turns.ts";
import {
  advance,
  countBytes,
  countDiffering,
  countFile,
  countLetGo,
  emptyAccount,
  fileNamedBy,
  isSameEvent,
  savedAccount,
  uncountFiles,
} from "./copy-account.ts";
import type { CopyChanges, CopyTables } from "./copy-tables.ts";
import { createFileShelf } from "./file-shelf.ts";

/** More than people do with an alarm; a box that writes without end about one must not fill the memory. */
const MOST_OF_ALARM = 500;

/** One box in tables that it shares with others; its files stand in `folder`. */
export async function openTableCopy(tables: CopyTables, box: string, folder: string): Promise<BoxCopy> {
  const accounts = new Map<string, LedgerAccount>();
  const ahead = new Map<string, number>();
  for (const { account: text, lastSeq } of await tables.ledgers(box)) {
    const account = savedAccount(JSON.parse(text) as LedgerAccount);
    accounts.set(account.ledger, account);
    if (lastSeq > account.seq) ahead.set(account.ledger, lastSeq);
  }

  const accountOf = (ledger: string, historySeq?: number): LedgerAccount =>
    accounts.get(ledger) ?? emptyAccount(ledger, historySeq);

  /** Files are settled beside events: each works on what the one before left of the account. */
  const turns = createTurns(1);
  const shelf = createFileShelf(join(folder, "evidence"));

  function addFiles(changes: CopyChanges, ledger: string, events: readonly LedgerEvent[]): Promise<void> {
    const files = events.flatMap((event) => {
      const id = fileNamedBy(event);
      return id === undefined ? [] : [{ seq: event.seq, id }];
    });
    return files.length > 0 ? changes.addFiles(box, ledger, files) : Promise.resolve();
  }

  /** What came ahead under the numbers of these, and whether it is what comes in its place now. */
  async function cameAhead(
    ledger: string,
    inPlace: readonly LedgerEvent[],
  ): Promise<readonly { readonly early: LedgerEvent; readonly isSame: boolean }[]> {
    const [first, last] = [inPlace[0], inPlace.at(-1)];
    if (!first || !last || !ahead.has(ledger)) return [];
    const bySeq = new Map(inPlace.map((event) => [event.seq, event]));
    return (await tables.eventsBetween(box, ledger, first.seq, last.seq)).flatMap((text) => {
      const early = JSON.parse(text) as LedgerEvent;
      const event = bySeq.get(early.seq);
      return event ? [{ early, isSame: isSameEvent(early, event) }] : [];
    });
  }

  /** It would take up room for ever. */
  async function removeUnnamed(id: string): Promise<void> {
    if ((await tables.namedBy(box, id)).length === 0) await shelf.remove(id);
  }

  /** The newest of all ledgers, oldest first. */
  async function newestOf(
    ask: (ledger: string, limit: number) => Promise<readonly string[]>,
    limit: number,
  ): Promise<readonly LedgerEvent[]> {
    const newestFirst: string[] = [];
    for (const ledger of [...accounts.keys()].reverse()) {
      const left = limit - newestFirst.length;
      if (left > 0) newestFirst.push(...(await ask(ledger, left)));
    }
    return newestFirst.map((event) => JSON.parse(event) as LedgerEvent).reverse();
  }

  return {
    shelf,
    accounts: () => [...accounts.values()],
    aheadSeq: (ledger) => ahead.get(ledger) ?? 0,
    async newsOf(ledger, events) {
      const known = (await cameAhead(ledger, events)).filter(({ isSame }) => isSame);
      const seqs = new Set(known.map(({ early }) => early.seq));
      return events.filter(({ seq }) => !seqs.has(seq));
    },
    take: (ledger, events, historySeq) =>
      turns.take(async () => {
        const { account: followed, fresh } = advance(accountOf(ledger, historySeq), events);
        const otherwise = (await cameAhead(ledger, fresh)).filter(({ isSame }) => !isSame);
        let account = countDiffering(countBytes(followed, fresh), otherwise.length);
        const unnamed: string[] = [];
        await tables.change(async (changes) => {
          for (const { early } of otherwise) {
            const id = fileNamedBy(early);
            const result = id === undefined ? undefined : await changes.dropFile(box, ledger, early.seq);
            if (id === undefined || result === undefined) continue;
            account = uncountFiles(account, result, 1);
            if (result === "stored") unnamed.push(id);
          }
          await changes.putEvents(box, ledger, fresh);
          await addFiles(changes, ledger, fresh);
          await changes.saveAccount(box, account);
        });
        accounts.set(ledger, account);
        if ((ahead.get(ledger) ?? 0) <= account.seq) ahead.delete(ledger);
        for (const id of unnamed) await removeUnnamed(id);
        return account;
      }),
    takeAhead: (ledger, events) =>
      turns.take(async () => {
        const last = events.at(-1);
        if (!last) return;
        const account = countBytes(accountOf(ledger), events);
        await tables.change(async (changes) => {
          await changes.addEvents(box, ledger, events);
          await addFiles(changes, ledger, events);
          await changes.saveAccount(box, account);
        });
        accounts.set(ledger, account);
        ahead.set(ledger, Math.max(last.seq, ahead.get(ledger) ?? 0));
      }),
    nextFiles: (ledger, limit) => tables.filesToFetch(box, ledger, limit),
    fileDone: (ledger, file, result) =>
      turns.take(async () => {
        let account = accountOf(ledger);
        let isNamed = false;
        await tables.change(async (changes) => {
          isNamed = await changes.settleFile(box, ledger, file, result);
          if (!isNamed) return;
          account = countFile(account, result);
          await changes.saveAccount(box, account);
        });
        accounts.set(ledger, account);
        if (!isNamed && result === "stored") await removeUnnamed(file.id);
      }),
    letGoOldest: () =>
      turns.take(async () => {
        const id = await tables.oldestFile(box);
        if (id === undefined) return undefined;
        // First the file: one that is told as gone and is there would never be counted again.
        const bytes = await shelf.remove(id);
        const named = await tables.namedBy(box, id);
        const changed = named.map(({ ledger, count }) => countLetGo(accountOf(ledger), count));
        await tables.change(async (changes) => {
          await changes.letFileGo(box, id);
          for (const account of changed) await changes.saveAccount(box, account);
        });
        for (const account of changed) accounts.set(account.ledger, account);
        return bytes;
      }),
    nameDenied: (most) =>
      turns.take(async () => {
        let left = most;
        for (const { ledger, files } of [...accounts.values()].reverse()) {
          if (files.denied === 0 || left === 0) continue;
          let account = accountOf(ledger);
          await tables.change(async (changes) => {
            const named = await changes.reopenFiles(box, ledger, "denied", left);
            left -= named;
            account = uncountFiles(account, "denied", named);
            await changes.saveAccount(box, account);
          });
          accounts.set(ledger, account);
        }
        return most - left;
      }),
    alarmEvents: (limit) => newestOf((ledger, left) => tables.alarmEvents(box, ledger, left), limit),
    clockEvents: (limit) => newestOf((ledger, left) => tables.clockEvents(box, ledger, left), limit),
    async *openAlarmEvents(mostAlarms) {
      const order = [...accounts.keys()];
      for (const alarm of await tables.openAlarms(box, mostAlarms)) {
        const found = await tables.eventsOfAlarm(box, alarm, MOST_OF_ALARM);
        const events = found.map((event) => JSON.parse(event) as LedgerEvent);
        // An alarm of a ledger that was damaged stands in the next one, too.
        yield events.sort((a, b) => order.indexOf(a.ledger) - order.indexOf(b.ledger) || a.seq - b.seq);
      }
    },
    // The tables are the whole copy's.
    close: () => Promise.resolve(),
  };
}
