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
  mostBytes,
}: {
  readonly client: BoxClient;
  readonly copy: BoxCopy;
  readonly tally: BoxTally;
  /** What all files of this box may take together. */
  readonly mostBytes?: number | undefined;
}): { all(signal: AbortSignal): Promise<void> } {
  const { shelf } = copy;
  /** What stands here, with what has come of files under way; undefined when it has to be counted. */
  let usedBytes: number | undefined;

  async function demandRoom(): Promise<void> {
    if (mostBytes === undefined) return;
    usedBytes ??= await shelf.usedBytes();
    tally.filesTake(usedBytes);
    if (usedBytes >= mostBytes) throw full(mostBytes);
  }

  /** A box need not say truly how long a file is, and what it sends without end must not fill the disk. */
  async function* counted(content: AsyncIterable<Uint8Array>, most: number): AsyncGenerator<Uint8Array> {
    for await (const chunk of content) {
      usedBytes = (usedBytes ?? 0) + chunk.byteLength;
      if (usedBytes > most) throw full(most);
      yield chunk;
    }
  }

  async function fetch(id: string, signal: AbortSignal): Promise<FileResult> {
    for (let tried = 0; tried < TRIES; tried++) {
      try {
        await demandRoom();
        const { fromByte, content } = await client.file(id, await shelf.begun(id), signal);
        await shelf.write(id, fromByte, mostBytes === undefined ? content : counted(content, mostBytes));
      } catch (error) {
        usedBytes = undefined;
        const code = error instanceof BoxError ? error.code : undefined;
        if (code === "evidence.unknown" || code === "evidence.missing") return "missing";
        // Clips need the permission `replay`; what else the token may is not touched by it.
        if (code === "box.denied") return "denied";
        throw error;
      }
      const bytes = await shelf.begun(id);
      if (await shelf.finish(id)) {
        tally.filesTake(usedBytes ?? 0);
        tally.fileCame(bytes);
        return "stored";
      }
      usedBytes = undefined;
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

function full(mostBytes: number): BoxError {
  return new BoxError("box.quota", `The files of this box have filled their ${mostBytes} bytes here`, {
    kind: "permanent",
  });
}
