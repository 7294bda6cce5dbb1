import type { Database, Transaction } from "./sql.ts";

/**
 * What comes in while the disk is busy is written in one transaction, in its order.
 * @returns a function that resolves once its row is on the disk, and rejects with what kept the whole group from it.
 */
export function createGroupedWrites<Row>(
  database: Pick<Database, "transaction">,
  write: (transaction: Transaction, rows: readonly Row[]) => Promise<void>,
): (row: Row) => Promise<void> {
  let open: { readonly rows: Row[]; readonly written: Promise<void> } | undefined;

  function begin(first: Row): Promise<void> {
    const rows = [first];
    const close = (): void => {
      if (open?.rows === rows) open = undefined;
    };
    const written = database
      .transaction((transaction) => {
        close();
        return write(transaction, rows);
      })
      // Also where it is never run.
      .finally(close);
    open = { rows, written };
    return written;
  }

  return (row) => {
    if (!open) return begin(row);
    open.rows.push(row);
    return open.written;
  };
}
