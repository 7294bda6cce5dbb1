import type { LedgerEvent } from "../core/event.ts";
import { type LedgerAccount, type SeqSpan, undeclaredGaps } from "../core/pulled-copy.ts";
import { addRange, gapsIn, hasSeq, type SeqRange } from "../core/seq-ranges.ts";
import { advance, emptyAccount, fileNamedBy, savedAccount } from "./copies/copy-account.ts";
import { plain } from "./copies/postgres-tables.ts";
import { connectPostgres, type PostgresTransaction, placeOfPostgres } from "./postgres.ts";
import {
  type LedgerFinding,
  nothingAt,
  type OnProgress,
  type Verification,
  type VerifyFault,
} from "./verification.ts";
import { copiedEvidence, parseEvent } from "./verify-copy.ts";

const PAGE = 1000;

interface EventRow {
  readonly seq: number;
  readonly class: string;
  readonly type: string;
  readonly subject: string | null;
  readonly time: string;
  readonly event: string;
}

interface LedgerRow {
  readonly account: string;
  readonly have: readonly SeqRange[];
}

interface Place {
  readonly box: string;
  readonly ledger: string;
}

type Fault = NonNullable<LedgerFinding["broken"]>;

export interface VerifyPostgresOptions {
  /** `postgres://user@host/database`; the password comes from PGPASSWORD or ~/.pgpass. */
  readonly url: string;
  /** One box; all of them where it is absent. */
  readonly box?: string | undefined;
  /** Where the files of evidence stand, each named by its SHA-256; without it none is looked at. */
  readonly evidenceFolder?: string | undefined;
}

/**
 * Checks what a county keeps, or what `cunshao pull --format postgres` stored, while others write to it: each ledger as of one moment.
 * It only reads, and needs no more than `SELECT`.
 * @throws GatewayError `verify.nothing` (permanent) where there are no tables or no such box, `copy.*` where the server does not answer.
 */
export async function verifyPostgres(
  { url, box, evidenceFolder }: VerifyPostgresOptions,
  onProgress: OnProgress = () => {},
): Promise<Verification> {
  const database = connectPostgres({ url, mostConnections: 1 });
  try {
    const [tables] = await database.all<{ areThere: boolean }>(
      `SELECT to_regclass('events') IS NOT NULL AND to_regclass('ledgers') IS NOT NULL
         AND to_regclass('set_aside') IS NOT NULL AS "areThere"`,
    );
    if (!tables?.areThere) throw nothingAt(placeOfPostgres(url));
    // Also where somebody took the row of a ledger away and left its events.
    const places = await database.all<Place>(
      `WITH RECURSIVE places AS (
         (SELECT box, ledger FROM events ORDER BY box, ledger LIMIT 1)
         UNION ALL
         SELECT next.* FROM places, LATERAL (
           SELECT box, ledger FROM events
           WHERE (events.box, events.ledger) > (places.box, places.ledger) ORDER BY box, ledger LIMIT 1
         ) AS next
       )
       SELECT box, ledger FROM places WHERE $1::text IS NULL OR box = $1
       UNION SELECT box, ledger FROM ledgers WHERE $1::text IS NULL OR box = $1 ORDER BY box, ledger`,
      [box ?? null],
    );
    if (box !== undefined && places.length === 0) throw nothingAt(`${placeOfPostgres(url)} of ${box}`);
    const [due] = await database.all<{ events: number }>(
      "SELECT coalesce(sum((account::jsonb->>'events')::bigint), 0)::bigint AS events FROM ledgers WHERE $1::text IS NULL OR box = $1",
      [box ?? null],
    );
    const files = new Set<string>();
    let done = 0;
    const onEvent = (event: LedgerEvent | undefined): void => {
      done++;
      const file = event && fileNamedBy(event);
      if (file !== undefined && evidenceFolder !== undefined) files.add(file);
      // What has overtaken others is not in the account yet.
      if (done % PAGE === 0) onProgress({ what: "events", done, of: Math.max(done, due?.events ?? 0) });
    };
    const ledgers: LedgerFinding[] = [];
    for (const place of places) {
      ledgers.push(
        await database.transaction(async (transaction) => {
          await transaction.all("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
          return verifyLedger(transaction, place, onEvent);
        }),
      );
    }
    const evidence = await copiedEvidence(evidenceFolder, files, onProgress);
    const intact =
      evidence.changed.length === 0 && ledgers.every(({ broken, differed }) => !broken && !differed);
    return { intact, ledgers, evidence, setAside: [] };
  } finally {
    await database.close();
  }
}

async function verifyLedger(
  { all }: PostgresTransaction,
  { box, ledger }: Place,
  onEvent: (event: LedgerEvent | undefined) => void,
): Promise<LedgerFinding> {
  const [row] = await all<LedgerRow>("SELECT account, have FROM ledgers WHERE box = $1 AND ledger = $2", [
    box,
    ledger,
  ]);
  const kept = row ? savedAccount(JSON.parse(row.account) as LedgerAccount) : emptyAccount(ledger);
  const faults: Fault[] = [];
  const here: { first: number; last: number }[] = [];
  let account = emptyAccount(ledger);
  let events = 0;
  for await (const page of pagesOf({ all }, { box, ledger })) {
    const fitting: LedgerEvent[] = [];
    for (const one of page) {
      events++;
      const open = here.at(-1);
      if (open && one.seq === open.last + 1) open.last = one.seq;
      else here.push({ first: one.seq, last: one.seq });
      const event = parseEvent(one.event);
      onEvent(event);
      if (!event) faults.push({ seq: one.seq, fault: "unreadable" });
      else if (!isAsItsRow(event, one, ledger)) faults.push({ seq: one.seq, fault: "content" });
      else {
        fitting.push(event);
        // Whoever writes the whole rest of a chain anew gets another hash here than was followed when it came.
        if (one.seq === kept.seq && event.hash !== kept.hash) faults.push({ seq: one.seq, fault: "content" });
      }
    }
    account = advance(account, fitting).account;
  }
  const aside = await all<{ seq: number; reason: string }>(
    "SELECT seq, reason FROM set_aside WHERE box = $1 AND ledger = $2 ORDER BY seq",
    [box, ledger],
  );
  const expected = addRange(row?.have ?? [], { first: 1, last: kept.seq });
  const last = Math.max(here.at(-1)?.last ?? 0, expected.at(-1)?.last ?? 0);
  const holes = gapsIn(here, { first: 1, last }).map(asSpan);
  const open = undeclaredGaps({ gaps: holes, evicted: [...account.evicted, ...kept.evicted] }).map(asRange);
  const awaited = open.flatMap((hole) => gapsIn(expected, hole));
  const lost = open.flatMap((hole) => gapsIn(awaited, hole));
  faults.push(...account.breaks, ...faultsOfHoles(lost, aside));
  for (const { seq, reason } of aside) if (reason === "clash") faults.push({ seq, fault: "duplicate" });
  const broken = faults.sort((a, b) => a.seq - b.seq)[0];
  return {
    ...{ box, ledger, events, hash: account.hash },
    ...{ firstSeq: here[0]?.first ?? 0, lastSeq: here.at(-1)?.last ?? 0 },
    ...{ evicted: sizeOf(holes.map(asRange)) - sizeOf(open), awaited: sizeOf(awaited) },
    ...(kept.differed > 0 && { differed: kept.differed }),
    ...(broken && { broken }),
  };
}

async function* pagesOf(
  { all }: PostgresTransaction,
  { box, ledger }: Place,
): AsyncGenerator<readonly EventRow[]> {
  for (let after = 0; ; ) {
    const rows = await all<EventRow>(
      `SELECT seq, class, type, subject, time, event FROM events
       WHERE box = $1 AND ledger = $2 AND seq > $3 ORDER BY seq LIMIT $4`,
      [box, ledger, after, PAGE],
    );
    const last = rows.at(-1);
    if (!last) return;
    yield rows;
    after = last.seq;
  }
}

/** Others read the columns and not the event: they have to say the same. What is no event may have anything in its members. */
function isAsItsRow(event: LedgerEvent, row: EventRow, ledger: string): boolean {
  return (
    event.ledger === ledger &&
    event.seq === row.seq &&
    plain(String(event.class)) === row.class &&
    plain(String(event.type)) === row.type &&
    (event.subject === undefined ? null : plain(String(event.subject))) === row.subject &&
    plain(String(event.time)) === row.time
  );
}

/** Of what should be here and is not. What came as no event of its place was set aside. */
function faultsOfHoles(
  lost: readonly SeqRange[],
  aside: readonly { readonly seq: number; readonly reason: string }[],
): Fault[] {
  const unreadable = aside.filter(({ seq, reason }) => reason === "form" && hasSeq(lost, seq));
  const known = unreadable.reduce<readonly SeqRange[]>(
    (ranges, { seq }) => addRange(ranges, { first: seq, last: seq }),
    [],
  );
  const gone = lost.flatMap((hole) => gapsIn(known, hole));
  const at =
    (fault: VerifyFault) =>
    (seq: number): Fault => ({ seq, fault });
  return [
    ...unreadable.map(({ seq }) => seq).map(at("unreadable")),
    ...gone.map(({ first }) => first).map(at("gap")),
  ];
}

const asSpan = ({ first, last }: SeqRange): SeqSpan => ({ firstSeq: first, lastSeq: last });
const asRange = ({ firstSeq, lastSeq }: SeqSpan): SeqRange => ({ first: firstSeq, last: lastSeq });

function sizeOf(ranges: readonly SeqRange[]): number {
  return ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);
}
