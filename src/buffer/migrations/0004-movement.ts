import type { Migration } from "./migration.ts";

/** The timeline of movement. */
export const movement: Migration = { name: "movement", statements: [] };
