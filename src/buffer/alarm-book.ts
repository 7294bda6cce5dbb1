import {
  type Alarm,
  type AlarmBook,
  type AlarmClipBook,
  type AlarmNote,
  type AlarmStatus,
  MOST_NOTES,
  type Question,
} from "../core/alarm.ts";
import type { LedgerEvent } from "../core/event.ts";
import type { ClipOrder } from "../core/footage.ts";
import type { Severity } from "../core/site.ts";
import { applyReport, reportsIn } from "./alarm-reports.ts";
import type { Projection } from "./ledger.ts";
import type { Database, Transaction } from "./sql.ts";

const SEVERITIES: ReadonlySet<unknown> = new Set<Severity>(["notice", "warning", "danger", "emergency"]);
const QUESTIONS: ReadonlySet<unknown> = new Set<Question>(["gone", "lying"]);
// A change of this number makes the book anew from the ledger; so its table needs no migrations.
const BOOK_VERSION = "6";
const REPLAY_STEP = 500;
const MOST_CLIPS = 100;

interface AlarmRow {
  readonly id: string;
  readonly seq: number;
  readonly rule: string;
  readonly severity: Severity;
  readonly status: AlarmStatus;
  readonly raisedAt: string;
  readonly acknowledgedBy: string | null;
  readonly falseBy: string | null;
  readonly detector: string | null;
  readonly score: number | null;
  readonly sureness: number | null;
  readonly question: Question | null;
  readonly snapshot: string | null;
  readonly drawing: string | null;
  readonly clip: string | null;
  readonly noClip: string | null;
  /** JSON. */
  readonly notes: string | null;
  readonly reports: string | null;
}

interface ClipDueRow {
  readonly id: string;
  readonly raisedAt: string;
  readonly clipDue: string;
}

const COLUMNS = `id, seq, rule, severity, status, raised_at AS raisedAt, acknowledged_by AS acknowledgedBy,
  false_by AS falseBy, detector, score, sureness, question, snapshot, drawing, clip, no_clip AS noClip, notes, reports`;

/** What a row says; what it does not is left out. */
function toAlarm({ id, seq, rule, severity, status, raisedAt, notes, reports, ...rest }: AlarmRow): Alarm {
  const said = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null));
  const noted = notes === null ? {} : { notes: JSON.parse(notes) as AlarmNote[] };
  const reported = reports === null ? {} : { reports: reportsIn(reports) };
  return { id, seq, rule, severity, status, raisedAt, ...said, ...noted, ...reported };
}

/** `by` is a name, or a person, township or rule with a name. */
function nameOf(by: unknown): string | null {
  if (typeof by === "string") return by;
  if (typeof by === "object" && by !== null && "name" in by && typeof by.name === "string") return by.name;
  return null;
}

async function raise({ run }: Transaction, alarm: string, event: LedgerEvent): Promise<void> {
  const { rule, severity, score, sureness, question, because } = event.data;
  if (typeof rule !== "string" || !SEVERITIES.has(severity)) return;
  // Ledgers hold older events that name the detector only in what was observed.
  const { detector = fieldsOf(because)["detector"] } = event.data;
  // One of a former ledger has its place before the first event, until its own event is rescued into this one.
  await run(
    `INSERT INTO alarms (id, seq, rule, severity, status, raised_at, clip_due, detector, score,
       sureness, question)
     VALUES (?, ?, ?, ?, 'raised', ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET seq = excluded.seq WHERE alarms.seq < 1`,
    [
      ...[alarm, event.seq, rule, String(severity), event.time, clipDueOf(event)],
      typeof detector === "string" ? detector : null,
      typeof score === "number" ? score : null,
      typeof sureness === "number" ? sureness : null,
      QUESTIONS.has(question) ? String(question) : null,
    ],
  );
}

/** What the clip of an alarm has to hold, as JSON; null for one without. */
function clipDueOf({ data: { clip, because } }: LedgerEvent): string | null {
  // Ledgers hold older events whose clip does not name its camera: it is that of what was observed.
  const { camera = fieldsOf(because)["camera"], beforeSeconds, afterSeconds } = fieldsOf(clip);
  if (typeof beforeSeconds !== "number" || typeof afterSeconds !== "number") return null;
  return typeof camera === "string" ? JSON.stringify({ camera, beforeSeconds, afterSeconds }) : null;
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

async function applyEvent(transaction: Transaction, event: LedgerEvent): Promise<void> {
  const alarm = event.subject;
  if (alarm === undefined) return;
  const { run } = transaction;
  switch (event.type) {
    case "org.cunshao.alarm.raised":
      await raise(transaction, alarm, event);
      break;
    case "org.cunshao.alarm.escalated":
      await run("UPDATE alarms SET status = 'escalated' WHERE id = ? AND status = 'raised'", [alarm]);
      if (SEVERITIES.has(event.data["severity"])) {
        await run("UPDATE alarms SET severity = ?2 WHERE id = ?1", [alarm, String(event.data["severity"])]);
      }
      break;
    case "org.cunshao.alarm.acknowledged":
      // The first who acknowledged stays; one that was cleared stays cleared.
      await run(
        `UPDATE alarms SET acknowledged_by = coalesce(acknowledged_by, ?2),
           status = CASE status WHEN 'cleared' THEN 'cleared' ELSE 'acknowledged' END WHERE id = ?1`,
        [alarm, nameOf(event.data["by"])],
      );
      break;
    case "org.cunshao.alarm.cleared":
      await run("UPDATE alarms SET status = 'cleared' WHERE id = ?", [alarm]);
      break;
    case "org.cunshao.alarm.false":
      await run("UPDATE alarms SET false_by = ?2 WHERE id = ?1", [alarm, nameOf(event.data["by"]) ?? ""]);
      break;
    case "org.cunshao.alarm.false_withdrawn":
      await run("UPDATE alarms SET false_by = NULL WHERE id = ?", [alarm]);
      break;
    case "org.cunshao.alarm.noted": {
      const { by, text } = event.data;
      if (typeof text !== "string") break;
      await run(
        `UPDATE alarms SET notes = json_insert(coalesce(notes, '[]'), '$[#]', json_object('at', ?2, 'by', ?3, 'text', ?4))
         WHERE id = ?1 AND coalesce(json_array_length(notes), 0) < ?5`,
        [alarm, event.time, nameOf(by) ?? "", text, MOST_NOTES],
      );
      break;
    }
    case "org.cunshao.alarm.reported":
      await applyReport(transaction, alarm, event);
      break;
    case "org.cunshao.evidence.added": {
      const { kind, sha256 } = event.data;
      if (typeof sha256 !== "string") break;
      if (kind === "photo" || kind === "voice") {
        await applyReport(transaction, alarm, event);
        break;
      }
      if (kind === "snapshot") {
        await run("UPDATE alarms SET snapshot = coalesce(snapshot, ?2) WHERE id = ?1", [alarm, sha256]);
      } else if (kind === "drawing") {
        await run("UPDATE alarms SET drawing = coalesce(drawing, ?2) WHERE id = ?1", [alarm, sha256]);
      } else if (kind === "clip") {
        await run(
          "UPDATE alarms SET clip = coalesce(clip, ?2), no_clip = NULL, clip_due = NULL WHERE id = ?1",
          [alarm, sha256],
        );
      }
      break;
    }
    case "org.cunshao.evidence.missing": {
      const { kind, reason } = event.data;
      if (kind !== "clip") break;
      await run("UPDATE alarms SET no_clip = ?2, clip_due = NULL WHERE id = ?1 AND clip IS NULL", [
        alarm,
        typeof reason === "string" ? reason : "unknown",
      ]);
      break;
    }
  }
}

async function apply(transaction: Transaction, events: readonly LedgerEvent[]): Promise<void> {
  for (const event of events) await applyEvent(transaction, event);
}

async function isBuilt({ all }: Transaction): Promise<boolean> {
  const rows = await all(
    `SELECT 1 FROM meta, sqlite_schema
     WHERE key = 'alarm_book' AND value = ? AND sqlite_schema.name = 'alarms'`,
    [BOOK_VERSION],
  );
  return rows.length > 0;
}

async function rebuild(transaction: Transaction): Promise<void> {
  const { all, run } = transaction;
  const [former] = await all("SELECT 1 FROM sqlite_schema WHERE name = 'alarms'");
  for (const index of ["alarms_by_seq", "alarms_open", "alarms_without_clip"]) {
    await run(`DROP INDEX IF EXISTS ${index}`);
  }
  if (former) await run("ALTER TABLE alarms RENAME TO former_alarms");
  await run(
    `CREATE TABLE alarms (
      id TEXT PRIMARY KEY,
      seq INTEGER NOT NULL,
      rule TEXT NOT NULL,
      severity TEXT NOT NULL,
      status TEXT NOT NULL,
      raised_at TEXT NOT NULL,
      acknowledged_by TEXT,
      false_by TEXT,
      detector TEXT,
      score REAL,
      sureness REAL,
      question TEXT,
      snapshot TEXT,
      drawing TEXT,
      clip TEXT,
      no_clip TEXT,
      notes TEXT,
      reports TEXT,
      clip_due TEXT
    ) WITHOUT ROWID`,
  );
  if (former) await keepFormer(transaction);
  await run("CREATE INDEX alarms_by_seq ON alarms (seq)");
  await run("CREATE INDEX alarms_open ON alarms (seq) WHERE status <> 'cleared'");
  await run("CREATE INDEX alarms_without_clip ON alarms (seq) WHERE clip_due IS NOT NULL");
  for (let after = 0; ; ) {
    const rows = await all<{ seq: number; body: string }>(
      "SELECT seq, body FROM events WHERE seq > ? AND body IS NOT NULL ORDER BY seq LIMIT ?",
      [after, REPLAY_STEP],
    );
    const last = rows.at(-1);
    if (last === undefined) break;
    await apply(
      transaction,
      rows.map(({ body }) => JSON.parse(body) as LedgerEvent),
    );
    after = last.seq;
  }
  await run(
    `INSERT INTO meta (key, value) VALUES ('alarm_book', ?)
     ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
    [BOOK_VERSION],
  );
}

/** Alarms whose events this ledger does not hold: those of a former ledger, and of events that were let go. */
async function keepFormer({ all, run }: Transaction): Promise<void> {
  const common = await all<{ name: string }>(
    `SELECT name FROM pragma_table_info('former_alarms')
     WHERE name IN (SELECT name FROM pragma_table_info('alarms'))`,
  );
  const columns = common.map(({ name }) => name).join(", ");
  await run(
    `INSERT INTO alarms (${columns}) SELECT ${columns} FROM former_alarms
     WHERE NOT EXISTS (SELECT 1 FROM events WHERE events.seq = former_alarms.seq AND body IS NOT NULL)`,
  );
  await run("DROP TABLE former_alarms");
}

/** Opens the book, made from the ledger where it is missing; the ledger keeps it by `projection` from then on. */
export async function openAlarmBook(
  database: Database,
): Promise<{ readonly book: AlarmBook & AlarmClipBook; readonly projection: Projection }> {
  await database.transaction(async (transaction) => {
    if (!(await isBuilt(transaction))) await rebuild(transaction);
  });
  const book: AlarmBook & AlarmClipBook = {
    async get(id) {
      const [row] = await database.all<AlarmRow>(`SELECT ${COLUMNS} FROM alarms WHERE id = ?`, [id]);
      return row && toAlarm(row);
    },
    async open() {
      const rows = await database.all<AlarmRow>(
        `SELECT ${COLUMNS} FROM alarms WHERE status <> 'cleared' ORDER BY seq DESC`,
      );
      return rows.map(toAlarm);
    },
    async latest(limit) {
      const rows = await database.all<AlarmRow>(`SELECT ${COLUMNS} FROM alarms ORDER BY seq DESC LIMIT ?`, [
        limit,
      ]);
      return rows.map(toAlarm);
    },
    async past({ beforeSeq = Number.MAX_SAFE_INTEGER, from = "", until = "~", rules, limit }) {
      const rows = await database.all<AlarmRow>(
        `SELECT ${COLUMNS} FROM alarms WHERE seq < ?1 AND raised_at >= ?2 AND raised_at < ?3
           AND (?5 IS NULL OR rule IN (SELECT value FROM json_each(?5))) ORDER BY seq DESC LIMIT ?4`,
        [beforeSeq, from, until, limit, rules ? JSON.stringify(rules) : null],
      );
      return rows.map(toAlarm);
    },
    async withoutClip() {
      const rows = await database.all<ClipDueRow>(
        `SELECT id, raised_at AS raisedAt, clip_due AS clipDue FROM alarms
         WHERE clip_due IS NOT NULL ORDER BY seq LIMIT ?`,
        [MOST_CLIPS],
      );
      return rows.map(({ id, raisedAt, clipDue }) => ({
        alarm: id,
        atMs: Date.parse(raisedAt),
        ...(JSON.parse(clipDue) as Pick<ClipOrder, "camera" | "beforeSeconds" | "afterSeconds">),
      }));
    },
  };
  return {
    book,
    projection: {
      concerns: ({ type }) =>
        type.startsWith("org.cunshao.alarm.") || type.startsWith("org.cunshao.evidence."),
      apply,
    },
  };
}
