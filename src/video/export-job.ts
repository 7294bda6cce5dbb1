import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import type { ExportedVideo, ExportOrder, Remuxer } from "../core/footage.ts";
import type { Logger } from "../core/log.ts";
import type { Segment } from "../core/recordings.ts";
import type { Site } from "../core/site.ts";
import type { Clock } from "../core/time.ts";
import { assemble } from "./clip-assembly.ts";
import { nothingRecorded, type Piece, readPieces } from "./clip-source.ts";
import type { ExportKey } from "./export-key.ts";
import { type ExportFacts, manifestOf, readmeOf } from "./export-manifest.ts";

export interface ExportJob {
  readonly folder: string;
  readonly order: ExportOrder;
  readonly cameraName: string;
  readonly segments: readonly Segment[];
  readonly audit: ExportFacts["audit"];
  readonly signal: AbortSignal;
  /** 0 to 1. */
  onProgress(done: number): void;
}

export interface ExportJobDependencies {
  readonly remuxer: Remuxer;
  readonly key: ExportKey;
  readonly site: Site;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A file of a finished export as the package needs it. */
export interface MadeFile {
  readonly name: string;
  readonly sizeBytes: number;
  readonly crc32: number;
}

export interface MadeExport {
  readonly videos: readonly ExportedVideo[];
  readonly files: readonly MadeFile[];
}

/**
 * Writes the videos of an export and their signed papers into its folder.
 * @throws GatewayError `recordings.none`, `clip.failed`, `evidence.full`, an AbortError, or a system error.
 */
export async function makeExport(dependencies: ExportJobDependencies, job: ExportJob): Promise<MadeExport> {
  const { remuxer, key, site, version, clock, log } = dependencies;
  const { folder, order, signal } = job;
  await mkdir(folder, { recursive: true });
  const videos: ExportedVideo[] = [];
  const files: MadeFile[] = [];
  let quality: "synced" | "unsynced" = "synced";

  async function* watched(): AsyncGenerator<Piece> {
    for await (const piece of readPieces(job.segments, order.fromMs, order.toMs, log)) {
      if (piece.clock === "unsynced") quality = "unsynced";
      job.onProgress(Math.min(1, (piece.toMs - order.fromMs) / (order.toMs - order.fromMs)));
      yield piece;
    }
  }
  for await (const run of runsOf(watched())) {
    const file = videos.length === 0 ? "video.mp4" : `video-${videos.length + 1}.mp4`;
    const path = join(folder, file);
    const title = `export ${order.camera}`;
    const spans = await assemble(run, { remuxer, title, path, indexFirst: false, signal });
    const { sha256, ...made } = await digest(path, signal);
    videos.push({
      file,
      sizeBytes: made.sizeBytes,
      sha256,
      spans: spans.map(({ fromMs, toMs }) => ({ fromMs: Math.round(fromMs), toMs: Math.round(toMs) })),
    });
    files.push({ name: file, ...made });
  }
  if (videos.length === 0) throw nothingRecorded(order.camera);

  const facts: ExportFacts = {
    site,
    cameraName: job.cameraName,
    order,
    videos,
    clock: quality,
    madeAtMs: clock.now().wallMs,
    version,
    audit: job.audit,
    certificateSha256: key.fingerprint,
  };
  const manifest = manifestOf(facts);
  const papers: readonly (readonly [name: string, content: Buffer])[] = [
    ["manifest.json", manifest],
    ["manifest.sig", key.sign(manifest)],
    ["certificate.pem", Buffer.from(key.certificatePem)],
    ["box.pub", Buffer.from(key.publicKeyPem)],
    ["README.txt", readmeOf(facts)],
  ];
  for (const [name, content] of papers) {
    await writeFile(join(folder, name), content);
    files.push({ name, sizeBytes: content.length, crc32: crc32(content) });
  }
  return { videos, files };
}

async function digest(path: string, signal: AbortSignal) {
  const hash = createHash("sha256");
  let crc = 0;
  let sizeBytes = 0;
  for await (const chunk of createReadStream(path, { signal })) {
    hash.update(chunk as Buffer);
    crc = crc32(chunk as Buffer, crc);
    sizeBytes += (chunk as Buffer).length;
  }
  return { sizeBytes, sha256: hash.digest("hex"), crc32: crc };
}

/** Parts pieces where the stream changed: one after the other, each to be read to its end before the next. */
async function* runsOf(source: AsyncGenerator<Piece>): AsyncGenerator<AsyncGenerator<Piece>> {
  let ahead: Piece | undefined;
  async function next(): Promise<Piece | undefined> {
    const result = await source.next();
    return result.done ? undefined : result.value;
  }
  async function* run(): AsyncGenerator<Piece> {
    let piece = ahead;
    ahead = undefined;
    while (piece) {
      yield piece;
      piece = await next();
      if (piece?.newInit) break;
    }
    ahead = piece;
  }
  try {
    ahead = await next();
    while (ahead) yield run();
  } finally {
    await source.return(undefined);
  }
}
