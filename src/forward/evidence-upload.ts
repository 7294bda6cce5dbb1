import { createReadStream } from "node:fs";
import type { Clock } from "../core/time.ts";
import type { Answer, Failure } from "./answers.ts";
import { failure, failureOf, isFailure } from "./answers.ts";
import type { HttpClient } from "./http-client.ts";

// A piece may take as long as a link of 128 kbit/s needs for it.
const SLOWEST_BYTES_PER_MS = 16;
/** A piece should take about so long: events that come meanwhile wait no longer for the line. */
const PIECE_MS = 2000;
const PIECE_BYTES = { first: 262_144, least: 32_768, most: 4_194_304 };
/** So often may the two sides differ about where to go on. */
const MOST_TURNS_BACK = 3;

export interface EvidenceFile {
  readonly sha256: string;
  readonly path: string;
  readonly mediaType: string;
  readonly sizeBytes: number;
}

export interface EvidenceUploadConfig {
  readonly ledger: string;
  readonly timeoutMs: number;
  readonly retryAfterCapMs: number;
  /** On average; undefined leaves it to the line. */
  readonly bytesPerSecond?: number | undefined;
}

export interface UploadCourse {
  /** Asked after each piece. */
  mayGoOn(): boolean;
  /** Told how many bytes of the file the upstream has, whenever it says so. */
  onReached(offset: number): void;
}

/**
 * Brings one file to `<url>/evidence/<sha256>`. Small ones by PUT. Others in pieces as in
 * draft-ietf-httpbis-resumable-upload-10: HEAD tells how much is there (`Upload-Offset`), PATCH with
 * `application/partial-upload` goes on there, and `Upload-Complete: ?1` marks the last piece. Where that is not known (404,
 * 405, 415, 501) the file goes by PUT. Resolves with undefined once the upstream has it. Never rejects.
 */
export type EvidenceUpload = (
  file: EvidenceFile,
  course: UploadCourse,
  signal: AbortSignal,
) => Promise<Failure | "waiting" | undefined>;

export function createEvidenceUpload(
  { client, clock }: { readonly client: () => Promise<HttpClient>; readonly clock: Clock },
  { ledger, timeoutMs, retryAfterCapMs, bytesPerSecond }: EvidenceUploadConfig,
): EvidenceUpload {
  let pieceBytes = PIECE_BYTES.first;

  const judge = (answer: Answer): Failure | undefined =>
    failureOf(answer, clock.now().wallMs, retryAfterCapMs);
  const deadlineFor = (bytes: number): number => timeoutMs + Math.ceil(bytes / SLOWEST_BYTES_PER_MS);

  async function putWhole(file: EvidenceFile, signal: AbortSignal): Promise<Failure | undefined> {
    const answer = await (await client()).call(
      {
        method: "PUT",
        path: `evidence/${file.sha256}`,
        headers: {
          "content-type": file.mediaType,
          "content-length": String(file.sizeBytes),
          "cunshao-ledger": ledger,
        },
        body: createReadStream(file.path),
        deadlineMs: deadlineFor(file.sizeBytes),
      },
      signal,
    );
    return isFailure(answer) ? answer : judge(answer);
  }

  /** How much the upstream has; 0 where it knows nothing of the file or of pieces. */
  async function askOffset(file: EvidenceFile, signal: AbortSignal): Promise<Failure | number> {
    const answer = await (await client()).call(
      {
        method: "HEAD",
        path: `evidence/${file.sha256}`,
        headers: { "cunshao-ledger": ledger },
        deadlineMs: timeoutMs,
      },
      signal,
    );
    if (isFailure(answer)) return answer;
    if (isUnknown(answer)) return 0;
    return judge(answer) ?? answer.uploadOffset ?? 0;
  }

  async function sendPiece(
    file: EvidenceFile,
    offset: number,
    signal: AbortSignal,
  ): Promise<Failure | (Answer & { readonly end: number })> {
    const bytes = Math.min(pieceBytes, file.sizeBytes - offset);
    const startedMs = clock.now().monotonicMs;
    const answer = await (await client()).call(
      {
        method: "PATCH",
        path: `evidence/${file.sha256}`,
        headers: {
          "content-type": "application/partial-upload",
          "content-length": String(bytes),
          "upload-offset": String(offset),
          "upload-complete": offset + bytes === file.sizeBytes ? "?1" : "?0",
          "upload-length": String(file.sizeBytes),
          "cunshao-ledger": ledger,
        },
        body:
          bytes === 0
            ? Buffer.alloc(0)
            : createReadStream(file.path, { start: offset, end: offset + bytes - 1 }),
        deadlineMs: deadlineFor(bytes),
      },
      signal,
    );
    const tookMs = clock.now().monotonicMs - startedMs;
    // A piece that was cut off was too long for this line.
    const fitting = isFailure(answer) ? pieceBytes / 2 : (bytes * PIECE_MS) / Math.max(tookMs, 1);
    const grown = Math.min(fitting, pieceBytes * 2);
    pieceBytes = Math.round(Math.min(Math.max(grown, PIECE_BYTES.least), PIECE_BYTES.most));
    if (!isFailure(answer) && bytesPerSecond !== undefined) {
      const restMs = (bytes * 1000) / bytesPerSecond - tookMs;
      if (restMs > 0) await clock.sleep(restMs, signal).catch(() => undefined);
    }
    return isFailure(answer) ? answer : { ...answer, end: offset + bytes };
  }

  async function sendInPieces(
    file: EvidenceFile,
    { mayGoOn, onReached }: UploadCourse,
    signal: AbortSignal,
  ): Promise<Failure | "waiting" | undefined> {
    const known = await askOffset(file, signal);
    if (typeof known !== "number") return known;
    let offset = known;
    onReached(offset);
    for (let turnsBack = 0; turnsBack <= MOST_TURNS_BACK; ) {
      if (offset > file.sizeBytes) return failure("upstream.bad_answer");
      const answer = await sendPiece(file, offset, signal);
      if (isFailure(answer)) return answer;
      if (isUnknown(answer)) return putWhole(file, signal);
      const goOnAt = answer.uploadOffset;
      if (answer.status === 409 && goOnAt !== undefined) {
        turnsBack += 1;
        offset = goOnAt;
        continue;
      }
      const fault = judge(answer);
      if (fault) return fault;
      const end = goOnAt ?? answer.end;
      if (end === file.sizeBytes) return undefined;
      if (end <= offset) turnsBack += 1;
      offset = end;
      onReached(offset);
      if (!mayGoOn()) return "waiting";
    }
    return failure("upstream.no_progress");
  }

  return async (file, course, signal) =>
    file.sizeBytes <= PIECE_BYTES.first ? putWhole(file, signal) : sendInPieces(file, course, signal);
}

function isUnknown({ status }: Answer): boolean {
  return status === 404 || status === 405 || status === 415 || status === 501;
}
