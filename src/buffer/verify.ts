import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pipeline } from "node:stream/promises";
import { errorCode, GatewayError } from "../core/errors.ts";
import type { LedgerEvent } from "../core/event.ts";
import { type ChainFault, type ChainRecord, hashOf, recordOf, verifyChain } from "./chain.ts";
import { openForReading, type ReadOnlyDatabase } from "./database.ts";
import { createEvictionCheck, type DeclaredEviction, declaredBy, EVICTED } from "./evictions.ts";
import { databaseIn, setAside } from "./ledger-file.ts";

const PAGE = 1000;
const SHA256 = /^[0-9a-f]{64}$/;

/** `undeclared`: an event is empty, and none says that it was let go. `duplicate`: there are two of one place. */
export type VerifyFault = ChainFault | "undeclared" | "duplicate" | "unreadable";

export interface LedgerFinding {
  readonly ledger: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** Hash of the last event: what is cut off at the end shows only against one that is known elsewhere. */
  readonly hash: string;
  readonly events: number;
  /** Empty ones, whose places and hashes are there. */
  readonly evicted: number;
  /** The first place that is not as it was written. */
  readonly broken?: { readonly seq: number; readonly fault: VerifyFault } | undefined;
}

export interface EvidenceFinding {
  readonly files: number;
  readonly bytes: number;
  /** Ids of files that are not what their names say, and of those that should be there. */
  readonly changed: readonly string[];
  readonly missing: readonly string[];
}

export interface Verification {
  readonly intact: boolean;
  readonly ledgers: readonly LedgerFinding[];
  readonly evidence: EvidenceFinding;
  /** Damaged databases that were set aside; they are not looked into. */
  readonly setAside: readonly string[];
  /** Of a copy: the first line that is no event. */
  readonly badLine?: number | undefined;
}

export interface VerifyProgress {
  readonly what: "events" | "files";
  readonly done: number;
  readonly of?: number | undefined;
}

type OnProgress = (progress: VerifyProgress) => void;

/**
 * Checks the chain and the evidence of a box's data folder, while the gateway runs as well: it only reads.
 * @throws GatewayError `verify.nothing` (permanent) where there is no ledger, `ledger.*` where it cannot be read.
 */
export async function verifyBox(
  dataFolder: string,
  onProgress: OnProgress = () => {},
): Promise<Verification> {
  const folder = join(dataFolder, "ledger");
  const path = databaseIn(folder);
  if ((await sizeOf(path)) === undefined) throw nothingAt(path);
  const database = await openForReading(path);
  try {
    const ledger = await verifyLedger(database, onProgress);
    const evidence = await verifyEvidence(database, join(dataFolder, "evidence"), onProgress);
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
): Promise<EvidenceFinding> {
  const found = createEvidenceFinding();
  const indexed = (after: string, limit: number, sql = ">") =>
    database.all<{ sha256: string }>(
      `SELECT sha256 FROM evidence WHERE sha256 ${sql} ? ORDER BY sha256 LIMIT ?`,
      [after, limit],
    );
  for (let after = ""; ; ) {
    const rows = await indexed(after, PAGE);
    for (const { sha256 } of rows) {
      const result = await found.look(sha256, join(folder, sha256.slice(0, 2), sha256));
      // The gateway may have let it go since.
      if (result === "missing" && (await indexed(sha256, 1, "=")).length > 0) found.missing(sha256);
      onProgress({ what: "files", done: found.finding().files });
    }
    const last = rows.at(-1);
    if (!last) return found.finding();
    after = last.sha256;
  }
}

function createEvidenceFinding() {
  const changed: string[] = [];
  const missing: string[] = [];
  let files = 0;
  let bytes = 0;
  return {
    async look(sha256: string, path: string): Promise<"well" | "changed" | "missing"> {
      const sizeBytes = await sizeOf(path);
      if (sizeBytes === undefined) return "missing";
      const hash = createHash("sha256");
      await pipeline(createReadStream(path), hash);
      files++;
      bytes += sizeBytes;
      if (hash.digest("hex") === sha256) return "well";
      changed.push(sha256);
      return "changed";
    },
    missing: (sha256: string) => void missing.push(sha256),
    finding: (): EvidenceFinding => ({ files, bytes, changed, missing }),
  };
}

interface CopiedEvent {
  readonly seq: number;
  readonly hash: string;
  readonly prevhash: string;
  readonly isWhole: boolean;
}

interface CopiedLedger {
  readonly events: CopiedEvent[];
  readonly evictions: DeclaredEviction[];
}

/**
 * Checks what a puller stored: a file of events, one a line, of one box or several, in any order. Places may be missing where an
 * event says that they were let go before they were pulled.
 * @param evidenceFolder where the files stand, each named by its SHA-256; absent: they are not looked at.
 * @throws GatewayError `verify.nothing` (permanent).
 */
export async function verifyCopy(
  path: string,
  evidenceFolder?: string,
  onProgress: OnProgress = () => {},
): Promise<Verification> {
  if ((await sizeOf(path)) === undefined) throw nothingAt(path);
  const ledgers = new Map<string, CopiedLedger>();
  const files = new Set<string>();
  let badLine: number | undefined;
  let line = 0;
  for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    line++;
    if (text.trim() === "") continue;
    const event = parse(text);
    if (!event) {
      badLine ??= line;
      continue;
    }
    const copied = ledgers.get(event.ledger) ?? { events: [], evictions: [] };
    ledgers.set(event.ledger, copied);
    const { seq, hash, prevhash, type } = event;
    copied.events.push({ seq, hash, prevhash, isWhole: isWhole(event) });
    copied.evictions.push(...declaredBy(type, event));
    const { sha256 } = event.data;
    if (type === "org.cunshao.evidence.added" && typeof sha256 === "string" && SHA256.test(sha256)) {
      files.add(sha256);
    }
    if (line % PAGE === 0) onProgress({ what: "events", done: line });
  }
  const findings = [...ledgers].map(([ledger, copied]) => judgeCopy(ledger, copied));
  const evidence = await copiedEvidence(evidenceFolder, files, onProgress);
  const intact =
    badLine === undefined && evidence.changed.length === 0 && findings.every(({ broken }) => !broken);
  return { intact, ledgers: findings, evidence, setAside: [], ...(badLine !== undefined && { badLine }) };
}

async function copiedEvidence(
  folder: string | undefined,
  files: ReadonlySet<string>,
  onProgress: OnProgress,
): Promise<EvidenceFinding> {
  const found = createEvidenceFinding();
  if (folder === undefined) return found.finding();
  for (const sha256 of files) {
    const flat = await found.look(sha256, join(folder, sha256));
    const result =
      flat === "missing" ? await found.look(sha256, join(folder, sha256.slice(0, 2), sha256)) : flat;
    if (result === "missing") found.missing(sha256);
    onProgress({ what: "files", done: found.finding().files, of: files.size });
  }
  return found.finding();
}

function parse(text: string): LedgerEvent | undefined {
  try {
    const value = JSON.parse(text) as Partial<LedgerEvent> | null;
    const isEvent =
      typeof value?.ledger === "string" &&
      Number.isSafeInteger(value.seq) &&
      typeof value.hash === "string" &&
      typeof value.data === "object" &&
      value.data !== null;
    return isEvent ? (value as LedgerEvent) : undefined;
  } catch {
    return undefined;
  }
}

function isWhole(event: LedgerEvent): boolean {
  try {
    const { body } = recordOf(event);
    return event.id === `${event.ledger}-${event.seq}` && body !== null && hashOf(body) === event.hash;
  } catch (error) {
    if (error instanceof GatewayError) return false;
    throw error;
  }
}

function judgeCopy(ledger: string, { events, evictions }: CopiedLedger): LedgerFinding {
  const sorted = [...events].sort((a, b) => a.seq - b.seq);
  const isLetGo = (from: number, to: number): boolean => {
    // Step by step over the ranges that join each other.
    let reached = from;
    for (const { firstSeq, lastSeq } of [...evictions].sort((a, b) => a.firstSeq - b.firstSeq)) {
      if (firstSeq <= reached && lastSeq >= reached) reached = lastSeq + 1;
    }
    return reached > to;
  };
  let broken: LedgerFinding["broken"];
  let evicted = 0;
  let before: CopiedEvent | undefined;
  for (const event of sorted) {
    const fault = faultAfter(before, event, isLetGo);
    if (fault) {
      broken = { seq: fault === "gap" ? (before?.seq ?? 0) + 1 : event.seq, fault };
      break;
    }
    if (before && event.seq > before.seq + 1) evicted += event.seq - before.seq - 1;
    before = event;
  }
  return {
    ledger,
    firstSeq: sorted[0]?.seq ?? 0,
    lastSeq: sorted.at(-1)?.seq ?? 0,
    hash: sorted.at(-1)?.hash ?? "",
    events: sorted.length,
    evicted,
    ...(broken && { broken }),
  };
}

function faultAfter(
  before: CopiedEvent | undefined,
  event: CopiedEvent,
  isLetGo: (from: number, to: number) => boolean,
): VerifyFault | undefined {
  if (!event.isWhole) return "content";
  if (!before) return undefined;
  if (event.seq === before.seq) return "duplicate";
  if (event.seq === before.seq + 1) return event.prevhash === before.hash ? undefined : "link";
  return isLetGo(before.seq + 1, event.seq - 1) ? undefined : "gap";
}

function nothingAt(path: string): GatewayError {
  return new GatewayError(`There is no ledger at ${path}`, { code: "verify.nothing", kind: "permanent" });
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR") return undefined;
    throw error;
  }
}
