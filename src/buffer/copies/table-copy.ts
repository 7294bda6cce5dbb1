import { join } from "node:path";
import type { LedgerEvent } from "../../core/event.ts";
import type { BoxCopy, LedgerAccount } from "../../core/pulled-copy.ts";
import {
  advance,
  countBytes,
  countFile,
  countLetGo,
  emptyAccount,
  fileNamedBy,
  savedAccount,
} from "./copy-account.ts";
import type { CopyChanges, CopyTables } from "./copy-tables.ts";
import { createFileShelf } from "./file-shelf.ts";

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

  /** Those that came ahead are there already. */
  async function add(changes: CopyChanges, ledger: string, events: readonly LedgerEvent[]): Promise<void> {
    await changes.addEvents(box, ledger, events);
    const files = events.flatMap((event) => {
      const id = fileNamedBy(event);
      return id === undefined ? [] : [{ seq: event.seq, id }];
    });
    if (files.length > 0) await changes.addFiles(box, ledger, files);
  }

  const shelf = createFileShelf(join(folder, "evidence"));

  return {
    shelf,
    accounts: () => [...accounts.values()],
    aheadSeq: (ledger) => ahead.get(ledger) ?? 0,
    async take(ledger, events, historySeq) {
      const { account: followed, fresh } = advance(accountOf(ledger, historySeq), events);
      const account = countBytes(followed, fresh);
      await tables.change(async (changes) => {
        await add(changes, ledger, fresh);
        await changes.saveAccount(box, account);
      });
      accounts.set(ledger, account);
      if ((ahead.get(ledger) ?? 0) <= account.seq) ahead.delete(ledger);
      return account;
    },
    async takeAhead(ledger, events) {
      const last = events.at(-1);
      if (!last) return;
      const account = countBytes(accountOf(ledger), events);
      await tables.change(async (changes) => {
        await add(changes, ledger, events);
        await changes.saveAccount(box, account);
      });
      accounts.set(ledger, account);
      ahead.set(ledger, Math.max(last.seq, ahead.get(ledger) ?? 0));
    },
    nextFiles: (ledger, limit) => tables.filesToFetch(box, ledger, limit),
    async fileDone(ledger, { seq }, result) {
      const account = countFile(accountOf(ledger), result);
      await tables.change(async (changes) => {
        await changes.settleFile(box, ledger, seq, result);
        await changes.saveAccount(box, account);
      });
      accounts.set(ledger, account);
    },
    async letGoOldest() {
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
    },
    async alarmEvents(limit) {
      const newestFirst = await tables.alarmEvents(box, limit);
      return newestFirst.map((event) => JSON.parse(event) as LedgerEvent).reverse();
    },
    // The tables are the whole copy's.
    close: () => Promise.resolve(),
  };
}
