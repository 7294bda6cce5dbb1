import { errorCode, errorMessage } from "../core/errors.ts";
import type { BoxPhase, BoxView, EventsHeld } from "../core/pull-view.ts";
import { countOf, type LedgerAccount, undeclaredGaps } from "../core/pulled-copy.ts";

export interface BoxTally {
  view(): BoxView;
  phase(phase: BoxPhase): void;
  accounts(accounts: readonly LedgerAccount[]): void;
  came(events: number, head: number | undefined): void;
  fileCame(bytes: number): void;
  filesTake(bytes: number): void;
  held(why: EventsHeld | undefined): void;
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
    answers: 0,
    events: 0,
    files: 0,
    bytes: 0,
    fileBytes: 0,
    eventBytes: 0,
    missing: 0,
    broken: 0,
    filesMissing: 0,
    filesChanged: 0,
    filesDenied: 0,
    filesTooLarge: 0,
    filesLetGo: 0,
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
        eventBytes: sum(({ bytes }) => bytes),
        missing: sum((account) => countOf(undeclaredGaps(account))),
        broken: sum(({ breaks, differed }) => breaks.length + differed),
        filesMissing: sum(({ files }) => files.missing),
        filesChanged: sum(({ files }) => files.changed),
        filesDenied: sum(({ files }) => files.denied),
        filesTooLarge: sum(({ files }) => files.tooLarge),
        filesLetGo: sum(({ files }) => files.letGo),
      });
    },
    came: (events, head) =>
      change({
        answers: view.answers + 1,
        events: view.events + events,
        head: head ?? Math.max(view.head, view.seq),
      }),
    filesTake: (fileBytes) => {
      if (fileBytes !== view.fileBytes) change({ fileBytes });
    },
    held: (eventsHeld) => {
      if (eventsHeld !== view.eventsHeld) change({ eventsHeld });
    },
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
