import type { LookFigures } from "../../core/analysis.ts";

/** Unused time is saved up to this much, for somebody who comes after a quiet while. */
const SAVED_MS = 1000;
/** Waiting longer than this means that the budget is short: the next picture is here by then. */
const PATIENT_MS = 250;

/** Who has not asked for so long was quiet. */
const QUIET_MS = 1000;

interface Waiting {
  readonly sinceMs: number;
}

interface Account {
  looks: number;
  waitedMs: number;
  leftOut: number;
  shortMs: number;
  /** Time spent on its looks, and what it would have been had it always asked: whoever has least is next. */
  spentMs: number;
  askedMs: number;
  waiting: Waiting | undefined;
}

/**
 * Who may look when: looks together take at most a share of one core, and each camera that asks gets as much time as the
 * others. Pure: it is told the time, in monotonic milliseconds.
 */
export class LookBudget {
  readonly #share: number;
  readonly #accounts = new Map<string, Account>();
  #savedMs = SAVED_MS;
  #nowMs: number;
  readonly #sinceMs: number;
  #shortMs = 0;

  /** @param share of one core, above 0. */
  constructor(share: number, cameras: readonly string[], nowMs: number) {
    this.#share = share;
    this.#nowMs = nowMs;
    this.#sinceMs = nowMs;
    for (const camera of cameras) {
      this.#accounts.set(camera, {
        looks: 0,
        waitedMs: 0,
        leftOut: 0,
        shortMs: 0,
        spentMs: 0,
        askedMs: Number.NEGATIVE_INFINITY,
        waiting: undefined,
      });
    }
  }

  /** The camera has a picture that is worth a look; one that waited before is left out for it. */
  ask(camera: string, nowMs: number): void {
    this.#goOn(nowMs);
    const account = this.#accountOf(camera);
    if (account.waiting) {
      account.askedMs = nowMs;
      account.leftOut++;
      return;
    }
    // Who did not ask has saved nothing up.
    if (nowMs - account.askedMs > QUIET_MS) {
      const busy = [...this.#accounts.values()].filter(({ askedMs }) => nowMs - askedMs <= QUIET_MS);
      const least = Math.min(...busy.map(({ spentMs }) => spentMs));
      if (Number.isFinite(least)) account.spentMs = Math.max(account.spentMs, least);
    }
    account.askedMs = nowMs;
    account.waiting = { sinceMs: nowMs };
  }

  /** The camera's picture is no longer to be had. */
  withdraw(camera: string, nowMs: number): void {
    this.#goOn(nowMs);
    this.#accountOf(camera).waiting = undefined;
  }

  /** Whose turn it is now; undefined when nobody asks, or the time is used up. */
  next(nowMs: number): string | undefined {
    this.#goOn(nowMs);
    if (this.#savedMs <= 0) return undefined;
    const [first] = this.#waiting().sort(
      ([, a], [, b]) => a.spentMs - b.spentMs || (a.waiting?.sinceMs ?? 0) - (b.waiting?.sinceMs ?? 0),
    );
    if (!first) return undefined;
    const [camera, account] = first;
    const waitedMs = nowMs - (account.waiting?.sinceMs ?? nowMs);
    account.waitedMs += waitedMs;
    account.shortMs += Math.max(0, waitedMs - PATIENT_MS);
    account.waiting = undefined;
    return camera;
  }

  /** What a turn has cost. @param looks that were taken in it. */
  spend(camera: string, looks: number, tookMs: number, nowMs: number): void {
    this.#goOn(nowMs);
    const account = this.#accountOf(camera);
    account.looks += looks;
    account.spentMs += tookMs;
    this.#savedMs -= tookMs;
  }

  /** How long until there is time again; 0 when there is. */
  waitMs(nowMs: number): number {
    this.#goOn(nowMs);
    return this.#savedMs > 0 ? 0 : Math.ceil((1 - this.#savedMs) / this.#share);
  }

  figures(camera: string): LookFigures {
    const { looks, waitedMs, leftOut, shortMs } = this.#accountOf(camera);
    return { looks, waitedMs, leftOut, shortMs };
  }

  /** For how long some camera has waited for longer than until its next picture, and of how long altogether. */
  shortage(nowMs: number): { readonly shortMs: number; readonly ofMs: number } {
    this.#goOn(nowMs);
    return { shortMs: this.#shortMs, ofMs: nowMs - this.#sinceMs };
  }

  #goOn(nowMs: number): void {
    const fromMs = this.#nowMs;
    this.#nowMs = Math.max(fromMs, nowMs);
    this.#savedMs = Math.min(SAVED_MS, this.#savedMs + (this.#nowMs - fromMs) * this.#share);
    const oldestMs = Math.min(...this.#waiting().map(([, { waiting }]) => waiting?.sinceMs ?? 0));
    if (!Number.isFinite(oldestMs)) return;
    this.#shortMs += Math.max(0, this.#nowMs - Math.max(fromMs, oldestMs + PATIENT_MS));
  }

  #waiting(): [string, Account][] {
    return [...this.#accounts].filter(([, { waiting }]) => waiting !== undefined);
  }

  #accountOf(camera: string): Account {
    const account = this.#accounts.get(camera);
    if (!account) throw new RangeError(`no camera ${camera} asks for looks`);
    return account;
  }
}
