// buffer/copies: what a township keeps of the boxes that it pulls, in files of lines or in SQLite, and what stands where in
// the chains. `cunshao pull` opens it; the gateway does not.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "../../core/errors.ts";
import type { PulledCopy } from "../../core/pulled-copy.ts";
import { openDatabase } from "../database.ts";
import { makeFolder, writeDurably } from "../durable-files.ts";
import type { Database } from "../sql.ts";
import { copyError } from "./copy-error.ts";
import { openNdjsonCopy } from "./ndjson-copy.ts";
import { COPY_MIGRATIONS, openSqliteCopy } from "./sqlite-copy.ts";

export interface CopyOptions {
  /** Made where missing: `holder`, a folder a box, and `pulled.sqlite`. */
  readonly folder: string;
  readonly format: "ndjson" | "sqlite";
  /** For a new copy. */
  readonly newHolder: () => string;
}

/** @throws GatewayError `copy.full`, `copy.unwritable`, `copy.damaged` (permanent). */
export async function openPulledCopy({ folder, format, newHolder }: CopyOptions): Promise<PulledCopy> {
  const path = join(folder, "pulled.sqlite");
  await makeFolder(folder).catch((error: unknown) => {
    throw copyError(error, folder);
  });
  const holder = await holderOf(folder, newHolder);
  let database: Database | undefined;
  if (format === "sqlite") {
    database = await openDatabase(path, { migrations: COPY_MIGRATIONS }).catch((error: unknown) => {
      throw copyError(error, path);
    });
  }
  return {
    holder,
    open(box) {
      const ofBox = join(folder, box);
      return database ? openSqliteCopy(database, path, box, ofBox) : openNdjsonCopy(ofBox);
    },
    close: async () => database?.close(),
  };
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
