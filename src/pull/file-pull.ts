import type { BoxCopy, FileResult } from "../core/pulled-copy.ts";
import type { BoxClient } from "./box-client.ts";
import { BoxError } from "./box-error.ts";
import type { BoxTally } from "./box-tally.ts";

const STEP = 50;
/** A file whose content is not what its name says is fetched anew, once. */
const TRIES = 2;

/** Fetches the files that stored events name, one after the other, each from where it was cut off. */
export function createFilePull({
  client,
  copy,
  tally,
}: {
  readonly client: BoxClient;
  readonly copy: BoxCopy;
  readonly tally: BoxTally;
}): { all(signal: AbortSignal): Promise<void> } {
  const { shelf } = copy;

  async function fetch(id: string, signal: AbortSignal): Promise<FileResult> {
    for (let tried = 0; tried < TRIES; tried++) {
      try {
        const { fromByte, content } = await client.file(id, await shelf.begun(id), signal);
        await shelf.write(id, fromByte, content);
      } catch (error) {
        const code = error instanceof BoxError ? error.code : undefined;
        if (code === "evidence.unknown" || code === "evidence.missing") return "missing";
        // Clips need the permission `replay`; what else the token may is not touched by it.
        if (code === "box.denied") return "denied";
        throw error;
      }
      const bytes = await shelf.begun(id);
      if (await shelf.finish(id)) {
        tally.fileCame(bytes);
        return "stored";
      }
    }
    return "changed";
  }

  return {
    async all(signal) {
      for (const { ledger } of copy.accounts()) {
        for (;;) {
          const named = await copy.nextFiles(ledger, STEP);
          if (named.length === 0) break;
          for (const file of named) {
            if (signal.aborted) return;
            const result = (await shelf.has(file.id)) ? "stored" : await fetch(file.id, signal);
            await copy.fileDone(ledger, file, result);
            tally.accounts(copy.accounts());
          }
        }
      }
    },
  };
}
