import { copyFile, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { errorCode } from "../core/errors.ts";

/** Makes names in a folder survive a power cut: a new or renamed file is only safe once its folder is synced. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes `folder` and what is missing above it, durably. */
export async function makeFolder(folder: string): Promise<void> {
  const firstMade = await mkdir(folder, { recursive: true });
  if (firstMade === undefined) return;
  for (let made = folder; ; made = dirname(made)) {
    await syncFolder(dirname(made));
    if (made === firstMade || made === dirname(made)) return;
  }
}

/**
 * Writes a whole file so that after any crash `path` either holds all of `content` or does not exist.
 * @param draftPath on the same file system; left over only by a crash.
 */
export async function writeDurably(
  draftPath: string,
  path: string,
  content: Uint8Array,
  mode = 0o640,
): Promise<void> {
  try {
    const handle = await open(draftPath, "wx", mode);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await makeFolder(dirname(path));
    await rename(draftPath, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(draftPath, { force: true });
    throw error;
  }
}

/**
 * Moves a whole file so that after any crash `path` either holds all of it or does not exist; `from` is there until then.
 * @param draftPath beside `path`, for a file that comes from another file system.
 */
export async function moveDurably(from: string, draftPath: string, path: string): Promise<void> {
  const handle = await open(from, "r+");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
  await makeFolder(dirname(path));
  try {
    await rename(from, path);
  } catch (error) {
    if (errorCode(error) !== "EXDEV") throw error;
    await copyDurably(from, draftPath, path);
  }
  await syncFolder(dirname(path));
}

async function copyDurably(from: string, draftPath: string, path: string): Promise<void> {
  try {
    await copyFile(from, draftPath);
    const copy = await open(draftPath, "r+");
    try {
      await copy.sync();
    } finally {
      await copy.close();
    }
    await rename(draftPath, path);
  } catch (error) {
    await rm(draftPath, { force: true });
    throw error;
  }
  await rm(from, { force: true });
}
