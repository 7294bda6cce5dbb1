import { createHash } from "node:crypto";
import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import type { LedgerEvent } from "../../src/core/event.ts";

// What a receiver has on its disk, read again and again while it grows.

const NEWLINE = 0x0a;

/** The whole lines of a file of events; the last one may be under way. Of a file that only grows, each is read once. */
export function createEventReader(path: string): () => readonly LedgerEvent[] {
  let events: LedgerEvent[] = [];
  let readTo = 0;
  return () => {
    if (!existsSync(path)) return [];
    const file = openSync(path, "r");
    try {
      const { size } = fstatSync(file);
      if (size < readTo) [events, readTo] = [[], 0];
      const fresh = Buffer.alloc(size - readTo);
      const whole =
        fresh.subarray(0, readSync(file, fresh, 0, fresh.length, readTo)).lastIndexOf(NEWLINE) + 1;
      const lines = fresh.toString("utf8", 0, whole).split("\n").slice(0, -1);
      for (const line of lines) events.push(JSON.parse(line) as LedgerEvent);
      readTo += whole;
      return events;
    } finally {
      closeSync(file);
    }
  };
}

/** Whether a folder holds a file that is called by its SHA-256, and is that. A whole one stays so: it is read once. */
export function createFileCheck(
  folder: string,
  pathOf = (sha256: string) => sha256,
): (sha256: string) => boolean {
  const whole = new Set<string>();
  return (sha256) => {
    const path = join(folder, pathOf(sha256));
    if (whole.has(sha256)) return existsSync(path);
    if (!existsSync(path)) return false;
    const isRight = createHash("sha256").update(readFileSync(path)).digest("hex") === sha256;
    if (isRight) whole.add(sha256);
    return isRight;
  };
}
