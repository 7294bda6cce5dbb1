// buffer/copies: what a township or a county keeps of its boxes, in files of lines, in SQLite or in PostgreSQL, and what stands where
// in the chains. `cunshao pull` opens it; the gateway does not.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "../../core/errors.ts";
import type { PulledCopy } from "../../core/pulled-copy.ts";
import { makeFolder, writeDurably } from "../durable-files.ts";
import { copyError } from "./copy-error.ts";
import type { CopyTables } from "./copy-tables.ts";
import { openNdjsonCopy } from "./ndjson-copy.ts";
import { openSqliteTables } from "./sqlite-tables.ts";
import { openTableCopy } from "./table-copy.ts";

export interface CopyOptions {
  /** Made where missing: `holder`, a folder a box with its files, and `pulled.sqlite`. */
  readonly folder: string;
  /** Where the events go: files of lines, `pulled.sqlite`, or a database of PostgreSQL. */
  readonly format: "ndjson" | "sqlite" | { readonly postgres: string };
  /** For a new copy. */
  readonly newHolder: () => string;
}

/** @throws GatewayError `copy.full`, `copy.unwritable`, `copy.damaged` (permanent). */
export async function openPulledCopy({ folder, format, newHolder }: CopyOptions): Promise<PulledCopy> {
  await makeFolder(folder).catch((error: unknown) => {
    throw copyError(error, folder);
  });
  const holder = await holderOf(folder, newHolder);
  const tables = await openTables(format, join(folder, "pulled.sqlite"));
  return {
    holder,
    open(box) {
      const ofBox = join(folder, box);
      return tables ? openTableCopy(tables, box, ofBox) : openNdjsonCopy(ofBox);
    },
    close: async () => tables?.close(),
  };
}

/** PostgreSQL's package is loaded where it is used: boxes and small townships do without. */
async function openTables(format: CopyOptions["format"], path: string): Promise<CopyTables | undefined> {
  if (format === "ndjson") return undefined;
  if (format === "sqlite") return openSqliteTables(path);
  const { openPostgresTables } = await import("./postgres-tables.ts");
  return openPostgresTables(format.postgres);
}

async function holderOf(folder: string, newHolder: () => string): Promise<string> {
  const path = join(folder, "holder");
  try {
    const known = (await readFile(path, "utf8")).trim();
    if (known !== "") return known;
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw copyError(error, path);
  }
  const made = newHolder();
  await writeDurably(`${path}.${made}`, path, Buffer.from(`${made}\n`)).catch((error: unknown) => {
    throw copyError(error, path);
  });
  return made;
}
