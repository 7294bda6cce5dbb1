export type SqlValue = string | number | null;

/** Statements inside one transaction, which sees its own changes. */
export interface Transaction {
  all<Row>(sql: string, values?: readonly SqlValue[]): Promise<Row[]>;
  /** Returns the number of rows changed. */
  run(sql: string, values?: readonly SqlValue[]): Promise<number>;
}

/** A transaction that begins with its first statement. */
export interface LazyTransaction extends Transaction {
  /** Does the whole work in one statement, which then needs neither begin nor commit. Instead of all others. */
  only(sql: string, values?: readonly SqlValue[]): Promise<number>;
}

/**
 * All the room knows of the database package, so that another can take its place.
 * Every method rejects with `ledger.full`, `ledger.unwritable`, `ledger.busy` (transient), `ledger.corrupt` (permanent).
 */
export interface Database {
  /** Reads what is committed; never waits for a writer. */
  all<Row>(sql: string, values?: readonly SqlValue[]): Promise<Row[]>;
  /**
   * Runs `work` alone, in the order of the calls, and resolves once its changes are on the disk (fsync).
   * When `work` or the commit fails nothing of it remains. `work` must not start another transaction.
   */
  transaction<T>(work: (transaction: LazyTransaction) => Promise<T>): Promise<T>;
  /**
   * Gives at most so many free pages back to the disk, in one short transaction.
   * @returns how many are left.
   */
  giveBack(pages: number): Promise<number>;
  /** Bytes of the file that hold something, and those of free pages, which are written before the file grows. */
  space(): Promise<{ usedBytes: number; freeBytes: number }>;
  /** Waits for what is queued. */
  close(): Promise<void>;
}
