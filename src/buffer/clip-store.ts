import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, readdir, rm, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { BroadcastSource } from "../core/broadcast.ts";
import { SOURCE_KINDS } from "../core/broadcast.ts";
import type { Clip, ClipStore, Draft } from "../core/clip-shelf.ts";
import { errorCode, GatewayError } from "../core/errors.ts";
import type { LedgerEvent } from "../core/event.ts";
import { fileError } from "./database-errors.ts";
import { makeFolder, moveDurably } from "./durable-files.ts";
import type { Projection } from "./ledger.ts";
import type { Database, Transaction } from "./sql.ts";

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
  const draftAt = (name: string): Draft => {
    const path = join(folder, name);
    return { path, remove: () => rm(path, { force: true }) };
  };

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
      async receive(id, content, maxBytes) {
        const draft = draftAt(`${id}.upload`);
        try {
          await makeFolder(folder);
          await write(draft, content, maxBytes);
          return draft;
        } catch (error) {
          throw fileError(AREA, error);
        }
      },
      draft: (id) => draftAt(`${id}.made`),
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
      async freeBytes() {
        await makeFolder(folder).catch((error: unknown) => {
          throw fileError(AREA, error);
        });
        const { bavail, bsize } = await statfs(folder);
        return bavail * bsize;
      },
    },
  };
}

async function write({ path, remove }: Draft, content: AsyncIterable<Uint8Array>, maxBytes: number) {
  const file = await open(path, "wx", 0o640);
  try {
    let taken = 0;
    for await (const piece of whole(content)) {
      taken += piece.length;
      if (taken > maxBytes) {
        throw new GatewayError(`it is larger than ${maxBytes} bytes`, {
          code: "clips.too_large",
          kind: "permanent",
        });
      }
      await file.writeFile(piece);
    }
  } catch (error) {
    await remove();
    throw error;
  } finally {
    await file.close();
  }
}

/** What breaks off while it comes in is the sender's or the line's, not the disk's. */
async function* whole(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* content;
  } catch (cause) {
    throw new GatewayError("the upload broke off", { code: "clips.cut_off", kind: "transient", cause });
  }
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

function isSource(by: unknown): by is BroadcastSource {
  if (typeof by !== "object" || by === null || !("kind" in by) || !("name" in by)) return false;
  return SOURCE_KINDS.some((kind) => kind === by.kind) && typeof by.name === "string";
}
