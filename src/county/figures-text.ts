import type { BoxFigures, CountyFigures, CountySum } from "../core/county.ts";

/** What needs a look, worst first; the rest only counts. */
const MOST_BOXES = 40;

/** A table by township, then the villages that need a look. */
export function figuresText({ at, total, townships, boxes, strangers }: CountyFigures): string {
  const head = ["township", "boxes", "there", "away", "never", "waiting", "missing", "broken", "alarms"];
  const rows = townships.map(({ id, ...sum }) => [id, ...cells(sum)]);
  const table = aligned([head, ...rows, ["county", ...cells(total)]]);
  const worth = boxes
    .map((box) => ({ box, faults: faultsOf(box) }))
    .filter(({ faults }) => faults.length > 0)
    .sort((a, b) => weight(b.box) - weight(a.box));
  const lines = worth.slice(0, MOST_BOXES).map(({ box, faults }) => `${box.box}: ${faults.join(", ")}`);
  const more = worth.length > MOST_BOXES ? [`and ${worth.length - MOST_BOXES} more`] : [];
  const unknown = strangers.map(
    ({ site, heardAt }) => `${site}: publishes, stands in no township, ${heardAt}`,
  );
  return `${[at, ...table, ...lines, ...more, ...unknown.slice(0, MOST_BOXES)].join("\n")}\n`;
}

function cells({
  boxes,
  there,
  away,
  never,
  waiting,
  missing,
  broken,
  clashes,
  odd,
  openAlarms,
}: CountySum): string[] {
  const alarms = Object.values(openAlarms).reduce((sum, count) => sum + count, 0);
  return [boxes, there, away, never, waiting, missing, broken + clashes + odd, alarms].map(String);
}

function weight({ openAlarms, broken, clashes, twins, away }: BoxFigures): number {
  return openAlarms.emergency * 1000 + openAlarms.danger * 100 + (broken + clashes + twins) * 10 + away;
}

function faultsOf(box: BoxFigures): string[] {
  const { state, since, openAlarms, oldestAlarmAt } = box;
  const alarms = Object.entries(openAlarms).filter(([, count]) => count > 0);
  const open = alarms.map(([severity, count]) => `${count} ${severity}`).join(" ");
  return [
    ...(state === "away" ? [`away since ${since ?? "?"}`] : []),
    ...(state === "never" ? ["never heard"] : []),
    ...(open === "" ? [] : [`alarms open: ${open}, since ${oldestAlarmAt ?? "?"}`]),
    ...(box.missing > 0 ? [`${box.missing} events MISSING`] : []),
    ...(box.broken > 0 ? [`chain BROKEN in ${box.broken} places`] : []),
    ...(box.clashes > 0 ? [`${box.clashes} events with the number of another one`] : []),
    ...(box.odd > 0 ? [`${box.odd} events that are none`] : []),
    ...(box.twins > 0 ? ["TWO BOXES with this id"] : []),
    ...(box.wrongClocks > 0 ? ["its clock is ahead"] : []),
  ];
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  "),
  );
}
