import type { ClipResult, EvaluationResult } from "./evaluate.ts";
import type { Score } from "./score.ts";

/** The result of an evaluation for people to read: a headline, a line a clip, the totals. */
export const HEADLINE = row("clip", ["recall", "false", "false/h", "p50 s", "p95 s", "seconds"]);

export function clipLine(clip: ClipResult): string {
  return row(clip.hard ? `${clip.file} (hard)` : clip.file, figures(clip));
}

export function totalLines(result: EvaluationResult): string[] {
  return [
    row("all", figures(result)),
    ...(result.hard ? [row("all (hard)", figures(result.hard))] : []),
    `detector: ${result.detector}`,
  ];
}

function figures({ recall, falseAlarms, falseAlarmsPerHour, latencySeconds, secondsOfFootage }: Score) {
  const { p50, p95 } = latencySeconds;
  return [
    number(recall, 2),
    String(falseAlarms),
    number(falseAlarmsPerHour, 1),
    number(p50, 2),
    number(p95, 2),
    number(secondsOfFootage, 1),
  ];
}

function number(value: number | null, digits: number): string {
  return value === null ? "-" : value.toFixed(digits);
}

function row(name: string, cells: readonly string[]): string {
  return name.padEnd(36) + cells.map((cell) => cell.padStart(9)).join("");
}
