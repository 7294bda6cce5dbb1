import type { Migration } from "./migration.ts";

/** What is kept as evidence: spans of a camera's time, each as it was asked for. `segments.is_locked` follows from them. */
export const lockedSpans: Migration = {
  name: "locked-spans",
  statements: [
    `CREATE TABLE locked_spans (
      camera TEXT NOT NULL,
      from_ms INTEGER NOT NULL,
      to_ms INTEGER NOT NULL
    )`,
    "CREATE INDEX locked_spans_of_camera ON locked_spans (camera, from_ms)",
    `INSERT INTO locked_spans (camera, from_ms, to_ms)
     SELECT camera, start_ms, max(end_ms, start_ms + 1) FROM segments WHERE is_locked = 1`,
  ],
};
