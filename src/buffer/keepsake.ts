import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { errorCode, GatewayError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import { type Row, readTable } from "./damaged-rows.ts";
import { writeDurably } from "./durable-files.ts";
import type { Database } from "./sql.ts";

// A copy of the little that nobody can make again: who may log in, what people set, how far the ledger was told. Where the
// database can no longer be read at all, nobody is locked out for it.

const NAME = "keepsake.json";
const VERSION = 1;
/** Small tables; more of one is not what people set by hand. */
const MOST_ROWS = 5000;

/** Tables that are copied, each after those that it refers to. */
export const KEPT_TABLES = [
  "accounts",
  "tokens",
  "locks",
  "cursors",
  "drawn_shapes",
  "village_map",
  "rule_changes",
  "pauses",
  "lessons",
  "lesson_teachings",
  "programme_marks",
  "programmes_written",
  "duty_written",
  "clips",
  "locked_spans",
] as const;

export interface Keepsake {
  readonly ledger: string;
  readonly head: number;
  /** By upstream: up to which seq it acknowledged everything. */
  readonly acknowledged: Readonly<Record<string, number>>;
  readonly tables: Readonly<Record<string, readonly Row[]>>;
}

export interface KeepsakeSource {
  readonly database: Database;
  /** Of the ledger. */
  readonly folder: string;
  readonly ledger: { readonly id: string; readonly head: number };
  readonly upstreams: readonly string[];
  readonly acknowledged: (upstream: string) => Promise<number>;
}

/** Writes the copy, readable by this user alone: it holds password hashes. */
export async function saveKeepsake(source: KeepsakeSource): Promise<void> {
  const { database, folder, ledger, upstreams, acknowledged } = source;
  const tables: Record<string, readonly Row[]> = {};
  for (const table of KEPT_TABLES) {
    const { rows, isWhole } = await readTable(database, table);
    // An older copy that is whole is worth more.
    if (!isWhole)
      throw new GatewayError(`${table} is damaged`, { code: "ledger.corrupt", kind: "permanent" });
    tables[table] = rows.slice(0, MOST_ROWS);
  }
  const seqs: Record<string, number> = {};
  for (const upstream of upstreams) seqs[upstream] = await acknowledged(upstream);
  const keepsake = { version: VERSION, ledger: ledger.id, head: ledger.head, acknowledged: seqs, tables };
  const path = join(folder, NAME);
  await writeDurably(`${path}.${randomUUID()}`, path, Buffer.from(JSON.stringify(keepsake)), 0o600);
}

/** The copy; undefined where there is none or it is damaged, too. */
export async function readKeepsake(folder: string): Promise<Keepsake | undefined> {
  try {
    const found = JSON.parse(await readFile(join(folder, NAME), "utf8")) as Keepsake & { version: unknown };
    const { version, ledger, head, tables, acknowledged } = found;
    const isOne =
      version === VERSION &&
      typeof ledger === "string" &&
      Number.isSafeInteger(head) &&
      tables &&
      acknowledged;
    return isOne ? found : undefined;
  } catch {
    // It is what one falls back to: without it what the database itself still tells has to do.
    return undefined;
  }
}

export interface KeepsakeKeeper {
  /** Saves now; what is asked for meanwhile is saved by one more time. Never rejects. */
  save(): Promise<void>;
}

/** Keeps the copy near to what it copies. */
export function createKeepsakeKeeper(source: KeepsakeSource, log: Logger): KeepsakeKeeper {
  let saving: Promise<void> | undefined;
  let again = false;

  async function saveAll(): Promise<void> {
    do {
      again = false;
      await saveKeepsake(source).catch((error: unknown) => {
        log.warn({ code: errorCode(error) }, "the copy of accounts and settings was not written");
      });
    } while (again);
    saving = undefined;
  }

  return {
    save() {
      again = saving !== undefined;
      saving ??= saveAll();
      return saving;
    },
  };
}

/** The store, whose changes are followed by a new copy. */
export function keptAfter<Store extends object>(
  store: Store,
  changing: readonly (keyof Store)[],
  keeper: KeepsakeKeeper,
): Store {
  const kept = { ...store };
  for (const name of changing) {
    const change = store[name] as (...values: unknown[]) => Promise<unknown>;
    kept[name] = (async (...values: unknown[]) => {
      const result = await change(...values);
      void keeper.save();
      return result;
    }) as Store[typeof name];
  }
  return kept;
}
