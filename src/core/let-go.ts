/** Events whose content was let go because there was no room, or no disk, for all. */
export interface LetGoSpan {
  readonly events: number;
  /** ISO times of the first and the last of them, as they were recorded; absent where nobody wrote them down. */
  readonly firstAt?: string | undefined;
  readonly lastAt?: string | undefined;
}

/** What the ledger has let go so far. Of alarms that is nothing that somebody lacks. */
export interface LetGo {
  /** What everybody has who was to have it. */
  readonly sent?: LetGoSpan | undefined;
  /** What somebody lacks for good. */
  readonly unsent?: LetGoSpan | undefined;
}
