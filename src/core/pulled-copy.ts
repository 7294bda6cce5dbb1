import type { LedgerEvent } from "./event.ts";

/** Numbers from one to another, both included. */
export interface SeqSpan {
  readonly firstSeq: number;
  readonly lastSeq: number;
}

/** An event that is not as it was written: it follows another one (`link`), or it was changed (`content`). */
export interface ChainBreak {
  readonly seq: number;
  readonly fault: "link" | "content";
}

/** What a puller has of one ledger. */
export interface LedgerAccount {
  readonly ledger: string;
  /** Of its events: `/sites/<siteId>`; undefined before the first. */
  readonly source?: string | undefined;
  /** Of the last event in its place; 0 and empty before the first. */
  readonly seq: number;
  readonly hash: string;
  readonly events: number;
  /** What its events take as JSON, where that is bounded; alarms that came ahead count once more in their place. */
  readonly bytes: number;
  /** Up to here it was written before anybody here had heard of the box; absent where it began later. */
  readonly historySeq?: number | undefined;
  /** Places without an event that was ever seen. */
  readonly gaps: readonly SeqSpan[];
  /** What the ledger itself says that it let go. */
  readonly evicted: readonly SeqSpan[];
  readonly breaks: readonly ChainBreak[];
  /** Alarms that came before their turn with other words than in their place. What came in its place is what is kept. */
  readonly differed: number;
  /**
   * Files that are here, that were gone, of another content than their name says, not to be had by this token, larger than a file may
   * be, or that were here and went again so that newer ones had room.
   */
  readonly files: Readonly<Record<FileResult, number>>;
}

export type FileResult = "stored" | "missing" | "changed" | "denied" | "tooLarge" | "letGo";

/** A file that a stored event names. */
export interface NamedFile {
  readonly seq: number;
  /** Its SHA-256 (hex). */
  readonly id: string;
}

/** What a puller keeps of one box. Everything that resolves is on disk (fsync). */
export interface BoxCopy {
  /** Oldest ledger first. */
  accounts(): readonly LedgerAccount[];
  /**
   * Takes events of one ledger in their order; what it has already is passed over. @throws GatewayError `copy.*`.
   * @param historySeq of a ledger that is new here: kept in its account.
   */
  take(ledger: string, events: readonly LedgerEvent[], historySeq?: number): Promise<LedgerAccount>;
  /** Takes alarms before it is their turn; each comes again in its place, and then that is what counts. */
  takeAhead(ledger: string, events: readonly LedgerEvent[]): Promise<void>;
  /** Seq of the last one that was taken ahead; 0 without. */
  aheadSeq(ledger: string): number;
  /**
   * Of events that are about to be taken in their place those that did not come ahead with the same words. A box that lost its last events in
   * a power cut, or was restored, writes others under numbers that were heard before. Absent where nobody is told of what comes.
   */
  readonly newsOf?: (ledger: string, events: readonly LedgerEvent[]) => Promise<readonly LedgerEvent[]>;
  /** Files named by events that are here and about which `fileDone` said nothing; oldest first. */
  nextFiles(ledger: string, limit: number): Promise<readonly NamedFile[]>;
  fileDone(ledger: string, file: NamedFile, result: FileResult): Promise<void>;
  /**
   * Removes the file of the oldest event that has one here. Returns its bytes, undefined where none is left. Absent where files are kept
   * for ever.
   */
  readonly letGoOldest?: () => Promise<number | undefined>;
  /**
   * Has the newest files that were denied named by `nextFiles` once more, at most so many: a token may be given more than it had. Returns
   * their number. Absent where what became of a file stands for ever.
   */
  readonly nameDenied?: (most: number) => Promise<number>;
  /** The newest events of the class alarm, at most so many, in the order of ledgers and numbers. */
  alarmEvents(limit: number): Promise<readonly LedgerEvent[]>;
  /** The newest events by which the box said how wrong its clock had been, at most so many, in the order of ledgers and numbers. */
  clockEvents(limit: number): Promise<readonly LedgerEvent[]>;
  /**
   * Events of the alarms that were raised and not cleared, however old they are, page by page and those of one alarm in their order. Of
   * more alarms than `mostAlarms` those of which something was heard last.
   */
  openAlarmEvents(mostAlarms: number): AsyncIterable<readonly LedgerEvent[]>;
  readonly shelf: FileShelf;
  close(): Promise<void>;
}

/** Files by their SHA-256, and what has come of those that are under way. */
export interface FileShelf {
  has(id: string): Promise<boolean>;
  /** Undefined while it is not here to its last byte. */
  find(id: string): Promise<{ readonly path: string; readonly sizeBytes: number } | undefined>;
  /** Bytes of all files, also of those under way. */
  usedBytes(): Promise<number>;
  /** Bytes that are here of a file under way. */
  begun(id: string): Promise<number>;
  /** Writes from a byte on; what stands behind it is dropped. */
  write(id: string, fromByte: number, content: AsyncIterable<Uint8Array>): Promise<void>;
  /** Checks it and puts it in its place; false when its content is not what its name says: it begins anew. */
  finish(id: string): Promise<boolean>;
  /** Removes it, and what has come of it. Returns the bytes of both. */
  remove(id: string): Promise<number>;
}

/** A folder with what was pulled from many boxes. */
export interface PulledCopy {
  /** Names this copy to the boxes for as long as it lives. */
  readonly holder: string;
  open(box: string): Promise<BoxCopy>;
  close(): Promise<void>;
}

/** Places that neither came nor are declared as let go. */
export function undeclaredGaps({ gaps, evicted }: Pick<LedgerAccount, "gaps" | "evicted">): SeqSpan[] {
  const declared = [...evicted].sort((a, b) => a.firstSeq - b.firstSeq);
  return gaps.flatMap(({ firstSeq, lastSeq }) => {
    const left: SeqSpan[] = [];
    let from = firstSeq;
    for (const one of declared) {
      if (one.lastSeq < from) continue;
      if (one.firstSeq > lastSeq) break;
      if (one.firstSeq > from) left.push({ firstSeq: from, lastSeq: one.firstSeq - 1 });
      from = one.lastSeq + 1;
    }
    return from <= lastSeq ? [...left, { firstSeq: from, lastSeq }] : left;
  });
}

export function countOf(spans: readonly SeqSpan[]): number {
  return spans.reduce((sum, { firstSeq, lastSeq }) => sum + lastSeq - firstSeq + 1, 0);
}
