import { statfs } from "node:fs/promises";
import { errorCode, errorMessage } from "../core/errors.ts";
import type { EventClass } from "../core/event.ts";
import type { Logger } from "../core/log.ts";
import { type Clock, isoTime } from "../core/time.ts";
import { EVICTED } from "./evictions.ts";
import type { ClockQuality, StoredLedger } from "./ledger.ts";
import type { Database, Transaction } from "./sql.ts";
import { createTelemetryRows } from "./telemetry-rows.ts";
import { upTo } from "./up-to.ts";

/** So many events emptied at once hold up an alarm's commit by some milliseconds only. */
const STEP = 2000;
/** Emptied rows give their pages back only once their neighbours are empty, too; and each step costs an event of its own. */
const LEAST_STEP_BYTES = 262_144;
/** Room is made down to this share of the quota, so that it is not made a little every minute. */
const TARGET_SHARE = 0.95;
/** Recordings leave more than this free: where there is less, they could not. */
const LEAST_FREE_BYTES = 64e6;
/** Who spoke through the horns and who looked at recordings is to be known for six months at least. */
const AUDIT_DAYS = 180;
const DAY_MS = 86_400_000;
/** What tells how to read the rest is kept; there is little of it. */
const NEVER = [
  EVICTED,
  "org.cunshao.telemetry.evicted",
  "org.cunshao.ledger.started_anew",
  "org.cunshao.clock.corrected",
];

export interface RoomKeeperDependencies {
  readonly database: Database;
  readonly ledger: Pick<StoredLedger, "id" | "head" | "append" | "appendWith">;
  /** Up to which seq an upstream has acknowledged everything. */
  readonly acknowledged: (upstream: string) => Promise<number>;
  /** The lowest seq that is kept for a puller; undefined where none lacks anything. */
  readonly unreadFrom: () => Promise<number | undefined>;
  /** Where the database stands. */
  readonly folder: string;
  readonly clock: Clock;
  readonly clockQuality: () => ClockQuality;
  readonly log: Logger;
  /** Bytes that are free on the disk of a folder. */
  readonly freeBytes?: (folder: string) => Promise<number>;
}

export interface RoomKeeperConfig {
  /** Of the database, with readings and movement. */
  readonly maxBytes: number;
  readonly upstreams: readonly string[];
}

export interface RoomKeeper {
  /** Makes room where the database has outgrown its quota or the disk is nearly full. Never rejects. */
  keep(isRunning: () => boolean): Promise<void>;
}

interface Stage {
  readonly class: EventClass;
  readonly afterSeq?: number;
  readonly throughSeq: number;
  readonly acknowledged: boolean;
}

interface Evictable {
  readonly seq: number;
  readonly sizeBytes: number;
  /** When it happened, as it was recorded. */
  readonly at: string | null;
}

/** More than there may be (positive), in bytes: by the quota, and by what the disk still takes. */
interface Excess {
  readonly quota: number;
  readonly disk: number;
}
const either = ({ quota, disk }: Excess): number => Math.max(quota, disk);
const ofDisk = ({ disk }: Excess): number => disk;

/**
 * Lets go what matters least, oldest first: readings and movement; then events that everybody has who is to have them, of the class audit,
 * then state, then alarm; then audit and state that somebody lacks, or refused. Audit of the last 180 days goes only where the disk
 * would not take an alarm otherwise, after all the rest. An alarm that somebody lacks or refused, or that is open, is never let go.
 * Where only those are left, the database outgrows its quota. An event keeps its place and its hash; an event of its own, in the same
 * transaction, says which were emptied.
 */
export function createRoomKeeper(
  dependencies: RoomKeeperDependencies,
  { maxBytes, upstreams }: RoomKeeperConfig,
): RoomKeeper {
  const { database, ledger, acknowledged, unreadFrom, folder, clock, clockQuality, log } = dependencies;
  const freeBytes = dependencies.freeBytes ?? freeOn;
  const telemetry = createTelemetryRows(database);
  let isStuck = false;

  async function excess(share: number): Promise<Excess> {
    const [file, free] = await Promise.all([database.space(), freeBytes(folder)]);
    return { quota: file.usedBytes - maxBytes * share, disk: LEAST_FREE_BYTES - free - file.freeBytes };
  }

  /**
   * Up to which seq audit is older than it must be; nothing while the time is not known. Judged by the first of the last 180 days and
   * not each by its own time: one that was written while the clock stood at 1970 is not old.
   */
  async function oldAuditSeq(): Promise<number> {
    if (clockQuality() !== "synced") return 0;
    const { wallMs } = clock.now();
    const [young] = await database.all<{ seq: number | null }>(
      `SELECT min(seq) AS seq FROM events
       WHERE class = 'audit' AND body IS NOT NULL AND unixepoch(body ->> '$.time') BETWEEN ? AND ?`,
      [Math.floor((wallMs - AUDIT_DAYS * DAY_MS) / 1000), Math.ceil(wallMs / 1000)],
    );
    return (young?.seq ?? ledger.head + 1) - 1;
  }

  async function doneSeq(): Promise<number> {
    const [unread, acked] = await Promise.all([unreadFrom(), Promise.all(upstreams.map(acknowledged))]);
    return Math.min(ledger.head, ...acked, (unread ?? Infinity) - 1);
  }

  async function removeTelemetry(isRunning: () => boolean): Promise<void> {
    const gone = { readings: 0, spans: 0 };
    let throughMs = 0;
    while (isRunning() && either(await excess(TARGET_SHARE)) > 0) {
      const removed = await telemetry.removeOldest(STEP);
      if (!removed) break;
      gone.readings += removed.readings;
      gone.spans += removed.spans;
      throughMs = Math.max(throughMs, removed.throughMs);
    }
    const rows = gone.readings + gone.spans;
    if (rows === 0) return;
    await ledger.append({
      type: "org.cunshao.telemetry.evicted",
      class: "state",
      data: { rows, ...gone, before: isoTime(throughMs) },
    });
  }

  async function evictable(stage: Stage, afterSeq: number): Promise<Evictable[]> {
    return database.all(
      `SELECT seq, length(CAST(body AS BLOB)) AS sizeBytes, body ->> '$.time' AS at FROM events
       WHERE class = ?1 AND seq > ?2 AND seq <= ?3 AND body IS NOT NULL
         AND type NOT IN (SELECT value FROM json_each(?4))
         AND NOT EXISTS (SELECT 1 FROM alarms
           WHERE alarms.id = events.body ->> '$.subject' AND alarms.status <> 'cleared')
         AND NOT (type = 'org.cunshao.evidence.added' AND EXISTS (
           SELECT 1 FROM json_each(?5) AS upstream WHERE NOT EXISTS (
             SELECT 1 FROM evidence_deliveries AS done
             WHERE done.upstream = upstream.value AND done.sha256 = events.body ->> '$.data.sha256')))
         AND NOT (?6 AND EXISTS (SELECT 1 FROM dead_letters AS letter JOIN json_each(?5) AS upstream
           ON letter.upstream = upstream.value WHERE letter.seq = events.seq))
       ORDER BY seq LIMIT ?7`,
      [
        ...[stage.class, afterSeq, stage.throughSeq, JSON.stringify(NEVER), JSON.stringify(upstreams)],
        ...[stage.acknowledged ? 1 : 0, STEP],
      ],
    );
  }

  async function evict(
    stage: Stage,
    pressing: (excess: Excess) => number,
    isRunning: () => boolean,
  ): Promise<void> {
    for (let after = stage.afterSeq ?? 0; isRunning(); ) {
      const bytesToGo = pressing(await excess(TARGET_SHARE));
      if (bytesToGo <= 0) return;
      const chosen = upTo(await evictable(stage, after), Math.max(bytesToGo, LEAST_STEP_BYTES));
      const [first] = chosen;
      const last = chosen.at(-1);
      if (!first || !last) return;
      after = last.seq;
      const data = {
        class: stage.class,
        firstSeq: first.seq,
        lastSeq: last.seq,
        events: chosen.length,
        bytes: chosen.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
        acknowledged: stage.acknowledged,
        // Nothing else can tell it once they are empty.
        ...timesOf(chosen),
      };
      const seqs = JSON.stringify(chosen.map(({ seq }) => seq));
      await ledger.appendWith({ type: EVICTED, class: "state", data }, (transaction) =>
        empty(transaction, seqs),
      );
      log.warn(data, "old events were let go to make room");
    }
  }

  async function makeRoom(isRunning: () => boolean): Promise<void> {
    await removeTelemetry(isRunning);
    const [throughSeq, oldSeq] = await Promise.all([doneSeq(), oldAuditSeq()]);
    const done = { throughSeq, acknowledged: true };
    const rest = { throughSeq: ledger.head, acknowledged: false };
    const stages: readonly Stage[] = [
      { class: "audit", ...done, throughSeq: Math.min(throughSeq, oldSeq) },
      { class: "state", ...done },
      { class: "alarm", ...done },
      { class: "audit", ...rest, throughSeq: oldSeq },
      { class: "state", ...rest },
    ];
    for (const stage of stages) await evict(stage, either, isRunning);
    const youngAudit: readonly Stage[] = [
      { class: "audit", afterSeq: oldSeq, ...done },
      { class: "audit", afterSeq: oldSeq, ...rest },
    ];
    for (const stage of youngAudit) await evict(stage, ofDisk, isRunning);
    const bytes = either(await excess(1));
    if (bytes > 0 && isRunning() && !isStuck) {
      log.warn({ bytes }, "the ledger is above its quota, and nothing is left that may go");
    }
    isStuck = bytes > 0;
  }

  return {
    async keep(isRunning) {
      try {
        if (either(await excess(1)) > 0) await makeRoom(isRunning);
        else isStuck = false;
      } catch (error) {
        log.warn({ code: errorCode(error), reason: errorMessage(error) }, "no room could be made");
      }
    },
  };
}

function timesOf(events: readonly Evictable[]): { readonly firstAt?: string; readonly lastAt?: string } {
  const times = events.flatMap(({ at }) => at ?? []).sort();
  const [firstAt] = times;
  const lastAt = times.at(-1);
  return firstAt === undefined || lastAt === undefined ? {} : { firstAt, lastAt };
}

/** Taken out and put back, because only rows that are taken out let SQLite join pages that became nearly empty. */
async function empty({ all, run }: Transaction, seqs: string): Promise<void> {
  const among = "seq IN (SELECT value FROM json_each(?))";
  const rows = await all<{ seq: number; hash: string; class: string; type: string }>(
    `SELECT seq, hash, class, type FROM events WHERE ${among}`,
    [seqs],
  );
  await run(`DELETE FROM events WHERE ${among}`, [seqs]);
  await run(
    `INSERT INTO events (seq, hash, class, type)
     SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?)`,
    [JSON.stringify(rows.map((row) => [row.seq, row.hash, row.class, row.type]))],
  );
}

async function freeOn(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
