import { createReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import { makeFolder, syncFolder } from "../durable-files.ts";
import { copyError } from "./copy-error.ts";

export interface Line {
  readonly text: string;
  /** Where the next line begins. */
  readonly endByte: number;
}

/** A file of lines that only grows. A line is there whole or not at all. */
export interface LineFile {
  readonly bytes: number;
  /** Resolves when they are on disk. After a failure nothing of them is there. */
  append(lines: readonly string[]): Promise<void>;
  read(fromByte: number): AsyncGenerator<Line>;
  close(): Promise<void>;
}

/** Opens or makes a file; a line that a crash cut off is dropped. @throws GatewayError `copy.*` (permanent). */
export async function openLineFile(path: string): Promise<LineFile> {
  let handle: FileHandle;
  let bytes = 0;
  try {
    await makeFolder(dirname(path));
    handle = await open(path, "a+", 0o640);
    await syncFolder(dirname(path));
    bytes = await wholeBytes(handle);
    await handle.truncate(bytes);
  } catch (error) {
    throw copyError(error, path);
  }
  return {
    get bytes() {
      return bytes;
    },
    async append(lines) {
      if (lines.length === 0) return;
      const content = Buffer.from(`${lines.join("\n")}\n`);
      try {
        await handle.appendFile(content);
        await handle.datasync();
        bytes += content.length;
      } catch (error) {
        await handle.truncate(bytes).catch(() => undefined);
        throw copyError(error, path);
      }
    },
    read: (fromByte) => readLines(path, fromByte, bytes),
    close: () => handle.close(),
  };
}

/** Up to and with the last line end. */
async function wholeBytes(handle: FileHandle): Promise<number> {
  const step = 65_536;
  const { size } = await handle.stat();
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - step);
    const { buffer } = await handle.read(Buffer.alloc(end - start), 0, end - start, start);
    const last = buffer.lastIndexOf(0x0a);
    if (last >= 0) return start + last + 1;
    end = start;
  }
  return 0;
}

async function* readLines(path: string, fromByte: number, toByte: number): AsyncGenerator<Line> {
  if (fromByte >= toByte) return;
  let rest: Buffer = Buffer.alloc(0);
  let at = fromByte;
  for await (const chunk of createReadStream(path, { start: fromByte, end: toByte - 1 })) {
    rest = Buffer.concat([rest, chunk as Buffer]);
    let from = 0;
    for (let end = rest.indexOf(0x0a); end >= 0; end = rest.indexOf(0x0a, from)) {
      at += end - from + 1;
      yield { text: rest.toString("utf8", from, end), endByte: at };
      from = end + 1;
    }
    rest = rest.subarray(from);
  }
}
