import { createHash } from "node:crypto";
import { open, rm, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { GatewayError } from "../core/errors.ts";
import type { Draft, UploadDrafts } from "../core/upload-drafts.ts";
import { fileError } from "./database-errors.ts";
import { makeFolder } from "./durable-files.ts";

/** @param area which the codes of errors begin with. */
export function createUploadDrafts(folder: string, area: string): UploadDrafts {
  const draftAt = (name: string): Draft => {
    const path = join(folder, name);
    return {
      path,
      sizeBytes: async () => (await stat(path)).size,
      remove: () => rm(path, { force: true }),
    };
  };

  /** @returns the SHA-256 of what came in. */
  async function write({ path, remove }: Draft, content: AsyncIterable<Uint8Array>, maxBytes: number) {
    const hash = createHash("sha256");
    const file = await open(path, "wx", 0o640);
    try {
      let taken = 0;
      for await (const piece of whole(content)) {
        taken += piece.length;
        if (taken > maxBytes) {
          throw new GatewayError(`it is larger than ${maxBytes} bytes`, {
            code: `${area}.too_large`,
            kind: "permanent",
          });
        }
        hash.update(piece);
        await file.writeFile(piece);
      }
      return hash.digest("hex");
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
      throw new GatewayError("the upload broke off", { code: `${area}.cut_off`, kind: "transient", cause });
    }
  }

  return {
    async receive(name, content, maxBytes) {
      const draft = draftAt(name);
      try {
        await makeFolder(folder);
        return { ...draft, sha256: await write(draft, content, maxBytes) };
      } catch (error) {
        throw fileError(area, error);
      }
    },
    draft: draftAt,
    async freeBytes() {
      await makeFolder(folder).catch((error: unknown) => {
        throw fileError(area, error);
      });
      const { bavail, bsize } = await statfs(folder);
      return bavail * bsize;
    },
  };
}
