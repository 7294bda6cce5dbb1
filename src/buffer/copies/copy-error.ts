import { errorCode, errorMessage, GatewayError } from "../../core/errors.ts";

/** 53100 is disk_full of PostgreSQL. */
const FULL = new Set(["ENOSPC", "EDQUOT", "ledger.full", "53100"]);

/** What keeps a copy from being written. */
export function copyError(error: unknown, path: string): Error {
  if (error instanceof GatewayError && error.code.startsWith("copy.")) return error;
  const code = errorCode(error);
  const isFull = FULL.has(code);
  // What has no code has words.
  const why = code === "unknown" ? errorMessage(error) : code;
  return new GatewayError(isFull ? `No room on the disk of ${path}` : `Cannot use ${path} (${why})`, {
    code: isFull ? "copy.full" : "copy.unwritable",
    kind: "permanent",
    cause: error,
  });
}

export function damaged(path: string, what: string): GatewayError {
  return new GatewayError(`${path} ${what}: move the folder away and pull anew, or take it from a backup`, {
    code: "copy.damaged",
    kind: "permanent",
  });
}
