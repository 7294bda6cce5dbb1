/** A long-lived piece of the gateway. Its constructor does nothing; `stop` may be called twice. */
export interface Part {
  readonly name: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Absent where a part cannot be unwell. */
  health?(): PartHealth;
}

/** What `/health` tells of one part. */
export interface PartHealth {
  readonly name: string;
  readonly status: "ok" | "degraded" | "starting";
  /** Stable code of the reason when not ok; the page has words for it. */
  readonly reason?: string;
  /** More about it in English, for a technician. */
  readonly detail?: string;
}
