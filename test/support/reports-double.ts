import { mkdtempSync } from "node:fs";
import { copyFile, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createReportDesk } from "../../src/act/report-desk.ts";
import { createUploadDrafts } from "../../src/buffer/upload-drafts.ts";
import { GatewayError } from "../../src/core/errors.ts";
import type { Ledger, LedgerEvent } from "../../src/core/event.ts";
import type { AlarmReport, ReportFile, ReportMaker } from "../../src/core/report.ts";
import type { EvidenceStore } from "../../src/core/stores.ts";
import type { Clock } from "../../src/core/time.ts";
import type { VillageDouble } from "./village-double.ts";

/** Takes everything for a picture or a second of voice but what begins with `bad`. */
export const simpleReportMaker: ReportMaker = {
  async photo(source, target) {
    await refuseBad(source, "report.not_photo");
    await copyFile(source, target);
  },
  async voice(source, target) {
    await refuseBad(source, "report.not_voice");
    await copyFile(source, target);
    return { durationMs: 1000 };
  },
};

async function refuseBad(source: string, code: string): Promise<void> {
  const bytes = await readFile(source);
  if (bytes.toString("latin1", 0, 3) === "bad") throw new GatewayError("Bad", { code, kind: "permanent" });
}

/** The real desk on files of its own; what it tells the ledger shows on the alarms of the village double. */
export function createReportsDouble({
  clock,
  ledger,
  village,
  evidence,
  maker,
}: {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly village: VillageDouble;
  readonly evidence: EvidenceStore;
  readonly maker: ReportMaker;
}) {
  let count = 0;
  const folder = mkdtempSync(join(tmpdir(), "cunshao-reports-"));
  ledger.onAppend((event) => show(village, event));
  return createReportDesk(
    {
      ledger,
      evidence,
      maker,
      clock,
      alarms: { get: async (id) => village.state().alarms.find((one) => one.id === id) },
      drafts: createUploadDrafts(folder, "report"),
      newId: () => `upload-${++count}`,
    },
    { keepFreeBytes: 0 },
  );
}

function show(village: VillageDouble, { type, subject, time, data }: LedgerEvent): void {
  const change = (work: (reports: readonly AlarmReport[]) => readonly AlarmReport[]): void =>
    village.update({
      alarms: village
        .state()
        .alarms.map((one) => (one.id === subject ? { ...one, reports: work(one.reports ?? []) } : one)),
    });
  if (type === "org.cunshao.alarm.reported") {
    const { report, by, ...words } = data as unknown as AlarmReport & {
      readonly report: string;
      readonly by: { readonly name: string };
    };
    change((reports) => [
      ...reports,
      { ...words, id: report, at: time, by: by.name, files: [] } as AlarmReport,
    ]);
  }
  if (type === "org.cunshao.evidence.added" && data["report"] !== undefined) {
    const file = data as unknown as ReportFile;
    change((reports) =>
      reports.map((one) => (one.id === data["report"] ? { ...one, files: [...one.files, file] } : one)),
    );
  }
}
