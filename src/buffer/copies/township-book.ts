import type { AlarmNames, BoxNames, KeptAct, RefusedAct, TownshipBook } from "../../core/township-desk.ts";
import { openDatabase } from "../database.ts";
import type { Migration } from "../migrations/migration.ts";
import { copyError } from "./copy-error.ts";

const MIGRATIONS: readonly Migration[] = [
  {
    name: "township",
    statements: [
      "CREATE TABLE heard (box TEXT PRIMARY KEY, at TEXT NOT NULL) WITHOUT ROWID",
      // What people did that a box does not know yet, in the order in which they did it.
      "CREATE TABLE kept_acts (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, act TEXT NOT NULL)",
    ],
  },
  {
    name: "names",
    statements: ["CREATE TABLE names (box TEXT PRIMARY KEY, names TEXT NOT NULL) WITHOUT ROWID"],
  },
  {
    name: "runs",
    statements: [
      "CREATE TABLE runs (number INTEGER PRIMARY KEY, run TEXT NOT NULL)",
      "CREATE TABLE cursor_name (only INTEGER PRIMARY KEY CHECK (only = 1), name TEXT NOT NULL)",
    ],
  },
  {
    name: "own-acts",
    statements: ["CREATE TABLE own_acts (number INTEGER PRIMARY KEY, act TEXT NOT NULL)"],
  },
  {
    name: "refused-acts",
    statements: [
      // Of those that wait already nobody knows whether they were sent.
      "ALTER TABLE kept_acts ADD COLUMN sent INTEGER NOT NULL DEFAULT 1",
      `CREATE TABLE refused_acts (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, box TEXT NOT NULL, act TEXT NOT NULL
      )`,
    ],
  },
];

/** A box that was away for longer than these takes the desk for another one, and gives it a new place. */
const MOST_RUNS = 10_000;

/** In lists: an id may be any word, also one that an object has of its own. */
interface SavedNames {
  readonly rules: readonly (readonly [string, string])[];
  readonly alarms: readonly (readonly [string, AlarmNames])[];
}

function namesOf(text: string): BoxNames {
  const { rules, alarms } = JSON.parse(text) as SavedNames;
  return { rules: new Map(rules), alarms: new Map(alarms) };
}

/** What a township's desk must not forget beside the events of its boxes, in a file of its own. @throws GatewayError `copy.*`. */
export async function openTownshipBook(path: string): Promise<TownshipBook> {
  const failed = (error: unknown): never => {
    throw copyError(error, path);
  };
  const database = await openDatabase(path, { migrations: MIGRATIONS }).catch(failed);
  return {
    async lastHeard() {
      const rows = await database.all<{ box: string; at: string }>("SELECT box, at FROM heard");
      return new Map(rows.map(({ box, at }) => [box, at]));
    },
    async heard(box, at) {
      await database
        .transaction(({ run }) =>
          run("INSERT INTO heard (box, at) VALUES (?, ?) ON CONFLICT (box) DO UPDATE SET at = excluded.at", [
            box,
            at,
          ]),
        )
        .catch(failed);
    },
    async names() {
      const rows = await database.all<{ box: string; names: string }>("SELECT box, names FROM names");
      return new Map(rows.map(({ box, names }) => [box, namesOf(names)]));
    },
    async rename(box, { rules, alarms }) {
      const saved: SavedNames = { rules: [...rules], alarms: [...alarms] };
      await database
        .transaction(({ run }) =>
          run(
            "INSERT INTO names (box, names) VALUES (?, ?) ON CONFLICT (box) DO UPDATE SET names = excluded.names",
            [box, JSON.stringify(saved)],
          ),
        )
        .catch(failed);
    },
    async cursor() {
      const [named] = await database.all<{ name: string }>("SELECT name FROM cursor_name");
      const runs = await database.all<{ run: string }>("SELECT run FROM runs");
      return { name: named?.name, runs: new Set(runs.map(({ run }) => run)) };
    },
    async beginRun(begun) {
      await database
        .transaction(async ({ run }) => {
          await run("INSERT INTO runs (run) VALUES (?)", [begun]);
          await run("DELETE FROM runs WHERE number <= (SELECT max(number) FROM runs) - ?", [MOST_RUNS]);
        })
        .catch(failed);
    },
    async nameCursor(name) {
      await database
        .transaction(({ run }) =>
          run(
            "INSERT INTO cursor_name (only, name) VALUES (1, ?) ON CONFLICT (only) DO UPDATE SET name = excluded.name",
            [name],
          ),
        )
        .catch(failed);
    },
    async keptActs() {
      const rows = await database.all<{ act: string; sent: number }>(
        "SELECT act, sent FROM kept_acts ORDER BY number",
      );
      return rows.map(({ act, sent }) => ({
        ...(JSON.parse(act) as KeptAct),
        ...(sent === 1 && { isSent: true }),
      }));
    },
    async keep(act) {
      await database
        .transaction(({ run }) =>
          run("INSERT INTO kept_acts (id, act, sent) VALUES (?, ?, 0)", [act.id, JSON.stringify(act)]),
        )
        .catch(failed);
    },
    async sending(id) {
      await database
        .transaction(({ run }) => run("UPDATE kept_acts SET sent = 1 WHERE id = ?", [id]))
        .catch(failed);
    },
    async settle(id) {
      await database.transaction(({ run }) => run("DELETE FROM kept_acts WHERE id = ?", [id])).catch(failed);
    },
    async ownActs() {
      const rows = await database.all<{ act: string }>("SELECT act FROM own_acts ORDER BY number");
      return rows.map(({ act }) => JSON.parse(act) as KeptAct);
    },
    async settleHere(id) {
      await database
        .transaction(async ({ run }) => {
          await run("INSERT INTO own_acts (act) SELECT act FROM kept_acts WHERE id = ?", [id]);
          await run("DELETE FROM kept_acts WHERE id = ?", [id]);
        })
        .catch(failed);
    },
    async refusedActs() {
      const rows = await database.all<{ act: string }>("SELECT act FROM refused_acts ORDER BY number");
      return rows.map(({ act }) => JSON.parse(act) as RefusedAct);
    },
    async settleRefused(act, letGo) {
      await database
        .transaction(async ({ run }) => {
          await run("INSERT INTO refused_acts (id, box, act) VALUES (?, ?, ?)", [
            ...[act.id, act.box],
            JSON.stringify(act),
          ]);
          await run("DELETE FROM kept_acts WHERE id = ?", [act.id]);
          for (const id of letGo) await run("DELETE FROM refused_acts WHERE id = ?", [id]);
        })
        .catch(failed);
    },
    async putAway(id) {
      await database
        .transaction(({ run }) => run("DELETE FROM refused_acts WHERE id = ?", [id]))
        .catch(failed);
    },
    close: () => database.close(),
  };
}
