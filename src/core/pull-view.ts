import type { Signal } from "./signals.ts";

export type BoxPhase = "waiting" | "events" | "files" | "listening" | "resting" | "done" | "failed";

/**
 * `slowed`: there are more than a village writes; alarms come first, the rest at a pace. `alarmsOnly`: its share is all but full, and what
 * is left is for alarms. `full`: nothing more is taken.
 */
export type EventsHeld = "slowed" | "alarmsOnly" | "full";

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
  /** Pages of events that it answered in this run, empty ones too. */
  readonly answers: number;
  /** In this run. */
  readonly events: number;
  readonly files: number;
  readonly bytes: number;
  /** What all files of this box take here; 0 before the first was asked for. */
  readonly fileBytes: number;
  /** What all its events take here, as JSON; counted where that is bounded. */
  readonly eventBytes: number;
  /** Why it is not given all of its events now; they wait in the village. */
  readonly eventsHeld?: EventsHeld | undefined;
  /**
   * In all ledgers that were ever met: places of which nobody knows, events that are not as they were written, or came ahead with other
   * words than in their place.
   */
  readonly missing: number;
  readonly broken: number;
  /** Files that were gone, had another content, may not be had by this token, or were too large. */
  readonly filesMissing: number;
  readonly filesChanged: number;
  readonly filesDenied: number;
  readonly filesTooLarge: number;
  /** Files that went again so that newer ones had room. */
  readonly filesLetGo: number;
  /** Ledgers that began in this run where there was one before. */
  readonly newLedgers: readonly string[];
  /** Why it failed. */
  readonly reason?: string | undefined;
  readonly detail?: string | undefined;
  /** Why its files do not come, though its events do. */
  readonly filesReason?: string | undefined;
  readonly filesDetail?: string | undefined;
}

/** Many boxes, as they are pulled. */
export interface PullRun {
  /**
   * Pulls every box until each is had, was given up, or `signal` aborts. What goes wrong with one box stops no other.
   * @throws GatewayError `copy.*` where the copy cannot be written: then nothing can be pulled.
   */
  run(signal: AbortSignal): Promise<void>;
  /** The box can be reached again: it is not waited for any longer. */
  wake(box: string): void;
  /** How it stands with each box, in the order of the configuration. */
  views(): readonly BoxView[];
  /** The box whose view changed. */
  readonly changes: Signal<BoxView>;
}
