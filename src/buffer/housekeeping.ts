import { errorCode, errorMessage } from "../core/errors.ts";
import type { Ledger } from "../core/event.ts";
import type { Logger } from "../core/log.ts";
import type { Part } from "../core/part.ts";
import type { EvidencePlan } from "../core/site.ts";
import type { Clock, Timer } from "../core/time.ts";
import type { StoredEvidence } from "./evidence.ts";
import type { EvidenceRows, Removable } from "./evidence-rows.ts";
import type { KeepsakeKeeper } from "./keepsake.ts";
import type { ClockQuality } from "./ledger.ts";
import type { RoomKeeper } from "./room-keeper.ts";
import type { Database } from "./sql.ts";
import { upTo } from "./up-to.ts";

const DAY_MS = 86_400_000;
const FIRST_MS = 60_000;
const EVERY_MS = 3_600_000;
const ROOM_EVERY_MS = 60_000;
/** Files that go in one step: an alarm that comes meanwhile waits for one transaction at most. */
const STEP = 50;
const ROWS_STEP = 2000;
/** 1 MiB at a time, and so much an hour that a card is not worn by it. */
const PAGES_STEP = 256;
const MOST_STEPS = 64;

export interface HousekeepingDependencies {
  readonly rows: EvidenceRows;
  readonly database: Pick<Database, "giveBack">;
  readonly evidence: Pick<StoredEvidence, "remove">;
  readonly ledger: Pick<Ledger, "append">;
  readonly keeper: KeepsakeKeeper;
  readonly room: RoomKeeper;
  /** The lowest seq that is kept for a puller; undefined where none lacks anything. */
  readonly unreadFrom: () => Promise<number | undefined>;
  readonly clock: Clock;
  readonly clockQuality: () => ClockQuality;
  readonly log: Logger;
}

export interface HousekeepingConfig {
  readonly plan: EvidencePlan;
  /** Ids of those that have to have a file before it goes. */
  readonly upstreams: readonly string[];
}

export interface Housekeeping extends Part {
  /** Removes now what is too old or too much. Never rejects. */
  run(): Promise<void>;
}

interface Deleted {
  readonly what: "line" | "alarm";
  readonly reason: "age" | "size";
  files: number;
  bytes: number;
}

/** Records that files are gone; why is not known of those that a run before this one had begun to remove. Never rejects. */
export async function tellRemoved(
  ledger: Pick<Ledger, "append">,
  files: number,
  log: Logger,
  deleted: readonly Deleted[] = [],
): Promise<void> {
  try {
    await ledger.append({ type: "org.cunshao.evidence.deleted", class: "state", data: { files, deleted } });
  } catch (error) {
    log.error({ code: errorCode(error), files }, "that evidence was removed could not be recorded");
  }
}

/** Lets evidence and crossings go when they are old and gives free pages back to the disk, hourly; ages are judged while the clock is right only. */
export function createHousekeeping(
  {
    rows,
    database,
    evidence,
    ledger,
    keeper,
    room,
    unreadFrom,
    clock,
    clockQuality,
    log,
  }: HousekeepingDependencies,
  { plan, upstreams }: HousekeepingConfig,
): Housekeeping {
  let timer: Timer | undefined;
  let roomTimer: Timer | undefined;
  let isRunning = false;
  let working: Promise<void> = Promise.resolve();

  async function remove(chosen: readonly Removable[], deleted: Deleted): Promise<void> {
    const removed = new Set(await evidence.remove(chosen.map(({ sha256 }) => sha256)));
    for (const { sha256, sizeBytes } of chosen) {
      if (!removed.has(sha256)) continue;
      deleted.files++;
      deleted.bytes += sizeBytes;
    }
  }

  async function removeLinePictures(throughSeq: number, deleted: Deleted, mostBytes: number): Promise<void> {
    for (let after = Number.MIN_SAFE_INTEGER; isRunning && deleted.bytes < mostBytes; ) {
      const old = await rows.oldLinePictures(after, throughSeq, STEP);
      const last = old.at(-1);
      if (!last) return;
      after = last.place;
      await remove(upTo(old, mostBytes - deleted.bytes), deleted);
    }
  }

  async function removeEvidence(beforeMs: number, deleted: Deleted, mostBytes = Infinity): Promise<void> {
    let [fromMs, afterId] = [Number.MIN_SAFE_INTEGER, ""];
    const lacking = { upstreams, unreadFrom: await unreadFrom() };
    while (isRunning && deleted.bytes < mostBytes) {
      const old = await rows.oldEvidence({ fromMs, beforeMs, afterId }, lacking, STEP);
      const last = old.at(-1);
      if (!last) return;
      [fromMs, afterId] = [last.place, last.sha256];
      await remove(upTo(old, mostBytes - deleted.bytes), deleted);
    }
  }

  async function forgetCrossings(throughSeq: number, beforeMs: number): Promise<void> {
    for (let gone = ROWS_STEP; isRunning && gone >= ROWS_STEP; ) {
      gone = await rows.forgetCrossings(throughSeq, beforeMs, ROWS_STEP);
    }
  }

  async function removeOld(oldLines: Deleted, oldEvidence: Deleted): Promise<void> {
    if (clockQuality() !== "synced") return;
    const { wallMs } = clock.now();
    await rows.date(wallMs);
    const beforeMs = wallMs - plan.crossings.days * DAY_MS;
    const throughSeq = await rows.lastCrossingBefore(beforeMs);
    await removeLinePictures(throughSeq, oldLines, Number.POSITIVE_INFINITY);
    await forgetCrossings(throughSeq, beforeMs);
    await removeEvidence(wallMs - plan.evidence.days * DAY_MS, oldEvidence);
  }

  async function removeExcess(lines: Deleted, files: Deleted): Promise<void> {
    const bytes = (await rows.lineBytes()) - plan.crossings.maxBytes;
    if (bytes > 0) await removeLinePictures(Number.MAX_SAFE_INTEGER, lines, bytes);
    const more = (await rows.evidenceBytes()) - (plan.evidence.maxBytes ?? Infinity);
    if (more > 0) await removeEvidence(Number.MAX_SAFE_INTEGER, files, more);
  }

  /** What other retention freed since the last hour goes back, too. */
  async function givePagesBack(): Promise<void> {
    let most = MOST_STEPS;
    for (let step = 0; isRunning && step < most; step++) {
      const left = await database.giveBack(PAGES_STEP);
      if (left === 0) return;
      // After a backlog was brought away there is more: a quarter of it each hour.
      if (step === 0) most = Math.max(MOST_STEPS, Math.ceil(left / PAGES_STEP / 4));
    }
  }

  async function work(): Promise<void> {
    const oldLines: Deleted = { what: "line", reason: "age", files: 0, bytes: 0 };
    const oldEvidence: Deleted = { what: "alarm", reason: "age", files: 0, bytes: 0 };
    const lines: Deleted = { what: "line", reason: "size", files: 0, bytes: 0 };
    const excess: Deleted = { what: "alarm", reason: "size", files: 0, bytes: 0 };
    try {
      await removeOld(oldLines, oldEvidence);
      await removeExcess(lines, excess);
      await room.keep(() => isRunning);
      await givePagesBack();
    } catch (error) {
      log.warn({ code: errorCode(error), reason: errorMessage(error) }, "old evidence could not be removed");
    }
    await keeper.save();
    const deleted = [oldLines, oldEvidence, lines, excess].filter(({ files }) => files > 0);
    if (deleted.length === 0) return;
    const files = deleted.reduce((sum, one) => sum + one.files, 0);
    await tellRemoved(ledger, files, log, deleted);
  }

  function run(): Promise<void> {
    working = working.then(work);
    return working;
  }

  function schedule(afterMs: number): void {
    timer = clock.after(afterMs, () => {
      void run().then(() => {
        if (isRunning) schedule(EVERY_MS);
      });
    });
  }

  /** A flood of events fills a quota within the hour. */
  function watchRoom(): void {
    roomTimer = clock.after(ROOM_EVERY_MS, () => {
      working = working.then(() => room.keep(() => isRunning));
      void working.then(() => {
        if (isRunning) watchRoom();
      });
    });
  }

  return {
    name: "housekeeping",
    run,
    async start() {
      if (isRunning) return;
      isRunning = true;
      schedule(FIRST_MS);
      watchRoom();
    },
    async stop() {
      isRunning = false;
      timer?.cancel();
      roomTimer?.cancel();
      await working;
    },
  };
}
