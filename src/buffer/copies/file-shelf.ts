import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { errorCode } from "../../core/errors.ts";
import type { FileShelf } from "../../core/pulled-copy.ts";
import { makeFolder, syncFolder } from "../durable-files.ts";
import { copyError } from "./copy-error.ts";

/** `<folder>/<first two letters>/<sha256>`; a file under way ends in `.part`, and goes on where it was cut off. */
export function createFileShelf(folder: string): FileShelf {
  const placeOf = (id: string): string => join(folder, id.slice(0, 2), id);
  const partOf = (id: string): string => `${placeOf(id)}.part`;

  async function sizeOf(path: string): Promise<number | undefined> {
    try {
      return (await stat(path)).size;
    } catch (error) {
      if (errorCode(error) === "ENOENT") return undefined;
      throw copyError(error, path);
    }
  }

  return {
    async usedBytes() {
      try {
        const entries = await readdir(folder, { recursive: true, withFileTypes: true });
        const files = entries.filter((entry) => entry.isFile());
        const sizes = await Promise.all(files.map(({ parentPath, name }) => sizeOf(join(parentPath, name))));
        return sizes.reduce<number>((sum, size = 0) => sum + size, 0);
      } catch (error) {
        if (errorCode(error) === "ENOENT") return 0;
        throw copyError(error, folder);
      }
    },
    has: async (id) => (await sizeOf(placeOf(id))) !== undefined,
    async find(id) {
      const path = placeOf(id);
      const sizeBytes = await sizeOf(path);
      return sizeBytes === undefined ? undefined : { path, sizeBytes };
    },
    begun: async (id) => (await sizeOf(partOf(id))) ?? 0,
    async write(id, fromByte, content) {
      const path = partOf(id);
      await makeFolder(dirname(path)).catch((error: unknown) => Promise.reject(copyError(error, path)));
      const handle = await open(path, "a+").catch((error: unknown) => Promise.reject(copyError(error, path)));
      try {
        await handle.truncate(fromByte);
        for await (const chunk of content) {
          await handle.appendFile(chunk).catch((error: unknown) => Promise.reject(copyError(error, path)));
        }
      } finally {
        await handle.close();
      }
    },
    async finish(id) {
      const path = partOf(id);
      try {
        const hash = createHash("sha256");
        await pipeline(createReadStream(path), hash);
        if (hash.digest("hex") !== id) {
          await rm(path, { force: true });
          return false;
        }
        const handle = await open(path, "r+");
        await handle.sync().finally(() => handle.close());
        await rename(path, placeOf(id));
        await syncFolder(dirname(path));
        return true;
      } catch (error) {
        throw copyError(error, path);
      }
    },
    async remove(id) {
      let bytes = 0;
      for (const path of [placeOf(id), partOf(id)]) {
        bytes += (await sizeOf(path)) ?? 0;
        await rm(path, { force: true }).catch((error: unknown) => Promise.reject(copyError(error, path)));
      }
      return bytes;
    },
  };
}
