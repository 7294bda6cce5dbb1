import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { errorCode } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { EvidenceStore } from "../core/stores.ts";
import type { Clock } from "../core/time.ts";
import { fileError } from "./database-errors.ts";
import { makeFolder, moveDurably, writeDurably } from "./durable-files.ts";
import { forgetFiles } from "./evidence-rows.ts";
import type { ClockQuality } from "./ledger.ts";
import type { Database } from "./sql.ts";

const SHA256 = /^[0-9a-f]{64}$/;

interface IndexRow {
  readonly mediaType: string;
  readonly sizeBytes: number;
}

export interface StoredEvidence extends EvidenceStore {
  /**
   * Removes files and forgets them where they are shown. What is being put just now, or cannot be removed, stays.
   * @returns the ids of those that are gone. Rejects with a `ledger.*` code; then the files are gone, not found any more and
   *   may be removed again.
   */
  remove(ids: readonly string[]): Promise<string[]>;
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch {
    return undefined;
  }
}

/**
 * Keeps files under `<folder>/ab/abcd…`, named by their SHA-256, with an index in the database.
 * `put` rejects with `evidence.full`, `evidence.unwritable` (transient) or a `ledger.*` code of the index.
 */
export async function openEvidence({
  database,
  folder,
  clock,
  clockQuality,
  log,
}: {
  database: Database;
  folder: string;
  clock: Clock;
  clockQuality: () => ClockQuality;
  log: Logger;
}): Promise<StoredEvidence> {
  const drafts = join(folder, "drafts");
  let draftNumber = 0;
  /** Contents that are being put: none of them may be removed between being found and being registered. */
  const inHand = new Map<string, number>();
  let removing: Promise<unknown> = Promise.resolve();
  try {
    // Only a crash leaves drafts behind, and nothing names them.
    await rm(drafts, { recursive: true, force: true });
    await makeFolder(drafts);
  } catch (error) {
    throw fileError("evidence", error);
  }

  const pathOf = (id: string): string => join(folder, id.slice(0, 2), id);

  async function indexed(id: string): Promise<IndexRow | undefined> {
    const [row] = await database.all<IndexRow>(
      "SELECT media_type AS mediaType, size_bytes AS sizeBytes FROM evidence WHERE sha256 = ?",
      [id],
    );
    return row;
  }

  async function register(id: string, mediaType: string, sizeBytes: number): Promise<string> {
    if ((await indexed(id)) === undefined) {
      // While the time is not known it has no age: housekeeping gives it one later.
      const sinceMs = clockQuality() === "synced" ? clock.now().wallMs : null;
      await database.transaction(({ run }) =>
        run("INSERT OR IGNORE INTO evidence (sha256, media_type, size_bytes, since_ms) VALUES (?, ?, ?, ?)", [
          id,
          mediaType,
          sizeBytes,
          sinceMs,
        ]),
      );
    }
    return id;
  }

  async function holding<T>(id: string, work: () => Promise<T>): Promise<T> {
    inHand.set(id, (inHand.get(id) ?? 0) + 1);
    try {
      await removing;
      return await work();
    } finally {
      const others = (inHand.get(id) ?? 1) - 1;
      if (others > 0) inHand.set(id, others);
      else inHand.delete(id);
    }
  }

  async function removeFiles(ids: readonly string[]): Promise<string[]> {
    const gone: string[] = [];
    for (const id of ids) {
      try {
        // Files first: a full disk takes no transaction before there is room.
        await rm(pathOf(id), { force: true });
        gone.push(id);
      } catch (error) {
        log.error({ sha256: id, code: errorCode(error) }, "a file of evidence stays");
      }
    }
    if (gone.length > 0) await database.transaction((transaction) => forgetFiles(transaction, gone));
    return gone;
  }

  async function putContent(id: string, content: Uint8Array, mediaType: string): Promise<string> {
    const path = pathOf(id);
    if ((await sizeOf(path)) !== content.byteLength) {
      draftNumber += 1;
      await writeDurably(join(drafts, `${id}-${draftNumber}`), path, content).catch((error: unknown) => {
        throw fileError("evidence", error);
      });
    }
    return register(id, mediaType, content.byteLength);
  }

  async function moveFile(id: string, from: string, mediaType: string): Promise<string> {
    const path = pathOf(id);
    const sizeBytes = (await stat(from)).size;
    draftNumber += 1;
    if ((await sizeOf(path)) === sizeBytes) await rm(from, { force: true });
    else await moveDurably(from, join(drafts, `${id}-${draftNumber}`), path);
    return register(id, mediaType, sizeBytes);
  }

  return {
    async put(content, mediaType) {
      const id = createHash("sha256").update(content).digest("hex");
      return holding(id, () => putContent(id, content, mediaType));
    },
    async putFile(from, mediaType) {
      try {
        const hash = createHash("sha256");
        await pipeline(createReadStream(from), hash);
        const id = hash.digest("hex");
        return await holding(id, () => moveFile(id, from, mediaType));
      } catch (error) {
        throw fileError("evidence", error);
      }
    },
    remove(ids) {
      // In turn; what is put meanwhile waits.
      const removed = removing.then(() => removeFiles(ids.filter((id) => !inHand.has(id))));
      removing = removed.catch(() => undefined);
      return removed;
    },
    async find(id) {
      if (!SHA256.test(id)) return undefined;
      const path = pathOf(id);
      const [row, sizeBytes] = await Promise.all([indexed(id), sizeOf(path)]);
      if (row === undefined || sizeBytes !== row.sizeBytes) return undefined;
      return { path, mediaType: row.mediaType, sizeBytes };
    },
  };
}
