import type { BoxCopy, FileResult } from "../core/pulled-copy.ts";
import type { BoxClient } from "./box-client.ts";
import { BoxError } from "./box-error.ts";
import type { BoxTally } from "./box-tally.ts";

const STEP = 50;
/** A file whose content is not what its name says is fetched anew, once. */
const TRIES = 2;
/** No file takes more of the share of its box: what a box makes is far smaller, and one that has no end would cost all others. */
const MOST_OF_SHARE = 0.25;

/** Why a file is not to be had, ever. */
const FINAL: Readonly<Record<string, FileResult>> = {
  "evidence.unknown": "missing",
  "evidence.missing": "missing",
  // Clips need the permission `replay`; what else the token may is not touched by it.
  "box.denied": "denied",
  "evidence.too_large": "tooLarge",
};

export interface FilePull {
  /**
   * @param isAnew on a new connection: what the token may may have changed.
   * @returns whether all is had; otherwise `over` aborted, and what has come of a file is kept for the next time.
   */
  all(over: AbortSignal, isAnew: boolean): Promise<boolean>;
}

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
  /** What all files of this box may take together; then the oldest go. */
  readonly mostBytes?: number | undefined;
}): FilePull {
  const { shelf } = copy;
  const mostOneBytes = mostBytes === undefined ? undefined : Math.floor(mostBytes * MOST_OF_SHARE);
  /** What stands here, with what has come of files under way; undefined when it has to be counted. */
  let usedBytes: number | undefined;
  /** Whether anything of the present file was written. */
  let hasCome = false;

  /** @throws BoxError `box.quota` (permanent) where nothing is left that could go. */
  async function makeRoom(most: number): Promise<void> {
    let used = usedBytes ?? (await shelf.usedBytes());
    while (used > most) {
      const freed = await copy.letGoOldest?.();
      if (freed === undefined) throw full(most);
      used -= freed;
      tally.accounts(copy.accounts());
    }
    usedBytes = used;
    tally.filesTake(used);
  }

  /** A box need not say truly how long a file is, and what it sends without end must not fill the disk. */
  async function* counted(content: AsyncIterable<Uint8Array>, most: number): AsyncGenerator<Uint8Array> {
    for await (const chunk of content) {
      hasCome = true;
      usedBytes = (usedBytes ?? 0) + chunk.byteLength;
      if (usedBytes > most) await makeRoom(most);
      yield chunk;
    }
  }

  async function fetchOnce(id: string, signal: AbortSignal): Promise<void> {
    hasCome = false;
    if (mostBytes !== undefined) await makeRoom(mostBytes);
    const begun = await shelf.begun(id);
    const { fromByte, content } = await client.file(id, begun, signal, mostOneBytes);
    if (usedBytes !== undefined) usedBytes -= begun - fromByte;
    await shelf.write(id, fromByte, mostBytes === undefined ? content : counted(content, mostBytes));
  }

  async function fetch(id: string, signal: AbortSignal): Promise<FileResult> {
    for (let tried = 0; tried < TRIES; tried++) {
      try {
        await fetchOnce(id, signal);
      } catch (error) {
        // Counting takes a look at each file that is here: not for each of thousands that a box has let go.
        if (hasCome) usedBytes = undefined;
        const result = error instanceof BoxError ? FINAL[error.code] : undefined;
        if (result === undefined) throw error;
        const freed = await shelf.remove(id);
        if (usedBytes !== undefined) usedBytes -= freed;
        return result;
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

  async function fetchNamed(over: AbortSignal): Promise<void> {
    for (const { ledger } of copy.accounts()) {
      for (;;) {
        const named = await copy.nextFiles(ledger, STEP);
        if (named.length === 0) break;
        for (const file of named) {
          if (over.aborted) return;
          const result = (await shelf.has(file.id)) ? "stored" : await fetch(file.id, over);
          await copy.fileDone(ledger, file, result);
          tally.accounts(copy.accounts());
        }
      }
    }
  }

  const denied = (): number => copy.accounts().reduce((sum, { files }) => sum + files.denied, 0);

  /** One of them tells of all: thousands are not asked for each time that a line comes back. */
  async function fetchAnew(over: AbortSignal): Promise<void> {
    const isAsked = ((await copy.nameDenied?.(1)) ?? 0) > 0;
    const left = denied();
    await fetchNamed(over);
    if (!isAsked || over.aborted || denied() > left) return;
    await copy.nameDenied?.(left);
    await fetchNamed(over);
  }

  return {
    async all(over, isAnew) {
      try {
        await (isAnew ? fetchAnew : fetchNamed)(over);
      } catch (error) {
        if (!over.aborted || !(error instanceof BoxError)) throw error;
      }
      return !over.aborted;
    },
  };
}

function full(mostBytes: number): BoxError {
  return new BoxError("box.quota", `The files of this box have filled their ${mostBytes} bytes here`, {
    kind: "permanent",
  });
}
