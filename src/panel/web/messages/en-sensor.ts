import type { WordsOf } from "./words-of.ts";
import type * as zh from "./zh-sensor.ts";

/** Readings and inputs, as everybody sees them. */
export const sensor: WordsOf<typeof zh.sensor> = {
  region: "Water and readings",
  none: "No sensor yet",
  normal: "Normal",
  below: "Below the warning level of {above} {unit}",
  above: "Above the warning level of {above} {unit}",
  invalid: "Reading not credible",
  lost: "No reading",
  waiting: "No reading yet",
  at: "read at {time}",
  lastHours: "Last {count} h",
  range: "{low} to {high} {unit}",
  noHistory: "No history yet",
  trend: "{name}, last {count} h",
};

export const input: WordsOf<typeof zh.input> = {
  region: "Inputs",
  calm: "Normal",
  triggered: "Triggered",
  closed: "Closed",
  open: "Open",
  unknown: "No reading",
};
