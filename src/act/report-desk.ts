import type { Alarm, AlarmBook } from "../core/alarm.ts";
import type { BroadcastSource } from "../core/broadcast.ts";
import { GatewayError } from "../core/errors.ts";
import type { Ledger } from "../core/event.ts";
import {
  type AlarmReport,
  LARGEST_REPORT_FILE_BYTES,
  MOST_REPORTS,
  MOST_REPORTS_A_DAY,
  type ReportDesk,
  type ReportFile,
  type ReportMaker,
  type ReportWords,
} from "../core/report.ts";
import type { EvidenceStore } from "../core/stores.ts";
import type { Clock } from "../core/time.ts";
import { createTurns } from "../core/turns.ts";
import type { Draft, ReceivedDraft, UploadDrafts } from "../core/upload-drafts.ts";

const DAY_MS = 86_400_000;
/** Files that come in at a time; the box makes one anew after the other. */
const MOST_UPLOADS = 4;

export interface ReportDeskDependencies {
  readonly ledger: Pick<Ledger, "append">;
  readonly alarms: Pick<AlarmBook, "get">;
  readonly evidence: Pick<EvidenceStore, "putFile">;
  readonly drafts: UploadDrafts;
  readonly maker: ReportMaker;
  readonly clock: Clock;
  readonly newId: () => string;
}

export interface ReportDeskConfig {
  /** Kept free on the disk for the ledger. */
  readonly keepFreeBytes: number;
}

type FileName = Pick<ReportFile, "kind" | "number">;

/**
 * Takes what people tell of an alarm from the spot. Words are an event by themselves and come first: they get through a line, and onto a
 * disk, that takes no picture any more.
 */
export function createReportDesk(
  { ledger, alarms, evidence, drafts, maker, clock, newId }: ReportDeskDependencies,
  { keepFreeBytes }: ReportDeskConfig,
): ReportDesk {
  /** When each person reported within the last day, by the monotonic clock. */
  const told = new Map<string, readonly number[]>();
  let uploads = 0;
  /** The same report sent twice at once is told once. */
  const telling = createTurns(1);
  const making = createTurns(1);

  async function find(id: string): Promise<Alarm> {
    const alarm = await alarms.get(id);
    if (alarm) return alarm;
    throw refusal("alarm.unknown", `there is no alarm ${id}`);
  }

  async function tell(id: string, words: ReportWords, by: BroadcastSource): Promise<AlarmReport> {
    const { reports = [] } = await find(id);
    const known = reports.find((one) => one.id === words.id);
    if (known) {
      if (known.by === by.name && isSame(known, words)) return known;
      throw refusal("report.id_reused", "this id stands for another report");
    }
    if (reports.length >= MOST_REPORTS) {
      throw refusal("report.too_many", `alarm ${id} has ${MOST_REPORTS} reports already`);
    }
    const nowMs = clock.now().monotonicMs;
    const today = (told.get(by.name) ?? []).filter((ms) => nowMs - ms < DAY_MS);
    if (today.length >= MOST_REPORTS_A_DAY) {
      throw refusal("report.too_many_today", `more than ${MOST_REPORTS_A_DAY} reports in a day`);
    }
    const { id: report, text, place, photos, hasVoice } = words;
    const { time } = await ledger.append({
      type: "org.cunshao.alarm.reported",
      class: "alarm",
      subject: id,
      data: { report, by, ...(text !== undefined && { text }), ...(place && { place }), photos, hasVoice },
    });
    told.set(by.name, [...today, nowMs]);
    return { ...words, at: time, by: by.name, files: [] };
  }

  /** @returns the file where it has come already. */
  async function expect(
    alarm: string,
    id: string,
    { kind, number }: FileName,
    by: BroadcastSource,
  ): Promise<ReportFile | undefined> {
    const { reports = [] } = await find(alarm);
    const report = reports.find((one) => one.id === id && one.by === by.name);
    if (!report) throw refusal("report.unknown", "you have made no such report");
    const isAnnounced = kind === "photo" ? number < report.photos : report.hasVoice;
    if (!isAnnounced) throw refusal("report.not_announced", `the report has no ${kind} ${number}`);
    return report.files.find((one) => one.kind === kind && one.number === number);
  }

  async function demandSpace(): Promise<void> {
    // What came in and what is made of it.
    if ((await drafts.freeBytes()) - 2 * LARGEST_REPORT_FILE_BYTES >= keepFreeBytes) return;
    throw new GatewayError("the disk has no room left", { code: "report.full", kind: "transient" });
  }

  async function keep(
    alarm: string,
    report: string,
    file: FileName,
    upload: ReceivedDraft,
    made: Draft,
    by: BroadcastSource,
  ): Promise<ReportFile> {
    const known = await expect(alarm, report, file, by);
    if (known?.sentSha256 === upload.sha256) return known;
    if (known) throw refusal("report.id_reused", "another file has come in this place");
    const isVoice = file.kind === "voice";
    const more = isVoice ? await maker.voice(upload.path, made.path) : {};
    if (!isVoice) await maker.photo(upload.path, made.path);
    const sizeBytes = await made.sizeBytes();
    const mediaType = isVoice ? "audio/mp4" : "image/jpeg";
    const sha256 = await evidence.putFile(made.path, mediaType);
    const kept: ReportFile = { ...file, sha256, sentSha256: upload.sha256, ...more };
    await ledger.append({
      type: "org.cunshao.evidence.added",
      class: "alarm",
      subject: alarm,
      data: { report, by, mediaType, sizeBytes, ...kept },
    });
    return kept;
  }

  return {
    tell: (alarm, words, by) => telling.take(() => tell(alarm, words, by)),
    async attach(alarm, report, file, content, by) {
      await expect(alarm, report, file, by);
      if (uploads >= MOST_UPLOADS) {
        throw new GatewayError("other reports are coming in", { code: "report.busy", kind: "transient" });
      }
      uploads++;
      try {
        await demandSpace();
        const id = newId();
        const upload = await drafts.receive(`${id}.upload`, content, LARGEST_REPORT_FILE_BYTES);
        const made = drafts.draft(`${id}.made`);
        try {
          return await making.take(() => keep(alarm, report, file, upload, made, by));
        } finally {
          await Promise.all([upload.remove(), made.remove()]);
        }
      } finally {
        uploads--;
      }
    },
  };
}

function isSame(known: ReportWords, words: ReportWords): boolean {
  const told = ({ text = "", place, photos, hasVoice }: ReportWords): string =>
    JSON.stringify([
      text,
      place && [place.latitude, place.longitude, place.accuracyMeters],
      photos,
      hasVoice,
    ]);
  return told(known) === told(words);
}

function refusal(code: string, message: string): GatewayError {
  return new GatewayError(message, { code, kind: "permanent" });
}
