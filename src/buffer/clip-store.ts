import type { Clip, ClipStore } from "../core/clip-shelf.ts";
import type { LedgerEvent } from "../core/event.ts";
import { createContentFiles } from "./content-files.ts";
import type { Projection } from "./ledger.ts";
import { isSource } from "./source-data.ts";
import type { Database, Transaction } from "./sql.ts";

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
  const files = createContentFiles(folder, "clips", "wav");

  return {
    projection: {
      concerns: ({ type }) => type.startsWith("org.cunshao.clip."),

      async apply(transaction, events) {
        for (const event of events) await applyEvent(transaction, event);
      },
    },
    store: {
      ...files,
      async all() {
        const rows = await database.all<ClipRow>(
          "SELECT id, time, data, name, replaces, removed FROM clips ORDER BY seq",
        );
        return rows.flatMap(toClip);
      },
      receive: (id, content, maxBytes) => files.receive(`${id}.upload`, content, maxBytes),
      draft: (id) => files.draft(`${id}.made`),
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
