import type { WordsOf } from "./words-of.ts";
import type * as zh from "./zh-curve.ts";

/** What a sensor measured, drawn and told. */
export const curve: WordsOf<typeof zh.curve> = {
  open: "Show curve",
  openOf: "Show curve: {name}",
  title: "{name}: curve",
  when: "How long",
  spans: { day: "24 hours", week: "7 days", season: "Flood season" },
  none: "No readings in that time.",
  highest: "Highest",
  lowest: "Lowest",
  value: "{value} {unit}",
  above: "alarm above {value}",
  gaps: "Without readings",
  gap: "{from} to {to}",
  kinds: {
    lost: "the sensor did not answer",
    invalid: "readings not credible",
    silent: "not read (power cut, restart, or not there yet)",
  },
  more: "{count} more before that",
  again: "Ask again",
  againOf: "Ask again: {name}",
  failed: "Cannot load the curve: {reason}",
};
