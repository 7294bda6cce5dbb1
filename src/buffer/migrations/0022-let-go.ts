import { EVICTED } from "../evictions.ts";
import type { Migration } from "./migration.ts";

/** A query that says exactly this may be answered from the index. */
export const IS_EVICTION = `type = '${EVICTED}'`;

/** What was let go to make room is summed up at each start; there are few of them among a million events. */
export const letGo: Migration = {
  name: "let-go",
  statements: [`CREATE INDEX events_of_evictions ON events (seq) WHERE ${IS_EVICTION}`],
};
