import type { BoxPhase, BoxView } from "../core/pull-view.ts";

const PHASES: Readonly<Record<BoxPhase, string>> = {
  waiting: "waits",
  events: "events",
  files: "files",
  listening: "listens",
  resting: "tries again",
  done: "done",
  failed: "FAILED",
};
/** What is looked at first. */
const ORDER: readonly BoxPhase[] = ["failed", "resting", "events", "files", "waiting", "listening", "done"];

/** How far all are, in one line. */
export function totalText(views: readonly BoxView[]): string {
  const count = (...phases: BoxPhase[]): number => views.filter(({ phase }) => phases.includes(phase)).length;
  const sum = (of: (view: BoxView) => number): number => views.reduce((total, view) => total + of(view), 0);
  const behind = sum(behindOf);
  return [
    `${count("done", "listening")} of ${views.length} boxes up to date`,
    `${sum(({ events }) => events)} events`,
    `${sum(({ files }) => files)} files (${size(sum(({ bytes }) => bytes))})`,
    ...(behind > 0 ? [`${behind} events to go`] : []),
    ...(count("failed", "resting") > 0 ? [`${count("failed", "resting")} not reached`] : []),
  ].join(", ");
}

/** One box, for a log. */
export function boxText(view: BoxView): string {
  const { box, phase, events, files, missing, broken, newLedgers, detail } = view;
  const parts = [
    PHASES[phase],
    `${events} events`,
    ...(files > 0 ? [`${files} files`] : []),
    ...(behindOf(view) > 0 ? [`${behindOf(view)} to go`] : []),
    ...newLedgers.map((ledger) => `NEW LEDGER ${ledger}`),
    ...(missing > 0 ? [`${missing} events MISSING`] : []),
    ...(broken > 0 ? [`chain BROKEN in ${broken} places`] : []),
    ...(view.filesChanged > 0 ? [`${view.filesChanged} files CHANGED`] : []),
    ...(view.filesMissing > 0 ? [`${view.filesMissing} files gone`] : []),
    ...(view.filesDenied > 0 ? [`${view.filesDenied} files not allowed for this token`] : []),
    ...(view.filesTooLarge > 0 ? [`${view.filesTooLarge} files TOO LARGE`] : []),
    ...(detail === undefined ? [] : [detail]),
    ...(view.filesDetail === undefined ? [] : [`its files do not come: ${view.filesDetail}`]),
  ];
  return `${box}: ${parts.join(", ")}`;
}

/** What needs a look first, at most so many lines, and the total. */
export function tableText(views: readonly BoxView[], lines: number, columns: number): string[] {
  const sorted = [...views].sort(
    (a, b) => ORDER.indexOf(a.phase) - ORDER.indexOf(b.phase) || behindOf(b) - behindOf(a),
  );
  const room = Math.max(1, lines - 2);
  const shown = sorted.slice(0, room).map((view) => boxText(view));
  const rest = sorted.length - shown.length;
  const more = rest > 0 ? [`… and ${rest} more`] : [];
  return [...shown, ...more, totalText(views)].map((text) => text.slice(0, Math.max(20, columns - 1)));
}

/** Whether a change of a box is worth a line. */
export function isTelling(before: BoxView | undefined, now: BoxView): boolean {
  return (
    (now.phase !== before?.phase &&
      (now.phase === "done" || now.phase === "failed" || now.phase === "resting")) ||
    now.missing !== (before?.missing ?? 0) ||
    now.broken !== (before?.broken ?? 0) ||
    now.newLedgers.length !== (before?.newLedgers.length ?? 0) ||
    now.filesReason !== before?.filesReason
  );
}

function behindOf({ head, seq }: BoxView): number {
  return Math.max(0, head - seq);
}

function size(bytes: number): string {
  if (bytes < 1e6) return `${Math.round(bytes / 1e3)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}
