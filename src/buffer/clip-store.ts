import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clip, ClipStore } from "../core/clip-shelf.ts";
import { errorCode } from "../core/errors.ts";
import type { LedgerEvent } from "../core/event.ts";
import { fileError } from "./database-errors.ts";
import { moveDurably } from "./durable-files.ts";
import type { Projection } from "./ledger.ts";
import { isSource } from "./source-data.ts";
import type { Database, Transaction } from "./sql.ts";
import { createUploadDrafts } from "./upload-drafts.ts";

const AREA = "clips";

interface ClipRow {
  readonly id: string;
  readonly time: string;
  readonly data: string;
  readonly name: string;
  readonly replaces: string | null;
  readonly removed: string | null;
}

async function applyEvent(
  { run }: Transaction,
  { type, subject, seq, time, data }: LedgerEvent,
): Promise<void> {
  if (subject === undefined) return;
  if (type === "org.cunshao.clip.added") {
    await run("INSERT OR IGNORE INTO clips (id, seq, time, data, name) VALUES (?, ?, ?, ?, ?)", [
      subject,
      seq,
      time,
      JSON.stringify(data),
      String(data["name"]),
    ]);
  } else if (type === "org.cunshao.clip.renamed") {
    await run("UPDATE clips SET name = ? WHERE id = ?", [String(data["name"]), subject]);
  } else if (type === "org.cunshao.clip.assigned") {
    const words = data["replaces"];
    await run("UPDATE clips SET replaces = ? WHERE id = ?", [
      typeof words === "string" ? words : null,
      subject,
    ]);
  } else if (type === "org.cunshao.clip.removed") {
    await run("UPDATE clips SET removed = ? WHERE id = ?", [time, subject]);
  } else if (type === "org.cunshao.clip.restored") {
    await run("UPDATE clips SET removed = NULL WHERE id = ?", [subject]);
  } else if (type === "org.cunshao.clip.discarded") {
    await run("DELETE FROM clips WHERE id = ?", [subject]);
  }
}

/** Keeps recordings for the horns in `folder`, each a file named by its content; the ledger keeps the index by `projection`. */
export function createClipStore(
  database: Database,
  folder: string,
): { readonly store: ClipStore; readonly projection: Projection } {
  const pathOf = (sha256: string): string => join(folder, `${sha256}.wav`);
  const drafts = createUploadDrafts(folder, AREA);

  return {
    projection: {
      concerns: ({ type }) => type.startsWith("org.cunshao.clip."),

      async apply(transaction, events) {
        for (const event of events) await applyEvent(transaction, event);
      },
    },
    store: {
      async all() {
        const rows = await database.all<ClipRow>(
          "SELECT id, time, data, name, replaces, removed FROM clips ORDER BY seq",
        );
        return rows.flatMap(toClip);
      },
      receive: (id, content, maxBytes) => drafts.receive(`${id}.upload`, content, maxBytes),
      draft: (id) => drafts.draft(`${id}.made`),
      async measure({ path }) {
        const hash = createHash("sha256");
        for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
        return { sha256: hash.digest("hex"), sizeBytes: (await stat(path)).size };
      },
      async keep({ path }, sha256) {
        try {
          await moveDurably(path, `${path}.move`, pathOf(sha256));
        } catch (error) {
          throw fileError(AREA, error);
        }
      },
      pathOf,
      discard: (sha256) => rm(pathOf(sha256), { force: true }),
      async keepOnly(contents) {
        const kept = new Set(contents.map((sha256) => `${sha256}.wav`));
        try {
          for (const name of await readdir(folder)) {
            if (!kept.has(name)) await rm(join(folder, name), { force: true });
          }
        } catch (error) {
          if (errorCode(error) !== "ENOENT") throw fileError(AREA, error);
        }
      },
      freeBytes: drafts.freeBytes,
    },
  };
}

/** A row that is not what it should be is not on the shelf. */
function toClip({ id, time, data, name, replaces, removed }: ClipRow): Clip[] {
  const { sha256, durationMs, sizeBytes, by } = JSON.parse(data) as Record<string, unknown>;
  if (typeof sha256 !== "string" || !/^[0-9a-f]{64}$/.test(sha256) || !isSource(by)) return [];
  return [
    {
      id,
      name,
      sha256,
      durationMs: Number(durationMs),
      sizeBytes: Number(sizeBytes),
      addedMs: Date.parse(time),
      addedBy: { kind: by.kind, name: by.name },
      ...(replaces !== null && { replaces }),
      ...(removed !== null && { removedMs: Date.parse(removed) }),
    },
  ];
}
