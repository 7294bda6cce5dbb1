import { statfs } from "node:fs/promises";
import { errorCode } from "../core/errors.ts";
import type { Configuration } from "./configuration.ts";

/** 180 days of audit with a hundred broadcasts a day, of three events with about 1 kB and their indexes each. */
const LEAST_LEDGER_BYTES = 100e6;

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

/**
 * What is wrong with the quotas on the disk of a data folder: the ledger's must hold the audit of six months, which is kept whatever
 * the quota; and together they must fit beside what is kept free, or the disk is full before any of them is. undefined where they
 * fit, or the folder is not there to be looked at.
 */
export async function storageFault(
  { storage, clips }: Pick<Configuration, "storage" | "clips">,
  dataFolder: string,
): Promise<string | undefined> {
  const ledgerBytes = storage.ledger?.maxBytes ?? 0;
  if (storage.ledger && ledgerBytes < LEAST_LEDGER_BYTES) {
    return `storage.ledger.maxBytes of ${ledgerBytes / 1e6} MB does not hold the audit of six months: give it ${LEAST_LEDGER_BYTES / 1e6} MB at least`;
  }
  const disk = await statfs(dataFolder).catch((error: unknown) => {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  });
  if (!disk) return undefined;
  const quotas = {
    "storage.ledger": ledgerBytes,
    "storage.evidence": storage.evidence.maxBytes ?? 0,
    "storage.crossings": storage.crossings.maxBytes,
    clips: clips.maxBytes,
    "storage.keepFreeBytes": storage.keepFreeBytes,
  };
  const asked = Object.values(quotas).reduce((sum, bytes) => sum + bytes, 0);
  const size = disk.blocks * disk.bsize;
  if (asked <= size) return undefined;
  const parts = Object.entries(quotas).map(([name, bytes]) => `${name} ${gigabytes(bytes)}`);
  return `the disk of ${dataFolder} has ${gigabytes(size)}, and ${parts.join(", ")} ask for ${gigabytes(asked)}: make maxBytes smaller`;
}
