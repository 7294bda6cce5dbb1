import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "../../core/errors.ts";
import type { LedgerEvent } from "../../core/event.ts";
import type { BoxCopy, LedgerAccount, NamedFile } from "../../core/pulled-copy.ts";
import { createTurns } from "../../core/turns.ts";
import { writeDurably } from "../durable-files.ts";
import {
  advance,
  CLEARED,
  CORRECTED,
  countDiffering,
  countFile,
  emptyAccount,
  fileNamedBy,
  isSameEvent,
  RAISED,
  savedAccount,
} from "./copy-account.ts";
import { copyError, damaged } from "./copy-error.ts";
import { createFileShelf } from "./file-shelf.ts";
import { type Line, type LineFile, openLineFile } from "./line-file.ts";

/** So many events are read again at most when the next run begins. */
const CHECKPOINT_EVENTS = 5000;
const PAGE = 500;
const EVENTS_FILE = /^([0-9A-Za-z_-]{1,64})\.ndjson$/;

interface Ledger {
  account: LedgerAccount;
  readonly file: LineFile;
  ahead: LineFile | undefined;
  aheadSeq: number;
  /** What came ahead up to there has been held against what came in its place. */
  aheadByte: number;
  /** Files are looked for from there. */
  filesByte: number;
  sinceCheckpoint: number;
}

interface Checkpoint {
  readonly account: LedgerAccount;
  /** The account is that of the file up to there. */
  readonly bytes: number;
  readonly filesByte: number;
}

/**
 * One box in a folder: `<ledger>.ndjson` with an event a line in its order, `<ledger>.ahead.ndjson` with alarms that came before
 * their turn, `evidence/`, and `copy.json`, which may be behind: what the file has beyond it is read again.
 */
export async function openNdjsonCopy(folder: string): Promise<BoxCopy> {
  const path = join(folder, "copy.json");
  const ledgers = new Map<string, Ledger>();
  /** Files are settled beside events: each works on what the one before left of the account. */
  const turns = createTurns(1);
  // Of a run that was killed while it wrote.
  await rm(`${path}.new`, { force: true });
  for (const { account, bytes, filesByte } of await readCheckpoints(path)) {
    ledgers.set(account.ledger, await openLedger(account, bytes, filesByte));
  }
  // A run that was killed before its first checkpoint.
  for (const ledger of await ledgersIn(folder)) {
    if (!ledgers.has(ledger)) ledgers.set(ledger, await openLedger(emptyAccount(ledger), 0, 0));
  }

  async function openLedger(known: LedgerAccount, bytes: number, filesByte: number): Promise<Ledger> {
    const eventsPath = join(folder, `${known.ledger}.ndjson`);
    const file = await openLineFile(eventsPath);
    if (file.bytes < bytes) throw damaged(eventsPath, "is shorter than it was");
    const opened: Ledger = {
      ...{ account: known, file, filesByte, sinceCheckpoint: 0 },
      ...{ ahead: undefined, aheadSeq: 0, aheadByte: 0 },
    };
    await openAhead(opened, false);
    for await (const events of pagesOf(eventsIn(file.read(bytes), eventsPath))) {
      opened.account = (await follow(opened, events)).account;
    }
    return opened;
  }

  /** The account of what is here and of these, and those of them that are new. */
  async function follow(ledger: Ledger, events: readonly LedgerEvent[]): Promise<ReturnType<typeof advance>> {
    const { account, fresh } = advance(ledger.account, events);
    return { account: countDiffering(account, await differing(ledger, fresh)), fresh };
  }

  /** How many of those that came ahead are not what comes in their place now. */
  async function differing(ledger: Ledger, inPlace: readonly LedgerEvent[]): Promise<number> {
    const last = inPlace.at(-1);
    if (!last || !ledger.ahead) return 0;
    const bySeq = new Map(inPlace.map((event) => [event.seq, event]));
    let count = 0;
    for await (const { text, endByte } of ledger.ahead.read(ledger.aheadByte)) {
      const early = parseLine(text, aheadPath(ledger));
      if (early.seq > last.seq) break;
      const event = bySeq.get(early.seq);
      if (event && !isSameEvent(early, event)) count++;
      ledger.aheadByte = endByte;
    }
    return count;
  }

  function aheadPath({ account }: Ledger): string {
    return join(folder, `${account.ledger}.ahead.ndjson`);
  }

  async function openAhead(ledger: Ledger, isNeeded: boolean): Promise<LineFile | undefined> {
    if (ledger.ahead) return ledger.ahead;
    const aheadFile = aheadPath(ledger);
    if (!isNeeded && !(await exists(aheadFile))) return undefined;
    const file = await openLineFile(aheadFile);
    for await (const { text } of file.read(0)) ledger.aheadSeq = parseLine(text, aheadFile).seq;
    ledger.ahead = file;
    return file;
  }

  /** Each has come in its place now. */
  async function dropAhead(ledger: Ledger): Promise<void> {
    if (!ledger.ahead || ledger.account.seq < ledger.aheadSeq) return;
    // Which of them differed cannot be told again.
    await saveCheckpoint();
    await ledger.ahead.close();
    await rm(aheadPath(ledger), { force: true });
    ledger.ahead = undefined;
    ledger.aheadSeq = 0;
    ledger.aheadByte = 0;
  }

  async function ledgerOf(id: string, historySeq?: number): Promise<Ledger> {
    const known = ledgers.get(id);
    if (known) return known;
    const opened = await openLedger(emptyAccount(id, historySeq), 0, 0);
    ledgers.set(id, opened);
    // The order of the ledgers stands in there.
    await saveCheckpoint();
    return opened;
  }

  async function saveCheckpoint(): Promise<void> {
    const checkpoints = [...ledgers.values()].map(
      ({ account, file, filesByte }): Checkpoint => ({ account, bytes: file.bytes, filesByte }),
    );
    for (const ledger of ledgers.values()) ledger.sinceCheckpoint = 0;
    const content = Buffer.from(JSON.stringify({ ledgers: checkpoints }));
    await writeDurably(`${path}.new`, path, content).catch((error: unknown) => {
      throw copyError(error, path);
    });
  }

  /** In the order of ledgers and numbers; alarms that came ahead with them. */
  async function* eventsHere(isMeant: (event: LedgerEvent) => boolean): AsyncGenerator<LedgerEvent> {
    for (const { file, ahead, account } of ledgers.values()) {
      for (const lines of [file, ...(ahead ? [ahead] : [])]) {
        for await (const event of eventsIn(lines.read(0), account.ledger)) {
          const isPassed = lines === ahead && event.seq <= account.seq;
          if (isMeant(event) && !isPassed) yield event;
        }
      }
    }
  }

  const alarmEventsHere = () => eventsHere((event) => event.class === "alarm");

  async function newestOf(events: AsyncIterable<LedgerEvent>, limit: number): Promise<LedgerEvent[]> {
    let found: LedgerEvent[] = [];
    for await (const event of events) {
      found.push(event);
      if (found.length >= 2 * limit) found = found.slice(-limit);
    }
    return found.slice(-limit);
  }

  return {
    shelf: createFileShelf(join(folder, "evidence")),
    accounts: () => [...ledgers.values()].map(({ account }) => account),
    aheadSeq: (id) => ledgers.get(id)?.aheadSeq ?? 0,
    take: (id, events, historySeq) =>
      turns.take(async () => {
        const ledger = await ledgerOf(id, historySeq);
        const { account, fresh } = await follow(ledger, events);
        await ledger.file.append(fresh.map((event) => JSON.stringify(event)));
        ledger.account = account;
        ledger.sinceCheckpoint += fresh.length;
        await dropAhead(ledger);
        if (ledger.sinceCheckpoint >= CHECKPOINT_EVENTS) await saveCheckpoint();
        return account;
      }),
    async takeAhead(id, events) {
      const ledger = await ledgerOf(id);
      const fresh = events.filter(({ seq }) => seq > ledger.aheadSeq && seq > ledger.account.seq);
      const last = fresh.at(-1);
      if (!last) return;
      const file = await openAhead(ledger, true);
      await file?.append(fresh.map((event) => JSON.stringify(event)));
      ledger.aheadSeq = last.seq;
    },
    async nextFiles(id, limit) {
      const ledger = ledgers.get(id);
      if (!ledger) return [];
      const found: NamedFile[] = [];
      for await (const { text, endByte } of ledger.file.read(ledger.filesByte)) {
        const named = text.includes("evidence.added")
          ? fileNamedBy(parseLine(text, ledger.account.ledger))
          : undefined;
        if (named !== undefined) found.push({ seq: parseLine(text, id).seq, id: named });
        else if (found.length === 0) ledger.filesByte = Math.max(ledger.filesByte, endByte);
        if (found.length >= limit) break;
      }
      return found;
    },
    alarmEvents: (limit) => newestOf(alarmEventsHere(), limit),
    clockEvents: (limit) =>
      newestOf(
        eventsHere(({ type }) => type === CORRECTED),
        limit,
      ),
    async *openAlarmEvents(mostAlarms) {
      const all = new Set<string>();
      for await (const { type, subject } of alarmEventsHere()) {
        if (subject === undefined) continue;
        // The one of which something was heard last stands last.
        const isOpen = all.delete(subject) || type === RAISED;
        if (isOpen && type !== CLEARED) all.add(subject);
      }
      const open = new Set([...all].slice(-mostAlarms));
      async function* ofThem(): AsyncGenerator<LedgerEvent> {
        for await (const event of alarmEventsHere()) {
          if (event.subject !== undefined && open.has(event.subject)) yield event;
        }
      }
      yield* pagesOf(ofThem());
    },
    fileDone: (id, { seq }, result) =>
      turns.take(async () => {
        const ledger = await ledgerOf(id);
        ledger.account = countFile(ledger.account, result);
        for await (const { text, endByte } of ledger.file.read(ledger.filesByte)) {
          ledger.filesByte = endByte;
          if (parseLine(text, id).seq >= seq) break;
        }
        await saveCheckpoint();
      }),
    async close() {
      if (ledgers.size > 0) await saveCheckpoint();
      for (const { file, ahead } of ledgers.values()) {
        await file.close();
        await ahead?.close();
      }
    },
  };
}

/** @throws GatewayError `copy.*`. */
export async function readCheckpoints(path: string): Promise<readonly Checkpoint[]> {
  try {
    const { ledgers } = JSON.parse(await readFile(path, "utf8")) as { ledgers: readonly Checkpoint[] };
    return ledgers.map((saved) => ({ ...saved, account: savedAccount(saved.account) }));
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    // No JSON, or another program's.
    if (error instanceof SyntaxError || error instanceof TypeError) throw damaged(path, "cannot be read");
    throw copyError(error, path);
  }
}

async function ledgersIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (errorCode(error) === "ENOENT") return [];
    throw copyError(error, folder);
  });
  return names.flatMap((name) => EVENTS_FILE.exec(name)?.[1] ?? []);
}

async function exists(path: string): Promise<boolean> {
  return readFile(path).then(
    () => true,
    () => false,
  );
}

async function* eventsIn(lines: AsyncIterable<Line>, path: string): AsyncGenerator<LedgerEvent> {
  for await (const { text } of lines) yield parseLine(text, path);
}

async function* pagesOf<T>(all: AsyncIterable<T>): AsyncGenerator<readonly T[]> {
  let page: T[] = [];
  for await (const one of all) {
    page.push(one);
    if (page.length < PAGE) continue;
    yield page;
    page = [];
  }
  yield page;
}

function parseLine(text: string, path: string): LedgerEvent {
  try {
    return JSON.parse(text) as LedgerEvent;
  } catch {
    throw damaged(path, "has a line that is no event");
  }
}
