import { createHash } from "node:crypto";
import { mkdir, open, readdir, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "../../../src/core/errors.ts";
import { syncFolder } from "./event-file.ts";

/** Files under the SHA-256 of their content. */
export interface EvidenceShelf {
  readonly count: number;
  /** `wrong` when the content has another sum; then nothing is kept. */
  put(sha256: string, content: Buffer): Promise<"stored" | "known" | "wrong">;
}

const SHA256 = /^[0-9a-f]{64}$/;

export function isSha256(text: string): boolean {
  return SHA256.test(text);
}

export async function openEvidenceShelf(folder: string): Promise<EvidenceShelf> {
  await mkdir(folder, { recursive: true });
  const held = new Set((await readdir(folder)).filter(isSha256));
  let lastDraft = 0;
  return {
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
