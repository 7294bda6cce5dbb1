// buffer/: everything the box must not forget, in one SQLite file and a folder of evidence: the ledger, what each
// upstream and puller has of it, alarms, readings and accounts. Imports core/ only, and is alone with the package
// sqlite3 (database.ts). `main.ts` opens it and hands its ports out.
import { join } from "node:path";
import type { AccountStore, LockStore, TokenStore } from "../core/accounts.ts";
import type { AlarmBook, AlarmClipBook } from "../core/alarm.ts";
import type { OrderBook } from "../core/broadcast.ts";
import type { CameraRecordStore } from "../core/camera-health.ts";
import type { ClipStore } from "../core/clip-shelf.ts";
import type { CommandBook } from "../core/command.ts";
import type { Cursors, DeadLetters, EvidenceOutbox, Outbox } from "../core/delivery.ts";
import type { DrillBook } from "../core/drill.ts";
import type { HearingBook } from "../core/hearing.ts";
import type { LessonBook } from "../core/lesson.ts";
import type { Logger } from "../core/log.ts";
import type { CrossingBook } from "../core/movement.ts";
import type { PauseBook } from "../core/pause.ts";
import type { ProgrammeBook } from "../core/programme.ts";
import type { SegmentCatalogue } from "../core/recordings.ts";
import type { Clock } from "../core/time.ts";
import type { ZoneBook } from "../core/zones.ts";
import { createAccounts } from "./accounts.ts";
import { openAlarmBook } from "./alarm-book.ts";
import { createCameraRecords } from "./camera-records.ts";
import { createClipStore } from "./clip-store.ts";
import { createCommandBook } from "./command-book.ts";
import { createCrossingBook } from "./crossing-book.ts";
import { createCursors } from "./cursors.ts";
import { openDatabase } from "./database.ts";
import { createDeadLetters } from "./dead-letters.ts";
import { openEvidence, type StoredEvidence } from "./evidence.ts";
import { createEvidenceOutbox } from "./evidence-outbox.ts";
import { createEvidenceRows } from "./evidence-rows.ts";
import { createHearingBook } from "./hearing-book.ts";
import { createHousekeeping, type Housekeeping, type HousekeepingConfig } from "./housekeeping.ts";
import type { ClockQuality, StoredLedger } from "./ledger.ts";
import { createLedger } from "./ledger.ts";
import { createLessonBook } from "./lesson-book.ts";
import { createLessonPictures } from "./lesson-pictures.ts";
import { createLocks } from "./locks.ts";
import { createMovement, type StoredMovement } from "./movement.ts";
import { createOrderBook } from "./order-book.ts";
import { createOutbox } from "./outbox.ts";
import { createPauseBook } from "./pause-book.ts";
import { createProgrammeBook } from "./programme-book.ts";
import type { StoredReadings } from "./readings.ts";
import { createReadings } from "./readings.ts";
import { createRecordings } from "./recordings.ts";
import { createTokens } from "./tokens.ts";
import { createZoneBook } from "./zone-book.ts";

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
  /** What `housekeeping` lets go. Default: crossings after 30 days or above 2 GB, evidence after 90. */
  readonly keeping?: HousekeepingConfig | undefined;
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
  readonly zoneBook: ZoneBook;
  readonly lessonBook: LessonBook;
  readonly orderBook: OrderBook;
  readonly programmeBook: ProgrammeBook;
  readonly clipStore: ClipStore;
  readonly hearingBook: HearingBook & DrillBook;
  readonly commandBook: CommandBook;
  readonly cameraRecords: CameraRecordStore;
  readonly recordings: SegmentCatalogue;
  /** To be started by who runs the gateway. */
  readonly housekeeping: Housekeeping;
  /** Waits until what was handed over is on disk, then closes the file. May be called twice. */
  close(): Promise<void>;
}

/** Where the database stands in a data folder. */
export function ledgerPath(dataFolder: string): string {
  return join(dataFolder, "ledger", "cunshao.sqlite");
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
 * Opens or makes the buffer; readings are stored from now on.
 * @throws GatewayError `ledger.corrupt`, `ledger.newer` (permanent), `ledger.full`, `ledger.unwritable`,
 *   `evidence.full`, `evidence.unwritable` (transient).
 */
export async function openBuffer(options: BufferOptions): Promise<Buffer> {
  const { dataFolder, siteId, bootId, clock, random, log, clockQuality } = options;
  const database = await openDatabase(ledgerPath(dataFolder));
  try {
    const { book, projection } = await openAlarmBook(database);
    const crossings = createCrossingBook(database);
    const pauses = createPauseBook(database);
    const zones = createZoneBook(database);
    const lessons = createLessonBook(database, createLessonPictures(join(dataFolder, "lessons")));
    const orders = createOrderBook(database);
    const programmes = createProgrammeBook(database);
    const clips = createClipStore(database, clipsFolder(dataFolder));
    const hearing = createHearingBook(database);
    const commands = createCommandBook(database);
    const books = [pauses, zones, lessons, orders, programmes, clips, hearing, commands];
    const projections = [projection, crossings.projection, ...books.map((each) => each.projection)];
    const ledger = await createLedger(
      { database, clock, clockQuality, random, log, projections },
      { siteId, bootId },
    );
    const evidence = await openEvidence({ database, folder: join(dataFolder, "evidence"), log });
    const housekeeping = createHousekeeping(
      { rows: createEvidenceRows(database), database, evidence, ledger, clock, clockQuality, log },
      options.keeping ?? KEEPING,
    );
    const readings = createReadings({ database, clock, clockQuality, log });
    const movement = createMovement({ database, clock, clockQuality, log });
    await readings.start();
    await movement.start();

    let closed: Promise<void> | undefined;
    return {
      ledger,
      outbox: createOutbox({ database, ledger }),
      deadLetters: createDeadLetters(database),
      evidenceOutbox: createEvidenceOutbox(database),
      cursors: createCursors({ database, ledger, clock }),
      evidence,
      readings,
      movement,
      crossings: crossings.book,
      accounts: createAccounts({ database, clock }),
      tokens: createTokens(database),
      locks: createLocks(database),
      alarms: book,
      pauseBook: pauses.book,
      zoneBook: zones.book,
      lessonBook: lessons.book,
      orderBook: orders.book,
      programmeBook: programmes.book,
      clipStore: clips.store,
      hearingBook: hearing.book,
      commandBook: commands.book,
      cameraRecords: createCameraRecords({ folder: join(dataFolder, "cameras"), log }),
      recordings: createRecordings({ database, folder: recordingsFolder(dataFolder), clock, log }),
      housekeeping,
      close() {
        closed ??= housekeeping
          .stop()
          .then(() => Promise.all([ledger.settled(), readings.stop(), movement.stop()]))
          .then(() => database.close());
        return closed;
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}
