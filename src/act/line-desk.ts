import { errorCode } from "../core/errors.ts";
import type { EventDraft, Ledger } from "../core/event.ts";
import type { Logger } from "../core/log.ts";
import type { LineCrossing } from "../core/movement.ts";
import type { Part } from "../core/part.ts";
import type { EvidenceStore } from "../core/stores.ts";
import { type Clock, isoTime, type Timer } from "../core/time.ts";

/** An event each for so many who come at once, then for one in so long; the others are counted. */
const EVENTS_AT_ONCE = 6;
const EVENT_EVERY_MS = 10_000;
const COUNT_EVERY_MS = 300_000;
/** Crossings of one camera within this time are on the same picture. */
const SHARED_MS = 1000;
const PICTURE_EVERY_MS = 5000;
/** A line has so many pictures in store, and gets as many back in a day: about 50 MB of a camera's small stream. */
const PICTURES_A_DAY = 500;
const DAY_MS = 86_400_000;

export interface LineDeskDependencies {
  readonly ledger: Pick<Ledger, "append">;
  readonly evidence: Pick<EvidenceStore, "put">;
  /** Whether the disk is above its reserve; below it who goes over is still written down, without a picture. */
  readonly hasRoom: () => boolean;
  /** The camera's newest picture as JPEG. */
  readonly snapshot: (camera: string) => Promise<Buffer>;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface LineDesk extends Part {
  /** Resolves once it is in the ledger, or counted. Never rejects. */
  record(crossing: LineCrossing): Promise<void>;
}

/** Something of which there is so much in store, refilled at an even pace. */
interface Store {
  left: number;
  atMs: number;
}

interface LineBook {
  readonly camera: string;
  readonly events: Store;
  readonly pictures: Store;
  pictureMs: number;
  /** Went over without an event of their own since `sinceMs`. */
  in: number;
  out: number;
  sinceMs: number;
}

/** Writes who went over the lines into the ledger, with a picture: as many as the disk can bear, the others counted. */
export function createLineDesk({
  ledger,
  evidence,
  hasRoom,
  snapshot,
  clock,
  log,
}: LineDeskDependencies): LineDesk {
  const lines = new Map<string, LineBook>();
  const pictures = new Map<string, { readonly atMs: number; readonly id: Promise<string | undefined> }>();
  let timer: Timer | undefined;

  function bookOf({ camera, line, at }: LineCrossing): LineBook {
    const known = lines.get(line);
    if (known) return known;
    const atMs = at.monotonicMs;
    const book: LineBook = {
      camera,
      events: { left: EVENTS_AT_ONCE, atMs },
      pictures: { left: PICTURES_A_DAY, atMs },
      pictureMs: Number.NEGATIVE_INFINITY,
      in: 0,
      out: 0,
      sinceMs: at.wallMs,
    };
    lines.set(line, book);
    return book;
  }

  async function takePicture(camera: string): Promise<string | undefined> {
    try {
      return await evidence.put(await snapshot(camera), "image/jpeg");
    } catch (error) {
      log.warn({ code: errorCode(error), camera }, "no picture of who went over a line");
      return undefined;
    }
  }

  /** At once: the picture that matters is the one of now. */
  function pictureFor(book: LineBook, atMs: number): Promise<string | undefined> | undefined {
    const shared = pictures.get(book.camera);
    if (shared && atMs - shared.atMs < SHARED_MS) return shared.id;
    if (!hasRoom()) return undefined;
    if (atMs - book.pictureMs < PICTURE_EVERY_MS) return undefined;
    if (!take(book.pictures, atMs, PICTURES_A_DAY, DAY_MS / PICTURES_A_DAY)) return undefined;
    book.pictureMs = atMs;
    const id = takePicture(book.camera);
    pictures.set(book.camera, { atMs, id });
    return id;
  }

  function count(book: LineBook, direction: "in" | "out", wallMs: number): void {
    if (book.in + book.out === 0) book.sinceMs = wallMs;
    book[direction]++;
  }

  /** What could not be written stays counted, for the next time. */
  async function writeCounts(): Promise<void> {
    for (const [line, book] of lines) {
      const { camera, in: ins, out: outs, sinceMs } = book;
      if (ins + outs === 0) continue;
      book.in = 0;
      book.out = 0;
      const draft: EventDraft = {
        type: "org.cunshao.line.counted",
        class: "state",
        subject: line,
        data: { camera, in: ins, out: outs, from: isoTime(sinceMs), to: isoTime(clock.now().wallMs) },
      };
      await ledger.append(draft).catch((error: unknown) => {
        log.error({ code: errorCode(error), line }, "who went over a line could not be recorded");
        book.in += ins;
        book.out += outs;
        book.sinceMs = sinceMs;
      });
    }
  }

  function schedule(): void {
    timer = clock.after(COUNT_EVERY_MS, () => {
      void writeCounts();
      schedule();
    });
  }

  return {
    name: "lines",
    async start() {
      if (!timer) schedule();
    },
    async stop() {
      timer?.cancel();
      timer = undefined;
      await writeCounts();
    },
    async record(crossing) {
      const { camera, line, direction, detector, at, box } = crossing;
      const book = bookOf(crossing);
      if (!take(book.events, at.monotonicMs, EVENTS_AT_ONCE, EVENT_EVERY_MS)) {
        count(book, direction, at.wallMs);
        return;
      }
      const picture = await pictureFor(book, at.monotonicMs);
      const draft: EventDraft = {
        type: "org.cunshao.line.crossed",
        class: "state",
        subject: line,
        data: {
          camera,
          line,
          direction,
          detector,
          at: isoTime(at.wallMs),
          box,
          ...(picture === undefined ? {} : { snapshot: picture }),
        },
      };
      await ledger.append(draft).catch((error: unknown) => {
        log.error({ code: errorCode(error), line }, "who went over a line could not be recorded");
        count(book, direction, at.wallMs);
      });
    },
  };
}

/** Takes one out of a store that holds `most` and gets one back each `everyMs`; false when it is empty. */
function take(store: Store, atMs: number, most: number, everyMs: number): boolean {
  store.left = Math.min(most, store.left + Math.max(0, atMs - store.atMs) / everyMs);
  store.atMs = atMs;
  if (store.left < 1) return false;
  store.left--;
  return true;
}
