import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, rename, rm, stat, truncate } from "node:fs/promises";
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
  /** So many files were being removed when the run before this one ended; they are forgotten now. */
  readonly removedBefore: number;
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
 * Keeps files under `<folder>/ab/abcd…`, named by their SHA-256, with an index in the database. What is removed goes through
 * `<folder>/leaving`, where its name stays until the index has forgotten it: a run that ends in between goes on there.
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
  const leaving = join(folder, "leaving");
  let draftNumber = 0;
  /** Contents that are being put: none of them may be removed between being found and being registered. */
  const inHand = new Map<string, number>();
  let removing: Promise<unknown> = Promise.resolve();
  try {
    // Only a crash leaves drafts behind, and nothing names them.
    await rm(drafts, { recursive: true, force: true });
    await makeFolder(drafts);
    await makeFolder(leaving);
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
        await empty(id);
        gone.push(id);
      } catch (error) {
        log.error({ sha256: id, code: errorCode(error) }, "a file of evidence stays");
      }
    }
    if (gone.length > 0) await forget(gone);
    return gone;
  }

  /** Files first: a full disk takes no transaction before there is room. */
  async function empty(id: string): Promise<void> {
    try {
      await rename(pathOf(id), join(leaving, id));
      await truncate(join(leaving, id));
    } catch (error) {
      if (errorCode(error) !== "ENOENT") throw error;
    }
  }

  async function forget(ids: readonly string[]): Promise<void> {
    await database.transaction((transaction) => forgetFiles(transaction, ids));
    for (const id of ids) await rm(join(leaving, id), { force: true });
  }

  /** @returns how many there were. */
  async function goOnRemoving(): Promise<number> {
    const left = (await readdir(leaving)).filter((name) => SHA256.test(name));
    const isBack = await Promise.all(left.map(async (id) => (await sizeOf(pathOf(id))) !== undefined));
    const gone = left.filter((_, index) => !isBack[index]);
    if (gone.length > 0) await forget(gone);
    for (const id of left) await rm(join(leaving, id), { force: true });
    return gone.length;
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

  const removedBefore = await goOnRemoving().catch((error: unknown) => {
    log.warn({ code: errorCode(error) }, "files of evidence that were being removed are still known");
    return 0;
  });

  return {
    removedBefore,
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
