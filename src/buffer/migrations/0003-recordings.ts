import type { Migration } from "./migration.ts";

/** The index of recorded segments. */
export const recordings: Migration = { name: "recordings", statements: [] };
