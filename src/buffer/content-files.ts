import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "../core/errors.ts";
import type { ContentFiles } from "../core/upload-drafts.ts";
import { fileError } from "./database-errors.ts";
import { moveDurably } from "./durable-files.ts";
import { createUploadDrafts } from "./upload-drafts.ts";

/**
 * Keeps files in `folder`, each named by its content.
 * @param area which the codes of errors begin with.
 * @param ending of their names, without a dot.
 */
export function createContentFiles(folder: string, area: string, ending: string): ContentFiles {
  const nameOf = (sha256: string): string => `${sha256}.${ending}`;
  const pathOf = (sha256: string): string => join(folder, nameOf(sha256));

  return {
    ...createUploadDrafts(folder, area),
    async measure({ path }) {
      const hash = createHash("sha256");
      for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
      return { sha256: hash.digest("hex"), sizeBytes: (await stat(path)).size };
    },
    async keep({ path }, sha256) {
      try {
        await moveDurably(path, `${path}.move`, pathOf(sha256));
      } catch (error) {
        throw fileError(area, error);
      }
    },
    pathOf,
    discard: (sha256) => rm(pathOf(sha256), { force: true }),
    async keepOnly(contents) {
      const kept = new Set(contents.map(nameOf));
      try {
        for (const name of await readdir(folder)) {
          if (!kept.has(name)) await rm(join(folder, name), { force: true });
        }
      } catch (error) {
        if (errorCode(error) !== "ENOENT") throw fileError(area, error);
      }
    },
  };
}
