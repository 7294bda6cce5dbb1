import type { Migration } from "./migration.ts";

/** The index of recorded segments: rebuilt from the files where it is lost. */
export const recordings: Migration = {
  name: "recordings",
  statements: [
    // `path` is relative to the folder of recordings, which may be moved or mounted elsewhere. `recorded_ms` orders and
    // ages: it is `start_ms` by a right clock, otherwise as near to the truth as is known. An open row stands for a file
    // that grows; its end and size are in memory, and in the file, until it is closed.
    `CREATE TABLE segments (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      camera TEXT NOT NULL,
      start_ms INTEGER NOT NULL,
      end_ms INTEGER NOT NULL,
      recorded_ms INTEGER NOT NULL,
      clock TEXT NOT NULL,
      size_bytes INTEGER NOT NULL,
      path TEXT NOT NULL UNIQUE,
      media_type TEXT NOT NULL,
      is_open INTEGER NOT NULL,
      is_locked INTEGER NOT NULL
    )`,
    "CREATE INDEX segments_by_time ON segments (camera, start_ms)",
    "CREATE INDEX segments_removable ON segments (recorded_ms) WHERE is_open = 0 AND is_locked = 0",
    "CREATE INDEX segments_removable_of_camera ON segments (camera, recorded_ms) WHERE is_open = 0 AND is_locked = 0",
  ],
};
