import { createHash } from "node:crypto";
import { open, stat } from "node:fs/promises";
import { errorCode, GatewayError } from "../core/errors.ts";
import type { ChainFault } from "./chain.ts";

/** `undeclared`: an event is empty, and none says that it was let go. `duplicate`: there are two of one place. */
export type VerifyFault = ChainFault | "undeclared" | "duplicate" | "unreadable";

export interface LedgerFinding {
  /** Whose it is, where several boxes are looked at. */
  readonly box?: string;
  readonly ledger: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** Hash of the last event: what is cut off at the end shows only against one that is known elsewhere. */
  readonly hash: string;
  readonly events: number;
  /** Empty ones, whose places and hashes are there. */
  readonly evicted: number;
  /** Of what a county keeps: places that are on their way, and that later ones overtook. */
  readonly awaited?: number;
  /** Of a copy: alarms that came before their turn with other words than those that are kept. */
  readonly differed?: number | undefined;
  /** The first place that is not as it was written. */
  readonly broken?: { readonly seq: number; readonly fault: VerifyFault } | undefined;
}

export interface EvidenceFinding {
  readonly files: number;
  readonly bytes: number;
  /** Ids of files that are not what their names say, and of those that should be there. */
  readonly changed: readonly string[];
  readonly missing: readonly string[];
}

export interface Verification {
  readonly intact: boolean;
  readonly ledgers: readonly LedgerFinding[];
  readonly evidence: EvidenceFinding;
  /** Damaged databases that were set aside; they are not looked into. */
  readonly setAside: readonly string[];
  /** Of a copy: the first line that is no event. */
  readonly badLine?: number | undefined;
  /** Of a copy: what its puller wrote beside it and cannot be read; whether alarms came otherwise ahead is not known then. */
  readonly unreadAccount?: string | undefined;
}

export interface VerifyProgress {
  readonly what: "events" | "files";
  readonly done: number;
  readonly of?: number | undefined;
}

export type OnProgress = (progress: VerifyProgress) => void;

/** Checks files by their names, and counts. */
export function createEvidenceFinding() {
  const changed: string[] = [];
  const missing: string[] = [];
  let files = 0;
  let bytes = 0;
  return {
    async look(sha256: string, path: string): Promise<"well" | "changed" | "missing"> {
      for (;;) {
        const file = await orNothing(open(path));
        if (!file) return "missing";
        const { ino } = await file.stat();
        const hash = createHash("sha256");
        let sizeBytes = 0;
        for await (const chunk of file.createReadStream()) {
          sizeBytes += (chunk as Buffer).length;
          hash.update(chunk as Buffer);
        }
        const isWell = hash.digest("hex") === sha256;
        // The gateway takes a file from its place before it empties it: what was read counts only where it still stands there.
        if (!isWell && (await orNothing(stat(path)))?.ino !== ino) continue;
        files++;
        bytes += sizeBytes;
        if (isWell) return "well";
        changed.push(sha256);
        return "changed";
      }
    },
    missing: (sha256: string) => void missing.push(sha256),
    finding: (): EvidenceFinding => ({ files, bytes, changed, missing }),
  };
}

export function nothingAt(path: string): GatewayError {
  return new GatewayError(`There is no ledger at ${path}`, { code: "verify.nothing", kind: "permanent" });
}

/** Undefined where there is no such file. */
export async function sizeOf(path: string): Promise<number | undefined> {
  return (await orNothing(stat(path)))?.size;
}

async function orNothing<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR") return undefined;
    throw error;
  }
}
