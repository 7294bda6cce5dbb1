import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { errorCode, errorMessage, GatewayError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import { openDatabase } from "./database.ts";
import { fileError } from "./database-errors.ts";
import { makeFolder, syncFolder } from "./durable-files.ts";
import { checkTip } from "./ledger.ts";
import type { Database } from "./sql.ts";

// A database that is damaged is set aside as it is, never mended in place: whoever looks into it later finds what the card
// left. A new one takes its place in one rename, when it has everything that could be saved.

const NAME = "cunshao.sqlite";
const FRESH = "rescue.sqlite";
/** Says that a statement found the file damaged in running; what is in it is the reason. */
const MARK = "damaged";
/** SQLite's own files beside a database. The database itself moves last: while it is there, nothing is done yet. */
const COMPANIONS = ["-shm", "-wal", ""];
const SET_ASIDE = /^damaged-(\d+)$/;
const BEING_SET_ASIDE = /^(damaged-\d+)\.moving$/;

/** The damaged file while its successor is made. */
export interface DamagedFile {
  readonly path: string;
  /** Where it will stand from then on, below the folder of the ledger. */
  readonly name: string;
  /** What was found, in English. */
  readonly reason: string;
}

export interface LedgerFileOptions {
  /** Holds the database and those that were set aside. */
  readonly folder: string;
  readonly log: Logger;
  /** Puts into a new database what can be saved of the damaged one. Rejects when the disk does not take it. */
  readonly refill: (fresh: Database, damaged: DamagedFile) => Promise<void>;
  /** Puts in only that there was another: for a disk that does not take more. */
  readonly declare: (fresh: Database, damaged: DamagedFile, code: string) => Promise<void>;
  /** Called for each statement that finds the database damaged. */
  readonly onDamage: (error: GatewayError) => void;
}

/** Where the database stands in the folder of the ledger. */
export function databaseIn(folder: string): string {
  return join(folder, NAME);
}

/** Names of the files set aside, oldest first. */
export async function setAside(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: unknown): string[] => {
    if (errorCode(error) === "ENOENT") return [];
    throw fileError("ledger", error);
  });
  const numberOf = (name: string): number => Number(SET_ASIDE.exec(name)?.[1] ?? 0);
  return names.filter((name) => SET_ASIDE.test(name)).sort((a, b) => numberOf(a) - numberOf(b));
}

/** From now on the database counts as damaged, also if it passes the check of the next start. */
export async function markDamaged(folder: string, reason: string): Promise<void> {
  await writeFile(join(folder, MARK), reason, { flush: true });
  await syncFolder(folder);
}

/**
 * Opens the database; one that is damaged is set aside and a new one made in its place.
 * @throws GatewayError `ledger.newer` (permanent), `ledger.full`, `ledger.unwritable` (transient).
 */
export async function openLedgerFile(options: LedgerFileOptions): Promise<Database> {
  const { folder, log, onDamage } = options;
  try {
    await makeFolder(folder);
    await finishReplacing(folder);
  } catch (error) {
    throw fileError("ledger", error);
  }
  const opened = await openSound(folder, onDamage);
  if (typeof opened !== "string") return opened;
  log.error({ reason: opened }, "the database is damaged; a new one takes its place");
  await replace(options, opened);
  return openDatabase(join(folder, NAME), { onDamage });
}

/** The database, or why it cannot be gone on with. */
async function openSound(
  folder: string,
  onDamage: (error: GatewayError) => void,
): Promise<Database | string> {
  const path = join(folder, NAME);
  const marked = await readFile(join(folder, MARK), "utf8").catch(() => undefined);
  if (marked !== undefined && (await exists(path))) return marked || "damaged in running";
  let database: Database | undefined;
  try {
    database = await openDatabase(path, { onDamage });
    await checkTip(database);
    return database;
  } catch (error) {
    await database?.close();
    if (errorCode(error) === "ledger.corrupt") return errorMessage(error);
    throw error;
  }
}

async function replace({ folder, log, refill, declare }: LedgerFileOptions, reason: string): Promise<void> {
  const last = (await setAside(folder)).at(-1);
  const name = `damaged-${Number(SET_ASIDE.exec(last ?? "")?.[1] ?? 0) + 1}`;
  const damaged = { path: join(folder, NAME), name: `${name}/${NAME}`, reason };
  try {
    await makeFresh(folder, (fresh) => refill(fresh, damaged));
  } catch (error) {
    const code = errorCode(error);
    log.error({ code, error: errorMessage(error) }, "the damaged database could not be read into a new one");
    await makeFresh(folder, (fresh) => declare(fresh, damaged, code));
  }
  try {
    await mkdir(join(folder, `${name}.moving`));
    await syncFolder(folder);
    await finishReplacing(folder);
  } catch (error) {
    throw fileError("ledger", error);
  }
  log.error({ file: damaged.name }, "the damaged database is kept");
}

async function makeFresh(folder: string, fill: (fresh: Database) => Promise<void>): Promise<void> {
  await removeFresh(folder);
  const database = await openDatabase(join(folder, FRESH));
  try {
    await fill(database);
  } finally {
    // The last connection brings the log into the file, so that one file is all there is to move.
    await database.close();
  }
  if (await exists(join(folder, `${FRESH}-wal`))) {
    throw new GatewayError("the new database was not closed", {
      code: "ledger.unwritable",
      kind: "transient",
    });
  }
}

/**
 * Brings a replacement that was broken off to its end, at whatever step: a folder being moved into says that there is one,
 * the fresh file that it has not come to the new database yet.
 */
async function finishReplacing(folder: string): Promise<void> {
  const moving = (await readdir(folder)).find((name) => BEING_SET_ASIDE.test(name));
  if (moving === undefined) {
    await removeFresh(folder);
    return;
  }
  if (await exists(join(folder, FRESH))) {
    for (const suffix of COMPANIONS) await moveIfThere(folder, moving, `${NAME}${suffix}`);
    await syncFolder(join(folder, moving));
    await syncFolder(folder);
    await rename(join(folder, FRESH), join(folder, NAME));
    await syncFolder(folder);
  }
  await rm(join(folder, MARK), { force: true });
  await syncFolder(folder);
  await rename(join(folder, moving), join(folder, BEING_SET_ASIDE.exec(moving)?.[1] ?? moving));
  await syncFolder(folder);
}

async function moveIfThere(folder: string, into: string, name: string): Promise<void> {
  try {
    await rename(join(folder, name), join(folder, into, name));
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
  }
}

async function removeFresh(folder: string): Promise<void> {
  for (const suffix of COMPANIONS) await rm(join(folder, `${FRESH}${suffix}`), { force: true });
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
