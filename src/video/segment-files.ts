import { chmod, mkdir, open, readdir, rm, rmdir, stat, statfs, truncate } from "node:fs/promises";
import { dirname } from "node:path";
import { errorCode } from "../core/errors.ts";

/** A file that grows. Errors are those of the system (`ENOSPC`, `EIO`, …). */
export interface GrowingFile {
  /** Appends all of it; after an error part of it may be there. */
  append(bytes: Uint8Array): Promise<void>;
  /** Resolves when what was appended survives a power cut. */
  sync(): Promise<void>;
  truncate(sizeBytes: number): Promise<void>;
  close(): Promise<void>;
}

export interface DiskSpace {
  readonly totalBytes: number;
  readonly freeBytes: number;
  /** 0 on file systems that do not count files. */
  readonly totalInodes: number;
  readonly freeInodes: number;
}

export interface FileState {
  readonly sizeBytes: number;
  /** Marked as evidence. */
  readonly isLocked: boolean;
}

/** The disk as recording sees it; tests put one in between that fails. */
export interface SegmentFiles {
  /** Makes a new file, and the folders above it. Rejects with `EEXIST` where there is one. */
  create(path: string): Promise<GrowingFile>;
  /** Removes a file, if it is there, and its folder once that is empty. */
  remove(path: string): Promise<void>;
  read(path: string, position: number, length: number): Promise<Buffer>;
  state(path: string): Promise<FileState | undefined>;
  /** Shortens a file, one that is marked as evidence too: it stays marked. */
  truncate(path: string, sizeBytes: number): Promise<void>;
  /** Names in a folder; none where there is no such folder. */
  list(folder: string): Promise<string[]>;
  space(): Promise<DiskSpace>;
}

/** Taken from files that are evidence. */
const OWNER_WRITES = 0o200;

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** @param folder of the recordings; `space` tells of the file system it stands on, and makes it where it is missing. */
export function createSegmentFiles(folder: string): SegmentFiles {
  return {
    async create(path) {
      await mkdir(dirname(path), { recursive: true });
      const handle = await open(path, "ax", 0o640);
      // A file whose name is not on the disk is lost with all that was synced into it.
      await syncFolder(dirname(path)).catch(async (error: unknown) => {
        await handle.close();
        throw error;
      });
      return {
        async append(bytes) {
          for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at)).bytesWritten;
        },
        sync: () => handle.datasync(),
        truncate: (sizeBytes) => handle.truncate(sizeBytes),
        close: () => handle.close(),
      };
    },
    async remove(path) {
      await rm(path, { force: true });
      try {
        await rmdir(dirname(path));
      } catch (error) {
        if (!["ENOTEMPTY", "EEXIST", "ENOENT"].includes(errorCode(error))) throw error;
      }
    },
    async read(path, position, length) {
      const handle = await open(path, "r");
      try {
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position);
        return buffer.subarray(0, bytesRead);
      } finally {
        await handle.close();
      }
    },
    async state(path) {
      try {
        const { size, mode } = await stat(path);
        return { sizeBytes: size, isLocked: (mode & OWNER_WRITES) === 0 };
      } catch (error) {
        if (["ENOENT", "ENOTDIR"].includes(errorCode(error))) return undefined;
        throw error;
      }
    },
    async truncate(path, sizeBytes) {
      const { mode } = await stat(path);
      if ((mode & OWNER_WRITES) !== 0) return truncate(path, sizeBytes);
      await chmod(path, mode | OWNER_WRITES);
      try {
        await truncate(path, sizeBytes);
      } finally {
        await chmod(path, mode);
      }
    },
    async list(listed) {
      try {
        return await readdir(listed);
      } catch (error) {
        if (["ENOENT", "ENOTDIR"].includes(errorCode(error))) return [];
        throw error;
      }
    },
    async space() {
      await mkdir(folder, { recursive: true });
      const { bsize, blocks, bavail, files, ffree } = await statfs(folder);
      return {
        totalBytes: blocks * bsize,
        freeBytes: bavail * bsize,
        totalInodes: files,
        freeInodes: ffree,
      };
    },
  };
}
