import { createHash } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "../../../src/core/errors.ts";
import { syncFolder } from "./event-file.ts";

/** Files under the SHA-256 of their content. */
export interface EvidenceShelf {
  readonly count: number;
  /** `wrong` when the content has another sum; then nothing is kept. */
  put(sha256: string, content: Buffer): Promise<"stored" | "known" | "wrong">;
  /** How much of a file is here. */
  progress(sha256: string): Promise<{ readonly bytes: number; readonly isWhole: boolean }>;
  /**
   * Adds a piece at `offset`, durably. `elsewhere` when the file does not end there; `wrong` when the whole has another sum:
   * then all of it is thrown away.
   */
  add(
    sha256: string,
    piece: { readonly offset: number; readonly content: Buffer; readonly isLast: boolean },
  ): Promise<"stored" | "begun" | "elsewhere" | "wrong">;
}

const SHA256 = /^[0-9a-f]{64}$/;

export function isSha256(text: string): boolean {
  return SHA256.test(text);
}

export async function openEvidenceShelf(folder: string): Promise<EvidenceShelf> {
  await mkdir(folder, { recursive: true });
  const held = new Set((await readdir(folder)).filter(isSha256));
  let lastDraft = 0;
  const begun = (sha256: string): string => join(folder, `${sha256}.begun`);
  const sizeOf = async (path: string): Promise<number> =>
    (await exists(path)) ? (await stat(path)).size : 0;

  return {
    async progress(sha256) {
      const isWhole = held.has(sha256);
      return { bytes: await sizeOf(isWhole ? join(folder, sha256) : begun(sha256)), isWhole };
    },
    async add(sha256, { offset, content, isLast }) {
      if (held.has(sha256)) return "stored";
      const path = begun(sha256);
      if ((await sizeOf(path)) !== offset) return "elsewhere";
      const file = await open(path, "a");
      try {
        await file.appendFile(content);
        await file.sync();
      } finally {
        await file.close();
      }
      if (!isLast) return "begun";
      const isRight =
        createHash("sha256")
          .update(await readFile(path))
          .digest("hex") === sha256;
      if (!isRight) {
        await rm(path);
        return "wrong";
      }
      await rename(path, join(folder, sha256));
      await syncFolder(folder);
      held.add(sha256);
      return "stored";
    },
    get count() {
      return held.size;
    },
    async put(sha256, content) {
      if (createHash("sha256").update(content).digest("hex") !== sha256) return "wrong";
      const path = join(folder, sha256);
      if (await exists(path)) return "known";
      lastDraft += 1;
      const draft = `${path}.${lastDraft}.part`;
      const file = await open(draft, "w");
      try {
        await file.writeFile(content);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(draft, path);
      await syncFolder(folder);
      held.add(sha256);
      return "stored";
    },
  };
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return false;
    throw error;
  }
}
