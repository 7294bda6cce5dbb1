import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { GatewayError } from "../../../src/core/errors.ts";
import type { LedgerEvent } from "../../../src/core/event.ts";

/** An append-only file of events, one JSON object a line. */
export interface EventFile {
  /** How many events it holds. */
  readonly count: number;
  /** Resolves when the events are on disk (fsync). */
  append(events: readonly LedgerEvent[]): Promise<void>;
  /** Up to `limit` events after the first `after`, in order of arrival. */
  read(after: number, limit: number): Promise<LedgerEvent[]>;
  close(): Promise<void>;
}

const NEWLINE = 0x0a;

/**
 * Opens or makes the file and gives each event in it to `onEvent`. A last line that a loss of power tore is cut off.
 * @throws GatewayError `township.file_corrupt` (permanent) when any other line is no JSON.
 */
export async function openEventFile(path: string, onEvent: (event: LedgerEvent) => void): Promise<EventFile> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, "a+");
  // Where each line begins, and behind them where the next one will.
  const starts = [0];
  try {
    await load(file, path, starts, onEvent);
    await file.truncate(starts.at(-1) ?? 0);
    await syncFolder(dirname(path));
  } catch (error) {
    await file.close();
    throw error;
  }

  return {
    get count() {
      return starts.length - 1;
    },
    async append(events) {
      const lines = events.map((event) => Buffer.from(`${JSON.stringify(event)}\n`));
      const before = starts.at(-1) ?? 0;
      try {
        await file.appendFile(Buffer.concat(lines));
        await file.sync();
      } catch (error) {
        await file.truncate(before);
        throw error;
      }
      let end = before;
      for (const line of lines) {
        end += line.length;
        starts.push(end);
      }
    },
    async read(after, limit) {
      const from = starts[after];
      const to = starts[Math.min(after + limit, starts.length - 1)];
      if (from === undefined || to === undefined || to <= from) return [];
      const { buffer } = await file.read(Buffer.alloc(to - from), 0, to - from, from);
      return buffer
        .toString("utf8")
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line));
    },
    close: () => file.close(),
  };
}

async function load(
  file: FileHandle,
  path: string,
  starts: number[],
  onEvent: (event: LedgerEvent) => void,
): Promise<void> {
  const content = await file.readFile();
  let start = 0;
  for (let end = content.indexOf(NEWLINE); end >= 0; end = content.indexOf(NEWLINE, start)) {
    const event = parse(content.subarray(start, end));
    const isLast = end === content.length - 1;
    if (event === undefined && isLast) return;
    if (event === undefined) throw corrupt(path, starts.length);
    onEvent(event);
    start = end + 1;
    starts.push(start);
  }
}

function parse(line: Buffer): LedgerEvent | undefined {
  try {
    return JSON.parse(line.toString("utf8"));
  } catch {
    return undefined;
  }
}

function corrupt(path: string, line: number): GatewayError {
  return new GatewayError(`Line ${line} of ${path} is no event`, {
    code: "township.file_corrupt",
    kind: "permanent",
  });
}

/** Makes a new name in the folder survive a loss of power. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
