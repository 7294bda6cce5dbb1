import { open } from "node:fs/promises";
import { z } from "zod";
import type { Gap, LedgerBook } from "./ledger-book.ts";

const line = z.object({ ledger: z.string(), from: z.int().min(1), to: z.int().min(1) });

/** What boxes said never comes, one range a line. */
export interface Absences {
  /** Resolves when it is on disk (fsync). */
  add(ledger: string, ranges: readonly Gap[]): Promise<void>;
  close(): Promise<void>;
}

/** Opens or makes the file and enters what stands in it; a last line that a loss of power tore is passed over. */
export async function openAbsences(path: string, book: Pick<LedgerBook, "enterAbsent">): Promise<Absences> {
  const file = await open(path, "a+");
  for (const text of (await file.readFile("utf8")).split("\n")) {
    const { success, data } = line.safeParse(parseJson(text));
    if (success) book.enterAbsent(data.ledger, [data]);
  }
  return {
    async add(ledger, ranges) {
      if (ranges.length === 0) return;
      await file.appendFile(ranges.map((range) => `\n${JSON.stringify({ ledger, ...range })}`).join(""));
      await file.sync();
    },
    close: () => file.close(),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
