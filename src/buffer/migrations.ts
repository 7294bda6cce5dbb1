import { GatewayError } from "../core/errors.ts";
import { foundation } from "./migrations/0001-foundation.ts";
import { access } from "./migrations/0002-access.ts";
import { recordings } from "./migrations/0003-recordings.ts";
import { movement } from "./migrations/0004-movement.ts";
import { keeping } from "./migrations/0005-keeping.ts";
import { lockedSpans } from "./migrations/0006-locked-spans.ts";
import { pauses } from "./migrations/0007-pauses.ts";
import { lessons } from "./migrations/0008-lessons.ts";
import { zoneDrawings } from "./migrations/0009-zone-drawings.ts";
import { clips } from "./migrations/0010-clips.ts";
import { programmes } from "./migrations/0011-programmes.ts";
import { hearing } from "./migrations/0012-hearing.ts";
import { keepingTheLedger } from "./migrations/0014-keeping-the-ledger.ts";
import { upstreams } from "./migrations/0015-upstreams.ts";
import { pullersAndCommands } from "./migrations/0016-pullers-and-commands.ts";
import { writtenOnThePage } from "./migrations/0017-written-on-the-page.ts";
import { ruleChanges } from "./migrations/0018-rule-changes.ts";
import { drawnShapes } from "./migrations/0019-drawn-shapes.ts";
import { monthlySheet } from "./migrations/0020-monthly-sheet.ts";
import { villageMap } from "./migrations/0021-village-map.ts";
import { letGo } from "./migrations/0022-let-go.ts";
import type { Migration } from "./migrations/migration.ts";
import type { Database, Transaction } from "./sql.ts";

export const MIGRATIONS: readonly Migration[] = [
  foundation,
  access,
  recordings,
  movement,
  keeping,
  lockedSpans,
  pauses,
  lessons,
  zoneDrawings,
  clips,
  programmes,
  hearing,
  keepingTheLedger,
  upstreams,
  pullersAndCommands,
  writtenOnThePage,
  ruleChanges,
  drawnShapes,
  monthlySheet,
  villageMap,
  letGo,
];

/**
 * How many of the steps a file has. To be asked before anything is written to it.
 * @throws GatewayError `ledger.newer` (permanent) when a later version of the gateway wrote the file.
 */
export async function schemaOf(
  { all }: Pick<Transaction, "all">,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<number> {
  const [row] = await all<{ user_version: number }>("PRAGMA user_version");
  const version = row?.user_version ?? 0;
  if (version <= migrations.length) return version;
  throw new GatewayError(`The database has schema ${version}, this version knows ${migrations.length}`, {
    code: "ledger.newer",
    kind: "permanent",
  });
}

/** Applies the steps that `user_version` does not count yet, each in its own transaction. @throws GatewayError `ledger.newer`. */
export async function migrate(
  statements: Transaction,
  transaction: Database["transaction"],
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<void> {
  const version = await schemaOf(statements, migrations);
  for (const [index, migration] of migrations.entries()) {
    if (index < version) continue;
    await transaction(async ({ run }) => {
      for (const statement of migration.statements) await run(statement);
      await run(`PRAGMA user_version = ${index + 1}`);
    });
  }
}
