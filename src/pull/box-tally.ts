import { errorCode, errorMessage } from "../core/errors.ts";
import { countOf, type LedgerAccount, undeclaredGaps } from "../core/pulled-copy.ts";

export type BoxPhase = "waiting" | "events" | "files" | "listening" | "resting" | "done" | "failed";

/** How it stands with one box; what `--json` prints of each. */
export interface BoxView {
  readonly box: string;
  /** `resting`: it failed for now, and is tried again. */
  readonly phase: BoxPhase;
  readonly site?: string | undefined;
  /** The present ledger and how far it was pulled; undefined before the first answer. */
  readonly ledger?: string | undefined;
  readonly seq: number;
  /** Where the ledger ends, as far as the box said. */
  readonly head: number;
  /** In this run. */
  readonly events: number;
  readonly files: number;
  readonly bytes: number;
  /** In all ledgers that were ever met: places of which nobody knows, events that are not as they were written. */
  readonly missing: number;
  readonly broken: number;
  /** Files that were gone, had another content, or may not be had by this token. */
  readonly filesMissing: number;
  readonly filesChanged: number;
  readonly filesDenied: number;
  /** Ledgers that began in this run where there was one before. */
  readonly newLedgers: readonly string[];
  /** Why it failed. */
  readonly reason?: string | undefined;
  readonly detail?: string | undefined;
  /** Why its files do not come, though its events do. */
  readonly filesReason?: string | undefined;
  readonly filesDetail?: string | undefined;
}

export interface BoxTally {
  view(): BoxView;
  phase(phase: BoxPhase): void;
  accounts(accounts: readonly LedgerAccount[]): void;
  came(events: number, head: number | undefined): void;
  fileCame(bytes: number): void;
  /** @param error undefined once they come again. */
  filesFailed(error: unknown): void;
  newLedger(ledger: string): void;
  /** @param isFinal whether it is given up. */
  failed(error: unknown, isFinal?: boolean): void;
}

export function createBoxTally(box: string, onChange: (view: BoxView) => void): BoxTally {
  let view: BoxView = {
    box,
    phase: "waiting",
    seq: 0,
    head: 0,
    events: 0,
    files: 0,
    bytes: 0,
    missing: 0,
    broken: 0,
    filesMissing: 0,
    filesChanged: 0,
    filesDenied: 0,
    newLedgers: [],
  };
  function change(part: Partial<BoxView>): void {
    view = { ...view, ...part };
    onChange(view);
  }
  return {
    view: () => view,
    phase: (phase) =>
      change(phase === "failed" ? { phase } : { phase, reason: undefined, detail: undefined }),
    accounts(accounts) {
      const last = accounts.at(-1);
      const sum = (count: (account: LedgerAccount) => number): number =>
        accounts.reduce((total, account) => total + count(account), 0);
      change({
        site: last?.source?.replace(/^\/sites\//, ""),
        ledger: last?.ledger,
        seq: last?.seq ?? 0,
        missing: sum((account) => countOf(undeclaredGaps(account))),
        broken: sum(({ breaks }) => breaks.length),
        filesMissing: sum(({ files }) => files.missing),
        filesChanged: sum(({ files }) => files.changed),
        filesDenied: sum(({ files }) => files.denied),
      });
    },
    came: (events, head) =>
      change({ events: view.events + events, head: head ?? Math.max(view.head, view.seq) }),
    fileCame: (bytes) => change({ files: view.files + 1, bytes: view.bytes + bytes }),
    filesFailed: (error) =>
      change({
        filesReason: error === undefined ? undefined : errorCode(error),
        filesDetail: error === undefined ? undefined : errorMessage(error),
      }),
    newLedger: (ledger) => change({ newLedgers: [...view.newLedgers, ledger] }),
    failed: (error, isFinal = true) =>
      change({
        phase: isFinal ? "failed" : "resting",
        reason: errorCode(error),
        detail: errorMessage(error),
      }),
  };
}
