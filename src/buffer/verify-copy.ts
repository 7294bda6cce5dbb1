import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { GatewayError } from "../core/errors.ts";
import type { LedgerEvent } from "../core/event.ts";
import type { LedgerAccount } from "../core/pulled-copy.ts";
import { isWhole } from "./chain.ts";
import { fileNamedBy, savedAccount } from "./copies/copy-account.ts";
import { readCheckpoints } from "./copies/ndjson-copy.ts";
import { openForReading, type ReadOnlyDatabase } from "./database.ts";
import { type DeclaredEviction, declaredBy } from "./evictions.ts";
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
/** https://www.sqlite.org/fileformat.html#the_database_header */
const SQLITE_HEAD = "SQLite format 3\0";

interface CopiedEvent {
  readonly seq: number;
  readonly hash: string;
  readonly prevhash: string;
  readonly isWhole: boolean;
}

interface CopiedLedger {
  readonly ledger: string;
  readonly events: CopiedEvent[];
  readonly evictions: DeclaredEviction[];
  /** Behind it there are only alarms that were fetched before their turn. */
  inOrderTo: number;
  /** Of those, what came otherwise in its place; only the copy's own account knows. */
  differed: number;
}

/**
 * Checks what a puller stored: `pulled.sqlite`, or a file of events, one a line, of one box or several, in any order. Places may be
 * missing where an event says that they were let go before they were pulled.
 * @param evidenceFolder where the files stand, each named by its SHA-256; absent: those of `pulled.sqlite` are looked at where they
 *   were put, and else none.
 * @throws GatewayError `verify.nothing` (permanent), `ledger.*` where a database cannot be read.
 */
export async function verifyCopy(
  path: string,
  evidenceFolder?: string,
  onProgress: OnProgress = () => {},
): Promise<Verification> {
  if ((await sizeOf(path)) === undefined) throw nothingAt(path);
  return (await isDatabase(path))
    ? verifyPulled(path, evidenceFolder, onProgress)
    : verifyLines(path, evidenceFolder, onProgress);
}

async function isDatabase(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(SQLITE_HEAD.length), 0, SQLITE_HEAD.length, 0);
    return buffer.subarray(0, bytesRead).toString("latin1") === SQLITE_HEAD;
  } finally {
    await file.close();
  }
}

async function verifyLines(
  path: string,
  evidenceFolder: string | undefined,
  onProgress: OnProgress,
): Promise<Verification> {
  const gathered = gather();
  let badLine: number | undefined;
  let line = 0;
  for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    line++;
    if (text.trim() === "") continue;
    if (!gathered.add(text)) badLine ??= line;
    if (line % PAGE === 0) onProgress({ what: "events", done: line });
  }
  const evidence = await copiedEvidence(evidenceFolder, gathered.files, onProgress);
  const { told, unread } = await accountBeside(path);
  const ledgers = gathered
    .ledgers()
    .map((one) => ({ ...one, differed: told.find(({ ledger }) => ledger === one.ledger)?.differed ?? 0 }));
  const found = judge(ledgers, evidence, badLine);
  return unread === undefined ? found : { ...found, unreadAccount: unread };
}

/** What the puller that wrote a file of lines keeps beside it; nothing where the file stands elsewhere. A chain is checked without, too. */
async function accountBeside(path: string): Promise<{
  readonly told: readonly Pick<LedgerAccount, "ledger" | "differed">[];
  readonly unread?: string;
}> {
  const beside = join(dirname(path), "copy.json");
  if (!path.endsWith(".ndjson") || (await sizeOf(beside)) === undefined) return { told: [] };
  try {
    return { told: (await readCheckpoints(beside)).map(({ account }) => account) };
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return { told: [], unread: beside };
  }
}

async function verifyPulled(
  path: string,
  evidenceFolder: string | undefined,
  onProgress: OnProgress,
): Promise<Verification> {
  const database = await openForReading(path);
  try {
    const ledgers: CopiedLedger[] = [];
    const files = new Set<string>();
    let badRow: number | undefined;
    let row = 0;
    const known = await database.all<{ box: string; ledger: string; account: string }>(
      "SELECT box, ledger, account FROM ledgers ORDER BY number",
    );
    // The same ledger may have been pulled from two addresses: each is a copy of its own.
    for (const { box, ledger, account } of known) {
      const gathered = gather();
      for await (const text of eventsOf(database, box, ledger)) {
        row++;
        if (!gathered.add(text)) badRow ??= row;
        if (row % PAGE === 0) onProgress({ what: "events", done: row });
      }
      const { seq, differed } = savedAccount(JSON.parse(account) as LedgerAccount);
      ledgers.push(...gathered.ledgers().map((one) => ({ ...one, inOrderTo: seq, differed })));
      for (const file of gathered.files) files.add(file);
    }
    const evidence =
      evidenceFolder === undefined
        ? await storedEvidence(database, dirname(path), onProgress)
        : await copiedEvidence(evidenceFolder, files, onProgress);
    const found = judge(ledgers, evidence, badRow);
    // What the copy says that it stored has to be there.
    return evidenceFolder === undefined && evidence.missing.length > 0 ? { ...found, intact: false } : found;
  } finally {
    await database.close();
  }
}

async function* eventsOf(database: ReadOnlyDatabase, box: string, ledger: string): AsyncGenerator<string> {
  for (let after = 0; ; ) {
    const rows = await database.all<{ seq: number; event: string }>(
      "SELECT seq, event FROM events WHERE box = ? AND ledger = ? AND seq > ? ORDER BY seq LIMIT ?",
      [box, ledger, after, PAGE],
    );
    for (const { event } of rows) yield event;
    const last = rows.at(-1);
    if (!last) return;
    after = last.seq;
  }
}

/** Takes the JSON of one event after the other. */
function gather() {
  const ledgers = new Map<string, CopiedLedger>();
  const files = new Set<string>();
  return {
    files,
    ledgers: () => [...ledgers.values()],
    /** False for what is no event. */
    add(text: string): boolean {
      const event = parseEvent(text);
      if (!event) return false;
      const { ledger, seq, hash, prevhash, type } = event;
      const copied: CopiedLedger = ledgers.get(ledger) ?? {
        ledger,
        events: [],
        evictions: [],
        inOrderTo: Infinity,
        differed: 0,
      };
      ledgers.set(ledger, copied);
      copied.events.push({ seq, hash, prevhash, isWhole: isWhole(event) });
      copied.evictions.push(...declaredBy(type, event));
      const file = fileNamedBy(event);
      if (file !== undefined) files.add(file);
      return true;
    },
  };
}

function judge(
  ledgers: readonly CopiedLedger[],
  evidence: EvidenceFinding,
  badLine: number | undefined,
): Verification {
  const findings = ledgers.map(judgeCopy);
  const intact =
    badLine === undefined &&
    evidence.changed.length === 0 &&
    findings.every(({ broken, differed }) => !broken && !differed);
  return { intact, ledgers: findings, evidence, setAside: [], ...(badLine !== undefined && { badLine }) };
}

async function storedEvidence(
  database: ReadOnlyDatabase,
  folder: string,
  onProgress: OnProgress,
): Promise<EvidenceFinding> {
  const found = createEvidenceFinding();
  const stored = await database.all<{ box: string; id: string }>(
    "SELECT DISTINCT box, id FROM files WHERE result = 'stored' ORDER BY box, id",
  );
  for (const { box, id } of stored) {
    const result = await found.look(id, join(folder, box, "evidence", id.slice(0, 2), id));
    if (result === "missing") found.missing(id);
    onProgress({ what: "files", done: found.finding().files, of: stored.length });
  }
  return found.finding();
}

/** @param folder where files stand by their SHA-256, flat or as a box keeps them; without it none is looked at. */
export async function copiedEvidence(
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

/** Undefined for what is no event. */
export function parseEvent(text: string): LedgerEvent | undefined {
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

function judgeCopy({ ledger, events, evictions, inOrderTo, differed }: CopiedLedger): LedgerFinding {
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
    const fault = event.seq <= inOrderTo ? faultAfter(before, event, isLetGo) : faultOf(event);
    if (fault) {
      broken = { seq: fault === "gap" ? (before?.seq ?? 0) + 1 : event.seq, fault };
      break;
    }
    if (before && event.seq > before.seq + 1 && event.seq <= inOrderTo) evicted += event.seq - before.seq - 1;
    before = event;
  }
  return {
    ledger,
    firstSeq: sorted[0]?.seq ?? 0,
    lastSeq: sorted.at(-1)?.seq ?? 0,
    hash: sorted.at(-1)?.hash ?? "",
    events: sorted.length,
    evicted,
    ...(differed > 0 && { differed }),
    ...(broken && { broken }),
  };
}

function faultAfter(
  before: CopiedEvent | undefined,
  event: CopiedEvent,
  isLetGo: (from: number, to: number) => boolean,
): VerifyFault | undefined {
  const own = faultOf(event);
  if (own || !before) return own;
  if (event.seq === before.seq) return "duplicate";
  if (event.seq === before.seq + 1) return event.prevhash === before.hash ? undefined : "link";
  return isLetGo(before.seq + 1, event.seq - 1) ? undefined : "gap";
}

function faultOf({ isWhole: isAsWritten }: CopiedEvent): VerifyFault | undefined {
  return isAsWritten ? undefined : "content";
}
