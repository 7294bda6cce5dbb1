import type { LedgerEvent } from "../../core/event.ts";
import type { FileResult, LedgerAccount, NamedFile } from "../../core/pulled-copy.ts";

/** Tables with what was pulled from many boxes: all that a copy knows of the database under it. Rejects with `copy.*`. */
export interface CopyTables {
  /** Ledgers of a box in the order in which they were met: the account as JSON, and the seq of the last event of all. */
  ledgers(box: string): Promise<readonly { readonly account: string; readonly lastSeq: number }[]>;
  /** Runs `work` in one transaction and resolves once it is on disk; when it fails nothing of it remains. */
  change(work: (changes: CopyChanges) => Promise<void>): Promise<void>;
  /** Named by events and neither fetched nor known to be gone; oldest first. */
  filesToFetch(box: string, ledger: string, limit: number): Promise<readonly NamedFile[]>;
  /** The file of the oldest event that has one here. */
  oldestFile(box: string): Promise<string | undefined>;
  /** By ledger, how many events name a file that is here. */
  namedBy(box: string, id: string): Promise<readonly { readonly ledger: string; readonly count: number }[]>;
  /** The newest alarm events of one ledger, newest first, as JSON. */
  alarmEvents(box: string, ledger: string, limit: number): Promise<readonly string[]>;
  /** The newest of one ledger by which its box corrected its clock, newest first, as JSON. */
  clockEvents(box: string, ledger: string, limit: number): Promise<readonly string[]>;
  /** Subjects of the alarms that were raised and not cleared, first those of which something was heard last. */
  openAlarms(box: string, limit: number): Promise<readonly string[]>;
  /** The first events of one alarm, those of each ledger in their order, as JSON. */
  eventsOfAlarm(box: string, alarm: string, limit: number): Promise<readonly string[]>;
  /** The events from one number to another, both included, as JSON. */
  eventsBetween(box: string, ledger: string, firstSeq: number, lastSeq: number): Promise<readonly string[]>;
  close(): Promise<void>;
}

export interface CopyChanges {
  /** Those that are there already stay as they are. */
  addEvents(box: string, ledger: string, events: readonly LedgerEvent[]): Promise<void>;
  /** In the place of those that are there already. */
  putEvents(box: string, ledger: string, events: readonly LedgerEvent[]): Promise<void>;
  addFiles(box: string, ledger: string, files: readonly NamedFile[]): Promise<void>;
  /** False where the event does not name this file any more. */
  settleFile(box: string, ledger: string, file: NamedFile, result: FileResult): Promise<boolean>;
  /** Forgets that the event names a file. Returns what had become of that; undefined where that was still open. */
  dropFile(box: string, ledger: string, seq: number): Promise<FileResult | undefined>;
  /** Takes back that the newest files of this result had it, at most so many. Returns their number. */
  reopenFiles(box: string, ledger: string, result: FileResult, most: number): Promise<number>;
  /** Notes that a file which was here is no more, for every event that names it. */
  letFileGo(box: string, id: string): Promise<void>;
  saveAccount(box: string, account: LedgerAccount): Promise<void>;
}
