// buffer/: everything the box must not forget, in one SQLite file and a folder of evidence: the ledger, what each
// upstream and puller has of it, alarms, readings and accounts. Imports core/ only, and is alone with the package
// sqlite3 (database.ts). `main.ts` opens it and hands its ports out.
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { AccountStore, LockStore, TokenStore } from "../core/accounts.ts";
import type { AlarmBook, AlarmClipBook } from "../core/alarm.ts";
import type { OrderBook } from "../core/broadcast.ts";
import type { CameraRecordStore } from "../core/camera-health.ts";
import type { ClipStore } from "../core/clip-shelf.ts";
import type { ClockBook } from "../core/clock-correction.ts";
import type { CommandBook } from "../core/command.ts";
import type { Cursors, DeadLetters, EvidenceOutbox, Outbox } from "../core/delivery.ts";
import type { DrillBook } from "../core/drill.ts";
import type { DutyBook } from "../core/duty.ts";
import { errorCode, errorMessage, type GatewayError } from "../core/errors.ts";
import type { HearingBook } from "../core/hearing.ts";
import type { LessonBook } from "../core/lesson.ts";
import type { LetGo } from "../core/let-go.ts";
import type { Logger } from "../core/log.ts";
import type { MonthEvents } from "../core/monthly-sheet.ts";
import type { CrossingBook } from "../core/movement.ts";
import type { Part, PartHealth } from "../core/part.ts";
import type { PauseBook } from "../core/pause.ts";
import type { ProgrammeBook } from "../core/programme.ts";
import type { SegmentCatalogue } from "../core/recordings.ts";
import type { RuleEditBook } from "../core/rule-edit.ts";
import type { ShapeBook } from "../core/shapes.ts";
import type { Clock } from "../core/time.ts";
import type { ContentFiles, UploadDrafts } from "../core/upload-drafts.ts";
import type { MapBook } from "../core/village-map.ts";
import { createAccounts } from "./accounts.ts";
import { openAlarmBook } from "./alarm-book.ts";
import { createCameraRecords } from "./camera-records.ts";
import { createClipStore } from "./clip-store.ts";
import { openClockBook } from "./clock-book.ts";
import { createCommandBook } from "./command-book.ts";
import { createContentFiles } from "./content-files.ts";
import { createCrossingBook } from "./crossing-book.ts";
import { createCursors } from "./cursors.ts";
import { createDeadLetters } from "./dead-letters.ts";
import { createDutyBook } from "./duty-book.ts";
import { openEvidence, type StoredEvidence } from "./evidence.ts";
import { createEvidenceOutbox } from "./evidence-outbox.ts";
import { createEvidenceRows } from "./evidence-rows.ts";
import { createHearingBook } from "./hearing-book.ts";
import {
  createHousekeeping,
  type Housekeeping,
  type HousekeepingConfig,
  tellRemoved,
} from "./housekeeping.ts";
import { createKeepsakeKeeper, keptAfter, readKeepsake } from "./keepsake.ts";
import { wholeOf } from "./lanes.ts";
import { lastSign } from "./last-sign.ts";
import type { ClockQuality, StoredLedger } from "./ledger.ts";
import { createLedger } from "./ledger.ts";
import { databaseIn, markDamaged, openLedgerFile } from "./ledger-file.ts";
import { createLedgerHealth } from "./ledger-health.ts";
import { createLessonBook } from "./lesson-book.ts";
import { createLessonPictures } from "./lesson-pictures.ts";
import { openLetGoSums } from "./let-go-sums.ts";
import { createLocks } from "./locks.ts";
import { createMapBook } from "./map-book.ts";
import { createMonthEvents } from "./month-events.ts";
import { createMovement, type StoredMovement } from "./movement.ts";
import { createOrderBook } from "./order-book.ts";
import { createOutbox } from "./outbox.ts";
import { createPauseBook } from "./pause-book.ts";
import { createProgrammeBook } from "./programme-book.ts";
import type { StoredReadings } from "./readings.ts";
import { createReadings } from "./readings.ts";
import { createRecordings } from "./recordings.ts";
import { declareOnly, rescue } from "./rescue.ts";
import { createRoomKeeper } from "./room-keeper.ts";
import { createRuleEditBook } from "./rule-edit-book.ts";
import { createShapeBook } from "./shape-book.ts";
import type { Database } from "./sql.ts";
import { createTokens } from "./tokens.ts";
import { createUploadDrafts } from "./upload-drafts.ts";

export interface BufferOptions {
  /** `CUNSHAO_DATA`: holds `ledger/` and `evidence/`; made where missing. */
  readonly dataFolder: string;
  readonly siteId: string;
  /** Kernel boot id, or what stands for it. */
  readonly bootId: string;
  readonly clock: Clock;
  /** 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  readonly log: Logger;
  readonly clockQuality: () => ClockQuality;
  /** What told the right time; undefined while nothing did. */
  readonly timeSource?: () => string | undefined;
  /** Since the machine was booted, ms. Default: the monotonic clock, as where each run is a boot of its own. */
  readonly uptimeMs?: () => number;
  /** What `housekeeping` lets go. Default: crossings after 30 days or above 2 GB, evidence after 90. */
  readonly keeping?: HousekeepingConfig | undefined;
  /** Called once when the database shows itself damaged in running: the next opening sets it aside. */
  readonly onDamage?: ((error: GatewayError) => void) | undefined;
}

const KEEPING: HousekeepingConfig = {
  plan: { crossings: { days: 30, maxBytes: 2e9 }, evidence: { days: 90 } },
  upstreams: [],
};

export interface Buffer {
  readonly ledger: StoredLedger;
  readonly outbox: Outbox;
  readonly deadLetters: DeadLetters;
  readonly evidenceOutbox: EvidenceOutbox;
  readonly cursors: Cursors;
  readonly evidence: StoredEvidence;
  readonly readings: StoredReadings;
  readonly movement: StoredMovement;
  readonly crossings: CrossingBook;
  readonly accounts: AccountStore;
  readonly tokens: TokenStore;
  readonly locks: LockStore;
  readonly alarms: AlarmBook & AlarmClipBook;
  readonly pauseBook: PauseBook;
  readonly shapeBook: ShapeBook;
  readonly mapBook: MapBook;
  /** Pictures of the map. */
  readonly mapFiles: ContentFiles;
  readonly ruleEditBook: RuleEditBook;
  readonly lessonBook: LessonBook;
  readonly orderBook: OrderBook;
  readonly programmeBook: ProgrammeBook;
  readonly dutyBook: DutyBook;
  readonly clipStore: ClipStore;
  /** What comes with reports from the spot, until it is evidence. */
  readonly reportDrafts: UploadDrafts;
  readonly hearingBook: HearingBook & DrillBook;
  readonly commandBook: CommandBook;
  readonly cameraRecords: CameraRecordStore;
  readonly recordings: SegmentCatalogue;
  readonly monthEvents: MonthEvents;
  /** ISO time at which the run before this one last wrote anything down; undefined where there was none. */
  readonly lastSign: string | undefined;
  /** To be started by who runs the gateway. */
  readonly housekeeping: Housekeeping;
  /** Corrects earlier times once the time is known. To be started by who runs the gateway. */
  readonly clockBook: ClockBook & Part;
  /** How the ledger is, and whether there was a damaged one. */
  ledgerHealth(): PartHealth;
  /** What was let go to make room so far; undefined while that is nothing. */
  letGo(): LetGo | undefined;
  /** Waits until what was handed over is on disk, then closes the file. May be called twice. */
  close(): Promise<void>;
}

/** Where the database stands in a data folder, beside those that were damaged. */
export function ledgerFolder(dataFolder: string): string {
  return join(dataFolder, "ledger");
}

export function ledgerPath(dataFolder: string): string {
  return databaseIn(ledgerFolder(dataFolder));
}

/** Where recordings stand in a data folder; another disk may be mounted there. */
export function recordingsFolder(dataFolder: string): string {
  return join(dataFolder, "recordings");
}

/** Where recordings for the horns stand in a data folder. */
export function clipsFolder(dataFolder: string): string {
  return join(dataFolder, "clips");
}

/**
 * Opens or makes the buffer; readings are stored from now on. A damaged database is set aside and a new one made.
 * @throws GatewayError `ledger.newer` (permanent), `ledger.full`, `ledger.unwritable`, `evidence.full`,
 *   `evidence.unwritable` (transient).
 */
export async function openBuffer(options: BufferOptions): Promise<Buffer> {
  try {
    return await openOnce(options);
  } catch (error) {
    if (errorCode(error) !== "ledger.corrupt") throw error;
    // It passed the check, and what is made from it did not.
    await markDamaged(ledgerFolder(options.dataFolder), errorMessage(error));
    return openOnce(options);
  }
}

/** The database, or a new one with what could be saved of it. */
async function openFile(options: BufferOptions, onDamage: (error: GatewayError) => void): Promise<Database> {
  const { log, keeping = KEEPING } = options;
  const folder = ledgerFolder(options.dataFolder);
  const keepsake = await readKeepsake(folder);
  const openLedger = async (database: Database): Promise<StoredLedger> => {
    const { projection } = await openAlarmBook(database);
    return createLedger({ ...options, database, projections: [projection] }, options);
  };
  const saving = { keepsake, upstreams: keeping.upstreams, openLedger, log };
  return openLedgerFile({
    folder,
    log,
    onDamage,
    refill: (fresh, damaged) => rescue({ ...saving, fresh, damaged }),
    declare: (fresh, damaged, code) => declareOnly({ ...saving, fresh, damaged }, code),
  });
}

async function openOnce(options: BufferOptions): Promise<Buffer> {
  const { dataFolder, siteId, bootId, clock, random, log, clockQuality, keeping = KEEPING } = options;
  const folder = ledgerFolder(dataFolder);
  let isOpen = false;
  const onDamage = (error: GatewayError): void => {
    if (!isOpen) return;
    isOpen = false;
    log.error({ reason: error.message }, "the database is damaged");
    markDamaged(folder, error.message)
      .catch((cause: unknown) => log.error({ code: errorCode(cause) }, "it could not be marked as damaged"))
      .finally(() => options.onDamage?.(error));
  };
  const database = await openFile(options, onDamage);
  try {
    const lastSignOfRun = await lastSign(database);
    const { book, projection } = await openAlarmBook(database);
    const crossings = createCrossingBook(database);
    const pauses = createPauseBook(database);
    const shapes = createShapeBook(database);
    const maps = createMapBook(database);
    const ruleEdits = createRuleEditBook(database);
    const lessons = createLessonBook(database, createLessonPictures(join(dataFolder, "lessons")));
    const orders = createOrderBook(database);
    const programmes = createProgrammeBook(database);
    const clips = createClipStore(database, clipsFolder(dataFolder));
    const hearing = createHearingBook(database);
    const commands = createCommandBook(database);
    const books = [pauses, shapes, maps, ruleEdits, lessons, orders, programmes, clips, hearing, commands];
    const { timeSource = () => undefined, uptimeMs = () => clock.now().monotonicMs } = options;
    const times = await openClockBook({ database, clock, clockQuality, timeSource, uptimeMs, log });
    const projections = [
      times.projection,
      projection,
      crossings.projection,
      ...books.map((each) => each.projection),
    ];
    const ledger = await createLedger(
      { database, clock, clockQuality, random, log, projections },
      { siteId, bootId },
    );
    const clockBook = times.part(ledger, bootId);
    const evidenceFolder = join(dataFolder, "evidence");
    const evidence = await openEvidence({ database, folder: evidenceFolder, clock, clockQuality, log });
    if (evidence.removedBefore > 0) await tellRemoved(ledger, evidence.removedBefore, log);
    const acknowledged = (upstream: string): Promise<number> => wholeOf(database, upstream);
    const reportDrafts = await openReportDrafts(join(dataFolder, "reports"), log);
    const { upstreams, plan } = keeping;
    const keeper = createKeepsakeKeeper({ database, folder, ledger, upstreams, acknowledged }, log);
    // What nobody is to see must not be seen because the database was lost soon after.
    ledger.onAppend(({ type }) => {
      if (type.startsWith("org.cunshao.mask.")) void keeper.save();
    });
    const cursors = createCursors({ database, ledger, clock, clockQuality });
    const { unreadFrom } = cursors;
    const room = createRoomKeeper(
      { database, ledger, acknowledged, unreadFrom, folder, clock, clockQuality, log },
      { maxBytes: plan.ledger?.maxBytes ?? Infinity, upstreams },
    );
    const rows = createEvidenceRows(database);
    const housekeeping = createHousekeeping(
      { rows, database, evidence, ledger, keeper, room, unreadFrom, clock, clockQuality, log },
      keeping,
    );
    const letGo = await openLetGoSums(database, ledger);
    const ledgerHealth = await createLedgerHealth({ folder, ledger, clock, log });
    const readings = createReadings({ database, clock, clockQuality, log });
    const movement = createMovement({ database, clock, clockQuality, log });
    await readings.start();
    await movement.start();
    isOpen = true;
    await keeper.save();

    let closed: Promise<void> | undefined;
    return {
      ledger,
      outbox: createOutbox({ database, ledger }),
      deadLetters: createDeadLetters(database),
      evidenceOutbox: createEvidenceOutbox(database),
      cursors,
      evidence,
      readings,
      movement,
      crossings: crossings.book,
      accounts: keptAfter(createAccounts({ database, clock }), ["add", "save", "change", "remove"], keeper),
      tokens: keptAfter(createTokens(database), ["add", "remove"], keeper),
      locks: createLocks(database),
      alarms: book,
      pauseBook: pauses.book,
      shapeBook: shapes.book,
      mapBook: maps.book,
      mapFiles: createContentFiles(join(dataFolder, "map"), "map", "jpg"),
      ruleEditBook: ruleEdits.book,
      lessonBook: lessons.book,
      orderBook: orders.book,
      programmeBook: programmes.book,
      dutyBook: keptAfter(createDutyBook(database, ledger), ["write", "forget"], keeper),
      clipStore: clips.store,
      reportDrafts,
      hearingBook: hearing.book,
      commandBook: commands.book,
      cameraRecords: createCameraRecords({ folder: join(dataFolder, "cameras"), log }),
      monthEvents: createMonthEvents(database),
      lastSign: lastSignOfRun,
      recordings: createRecordings({ database, folder: recordingsFolder(dataFolder), clock, log }),
      housekeeping,
      clockBook,
      ledgerHealth,
      letGo,
      close() {
        closed ??= Promise.all([housekeeping.stop(), clockBook.stop()])
          .then(() => Promise.all([ledger.settled(), readings.stop(), movement.stop()]))
          .then(() => (isOpen ? keeper.save() : undefined))
          .then(() => database.close());
        return closed;
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Only a crash leaves drafts behind, and nothing names them. */
async function openReportDrafts(folder: string, log: Logger): Promise<UploadDrafts> {
  await rm(folder, { recursive: true, force: true }).catch((error: unknown) => {
    log.warn({ code: errorCode(error) }, "drafts of reports could not be removed");
  });
  return createUploadDrafts(folder, "report");
}
