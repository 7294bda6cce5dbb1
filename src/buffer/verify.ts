import { join } from "node:path";
import { type Clock, systemClock } from "../core/time.ts";
import { type ChainRecord, verifyChain } from "./chain.ts";
import { openForReading, type ReadOnlyDatabase } from "./database.ts";
import { createEvictionCheck, declaredBy, EVICTED } from "./evictions.ts";
import { databaseIn, setAside } from "./ledger-file.ts";
import {
  createEvidenceFinding,
  type EvidenceFinding,
  type LedgerFinding,
  nothingAt,
  type OnProgress,
  sizeOf,
  type Verification,
  type VerifyFault,
} from "./verification.ts";

const PAGE = 1000;
/** The gateway takes files away before it forgets them, fifty at a time: on a busy card that takes seconds. */
const RECHECK_MS = 1000;
const RECHECKS = 10;

/**
 * Checks the chain and the evidence of a box's data folder, while the gateway runs as well: it only reads.
 * @throws GatewayError `verify.nothing` (permanent) where there is no ledger, `ledger.*` where it cannot be read.
 */
export async function verifyBox(
  dataFolder: string,
  onProgress: OnProgress = () => {},
  clock: Pick<Clock, "sleep"> = systemClock,
): Promise<Verification> {
  const folder = join(dataFolder, "ledger");
  const path = databaseIn(folder);
  if ((await sizeOf(path)) === undefined) throw nothingAt(path);
  const database = await openForReading(path);
  try {
    const ledger = await verifyLedger(database, onProgress);
    const evidence = await verifyEvidence(database, join(dataFolder, "evidence"), onProgress, clock);
    const intact = !ledger.broken && evidence.changed.length + evidence.missing.length === 0;
    return { intact, ledgers: [ledger], evidence, setAside: await setAside(folder) };
  } finally {
    await database.close();
  }
}

async function verifyLedger(database: ReadOnlyDatabase, onProgress: OnProgress): Promise<LedgerFinding> {
  const [meta] = await database.all<{ value: string }>("SELECT value FROM meta WHERE key = 'ledger'");
  const [ends] = await database.all<{ first: number; last: number }>(
    "SELECT coalesce(min(seq), 0) AS first, coalesce(max(seq), 0) AS last FROM events",
  );
  const { first: firstSeq, last: ofSeq } = ends ?? { first: 0, last: 0 };
  const evictions = createEvictionCheck();
  let events = 0;
  const verdict = await verifyChain(async (after) => {
    // Up to where it ended when we began: a busy box would be followed for ever.
    const rows = await database.all<ChainRecord>(
      "SELECT seq, hash, class, type, body FROM events WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?",
      [after, ofSeq, PAGE],
    );
    for (const row of rows) {
      events++;
      if (row.body === null) evictions.empty(row.seq, row.class);
      else evictions.declared(declaredBy(row.type, row.body));
    }
    onProgress({ what: "events", done: events, of: ofSeq });
    return rows;
  });
  // What the gateway let go while we read is told of behind the end that we know.
  const later = await database.all<{ type: string; body: string }>(
    "SELECT type, body FROM events WHERE seq > ? AND type = ? AND body IS NOT NULL",
    [ofSeq, EVICTED],
  );
  for (const { type, body } of later) evictions.declared(declaredBy(type, body));
  const undeclared = evictions.firstUndeclared();
  return {
    ledger: meta?.value ?? "",
    firstSeq,
    lastSeq: verdict.intact ? verdict.tip.seq : ofSeq,
    hash: verdict.intact ? verdict.tip.hash : "",
    events,
    evicted: evictions.count(),
    ...brokenAt(verdict.intact ? undefined : verdict, undeclared),
  };
}

function brokenAt(
  broken: { seq: number; fault: VerifyFault } | undefined,
  undeclared: number | undefined,
): Pick<LedgerFinding, "broken"> {
  if (broken && !(undeclared !== undefined && undeclared < broken.seq)) {
    return { broken: { seq: broken.seq, fault: broken.fault } };
  }
  return undeclared === undefined ? {} : { broken: { seq: undeclared, fault: "undeclared" } };
}

async function verifyEvidence(
  database: ReadOnlyDatabase,
  folder: string,
  onProgress: OnProgress,
  clock: Pick<Clock, "sleep">,
): Promise<EvidenceFinding> {
  const found = createEvidenceFinding();
  let absent: string[] = [];
  const indexed = (after: string, limit: number, sql = ">") =>
    database.all<{ sha256: string }>(
      `SELECT sha256 FROM evidence WHERE sha256 ${sql} ? ORDER BY sha256 LIMIT ?`,
      [after, limit],
    );
  for (let after = ""; ; ) {
    const rows = await indexed(after, PAGE);
    for (const { sha256 } of rows) {
      const result = await found.look(sha256, join(folder, sha256.slice(0, 2), sha256));
      if (result === "missing") absent.push(sha256);
      onProgress({ what: "files", done: found.finding().files });
    }
    const last = rows.at(-1);
    if (!last) break;
    after = last.sha256;
  }
  // The gateway may be letting them go just now.
  for (let checked = 0; absent.length > 0 && checked <= RECHECKS; checked++) {
    if (checked > 0) await clock.sleep(RECHECK_MS);
    const still = await Promise.all(
      absent.map(async (sha256) => ((await indexed(sha256, 1, "=")).length > 0 ? [sha256] : [])),
    );
    absent = still.flat();
  }
  for (const sha256 of absent) found.missing(sha256);
  return found.finding();
}
