import type { Migration } from "./migration.ts";

const named = (types: readonly string[]): readonly string[] => types.map((type) => `org.cunshao.${type}`);

/** What tells that something is out, and that it is there again. */
export const OUTAGE_TYPES = named([
  "camera.fault.raised",
  "camera.fault.cleared",
  "sensor.changed",
  "speaker.silent.raised",
  "speaker.silent.cleared",
  "board.supply",
  "upstream.lost",
  "upstream.found",
  "gateway.started",
  "gateway.stopping",
]);

const OTHER_TYPES = named([
  "alarm.raised",
  "alarm.escalated",
  "alarm.acknowledged",
  "alarm.cleared",
  "alarm.false",
  "alarm.false_withdrawn",
  "alarm.reported",
  "broadcast.finished",
  "pause.started",
  "pause.ended",
  "ledger.started_anew",
]);

/** What a monthly sheet is counted from; a query that says exactly this may be answered from the index. */
export const IS_OF_SHEET = `type IN (${[...OUTAGE_TYPES, ...OTHER_TYPES].map((type) => `'${type}'`).join(", ")})`;

/** A month has a million events, and a sheet needs some thousands of them. */
export const monthlySheet: Migration = {
  name: "monthly-sheet",
  statements: [`CREATE INDEX events_of_sheet ON events (seq) WHERE ${IS_OF_SHEET}`],
};
