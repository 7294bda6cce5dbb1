import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { EvidenceStore } from "../core/stores.ts";
import { fileError } from "./database-errors.ts";
import { makeFolder, moveDurably, writeDurably } from "./durable-files.ts";
import type { Database } from "./sql.ts";

const SHA256 = /^[0-9a-f]{64}$/;

interface IndexRow {
  readonly mediaType: string;
  readonly sizeBytes: number;
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
}: {
  database: Database;
  folder: string;
}): Promise<EvidenceStore> {
  const drafts = join(folder, "drafts");
  let draftNumber = 0;
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
      await database.transaction(({ run }) =>
        run("INSERT OR IGNORE INTO evidence (sha256, media_type, size_bytes) VALUES (?, ?, ?)", [
          id,
          mediaType,
          sizeBytes,
        ]),
      );
    }
    return id;
  }

  return {
    async put(content, mediaType) {
      const id = createHash("sha256").update(content).digest("hex");
      const path = pathOf(id);
      if ((await sizeOf(path)) !== content.byteLength) {
        draftNumber += 1;
        await writeDurably(join(drafts, `${id}-${draftNumber}`), path, content).catch((error: unknown) => {
          throw fileError("evidence", error);
        });
      }
      return register(id, mediaType, content.byteLength);
    },
    async putFile(from, mediaType) {
      try {
        const hash = createHash("sha256");
        await pipeline(createReadStream(from), hash);
        const id = hash.digest("hex");
        const path = pathOf(id);
        const sizeBytes = (await stat(from)).size;
        draftNumber += 1;
        if ((await sizeOf(path)) === sizeBytes) await rm(from, { force: true });
        else await moveDurably(from, join(drafts, `${id}-${draftNumber}`), path);
        return await register(id, mediaType, sizeBytes);
      } catch (error) {
        throw fileError("evidence", error);
      }
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
