import type { ErrorKind } from "../core/errors.ts";
import { errorCode, errorMessage, GatewayError } from "../core/errors.ts";

interface Meaning {
  readonly code: string;
  readonly kind: ErrorKind;
}

// Primary result codes as node-sqlite3 names them; https://www.sqlite.org/rescode.html says what each means.
const MEANINGS: Readonly<Record<string, Meaning>> = {
  SQLITE_FULL: { code: "ledger.full", kind: "transient" },
  SQLITE_READONLY: { code: "ledger.unwritable", kind: "transient" },
  SQLITE_IOERR: { code: "ledger.unwritable", kind: "transient" },
  SQLITE_CANTOPEN: { code: "ledger.unwritable", kind: "transient" },
  SQLITE_PERM: { code: "ledger.unwritable", kind: "transient" },
  SQLITE_CORRUPT: { code: "ledger.corrupt", kind: "permanent" },
  SQLITE_NOTADB: { code: "ledger.corrupt", kind: "permanent" },
  SQLITE_BUSY: { code: "ledger.busy", kind: "transient" },
  SQLITE_LOCKED: { code: "ledger.busy", kind: "transient" },
  SQLITE_CONSTRAINT: { code: "ledger.constraint", kind: "bug" },
  SQLITE_MISUSE: { code: "ledger.closed", kind: "bug" },
};

/** Turns an error of the database package into one with a code of ours; a `GatewayError` passes unchanged. */
export function databaseError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  const meaning = MEANINGS[errorCode(error)] ?? { code: "ledger.failed", kind: "bug" };
  return new GatewayError(`The database failed: ${errorMessage(error)}`, { ...meaning, cause: error });
}

/** The same for files beside the database: `<area>.full` when space or quota is used up, else `<area>.unwritable`. */
export function fileError(area: string, error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  const full = errorCode(error) === "ENOSPC" || errorCode(error) === "EDQUOT";
  return new GatewayError(`Writing failed: ${errorMessage(error)}`, {
    code: full ? `${area}.full` : `${area}.unwritable`,
    kind: "transient",
    cause: error,
  });
}
