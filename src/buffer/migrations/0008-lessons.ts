import type { Migration } from "./migration.ts";

/** Lessons that nothing ended yet, with each false alarm that taught them, and what each ignored on a day. */
export const lessons: Migration = {
  name: "lessons",
  statements: [
    `CREATE TABLE lessons (
      id TEXT PRIMARY KEY,
      seq INTEGER NOT NULL,
      data TEXT NOT NULL
    ) WITHOUT ROWID`,
    `CREATE TABLE lesson_teachings (
      seq INTEGER PRIMARY KEY,
      lesson TEXT NOT NULL,
      data TEXT NOT NULL
    )`,
    `CREATE TABLE lesson_counts (
      lesson TEXT NOT NULL,
      day TEXT NOT NULL,
      count INTEGER NOT NULL,
      told INTEGER NOT NULL DEFAULT 0,
      PRIMARY KEY (lesson, day)
    ) WITHOUT ROWID`,
  ],
};
