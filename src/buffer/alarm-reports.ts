import type { LedgerEvent } from "../core/event.ts";
import { type AlarmReport, MOST_REPORTS, type ReportFile, type ReportPlace } from "../core/report.ts";
import type { Transaction } from "./sql.ts";

/** JSON of the reports of an alarm, as they stand in its row of the book. */
interface ReportsRow {
  readonly id: string;
  readonly reports: string | null;
}

/** Writes a report, or a file that came for one, into the row of its alarm. What is not as it should be is no report. */
export async function applyReport(
  transaction: Transaction,
  alarm: string,
  event: LedgerEvent,
): Promise<void> {
  const [row] = await transaction.all<ReportsRow>("SELECT id, reports FROM alarms WHERE id = ?", [alarm]);
  if (!row) return;
  const before = reportsIn(row.reports);
  const after =
    event.type === "org.cunshao.alarm.reported" ? withReport(before, event) : withFile(before, event);
  if (after !== before) await write(transaction, alarm, after);
}

/** Forgets the files that are gone; that there were any is still told. */
export async function forgetReportFiles(transaction: Transaction, ids: readonly string[]): Promise<void> {
  const gone = new Set(ids);
  const rows = await transaction.all<ReportsRow>(
    `SELECT id, reports FROM alarms WHERE reports IS NOT NULL AND EXISTS (
       SELECT 1 FROM json_tree(alarms.reports) AS part
       WHERE part.key = 'sha256' AND part.atom IN (SELECT value FROM json_each(?)))`,
    [JSON.stringify(ids)],
  );
  for (const { id, reports } of rows) {
    const kept = reportsIn(reports).map((report) => ({
      ...report,
      files: report.files.map(({ sha256, ...file }) =>
        sha256 === undefined || gone.has(sha256) ? file : { ...file, sha256 },
      ),
    }));
    await write(transaction, id, kept);
  }
}

export function reportsIn(json: string | null): readonly AlarmReport[] {
  return json === null ? [] : (JSON.parse(json) as AlarmReport[]);
}

async function write({ run }: Transaction, alarm: string, reports: readonly AlarmReport[]): Promise<void> {
  await run("UPDATE alarms SET reports = ?2 WHERE id = ?1", [alarm, JSON.stringify(reports)]);
}

function withReport(reports: readonly AlarmReport[], { time, data }: LedgerEvent): readonly AlarmReport[] {
  const { report: id, by, text, place, photos, hasVoice } = data;
  if (typeof id !== "string" || reports.length >= MOST_REPORTS || reports.some((one) => one.id === id)) {
    return reports;
  }
  const report: AlarmReport = {
    id,
    at: time,
    by: nameOf(by),
    ...(typeof text === "string" && { text }),
    ...(isPlace(place) && { place }),
    photos: typeof photos === "number" ? photos : 0,
    hasVoice: hasVoice === true,
    files: [],
  };
  return [...reports, report];
}

function withFile(reports: readonly AlarmReport[], { data }: LedgerEvent): readonly AlarmReport[] {
  const { report: id, kind, number, sha256, sentSha256, durationMs } = data;
  if ((kind !== "photo" && kind !== "voice") || typeof number !== "number") return reports;
  if (typeof sha256 !== "string" || typeof sentSha256 !== "string") return reports;
  const file: ReportFile = {
    kind,
    number,
    sha256,
    sentSha256,
    ...(typeof durationMs === "number" && { durationMs }),
  };
  return reports.map((report) =>
    report.id === id && !report.files.some((one) => one.kind === kind && one.number === number)
      ? { ...report, files: [...report.files, file] }
      : report,
  );
}

function nameOf(by: unknown): string {
  return typeof by === "object" && by !== null && "name" in by && typeof by.name === "string" ? by.name : "";
}

function isPlace(value: unknown): value is ReportPlace {
  return (
    typeof value === "object" &&
    value !== null &&
    ["latitude", "longitude", "accuracyMeters"].every(
      (key) => typeof (value as Record<string, unknown>)[key] === "number",
    )
  );
}
