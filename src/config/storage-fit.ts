import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { errorCode } from "../core/errors.ts";
import type { Configuration } from "./configuration.ts";
import type { Township } from "./township.ts";

/** 180 days of audit with a hundred broadcasts a day, of three events with about 1 kB and their indexes each. */
const LEAST_LEDGER_BYTES = 100e6;

/** On the disk, with their indexes and what was not yet written into the database. */
const EVENT_BYTES_ON_DISK = 2;

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
  const size = await diskBytes(dataFolder);
  if (size === undefined) return undefined;
  const quotas = {
    "storage.ledger": ledgerBytes,
    "storage.evidence": storage.evidence.maxBytes ?? 0,
    "storage.crossings": storage.crossings.maxBytes,
    clips: clips.maxBytes,
    "storage.keepFreeBytes": storage.keepFreeBytes,
  };
  const asked = Object.values(quotas).reduce((sum, bytes) => sum + bytes, 0);
  if (asked <= size) return undefined;
  const parts = Object.entries(quotas).map(([name, bytes]) => `${name} ${gigabytes(bytes)}`);
  return `the disk of ${dataFolder} has ${gigabytes(size)}, and ${parts.join(", ")} ask for ${gigabytes(asked)}: make maxBytes smaller`;
}

/**
 * Whether all villages of a desk together may take more than its disk has: then it may be full before any of them has used up its
 * share, and nothing more is taken of any. undefined where they fit.
 */
export async function sharesFault({
  boxes,
  mostFileBytes,
  mostEventBytes,
  dataFolder,
}: Pick<Township, "boxes" | "mostFileBytes" | "mostEventBytes" | "dataFolder">): Promise<string | undefined> {
  const size = await diskBytes(await nearestFolder(dataFolder));
  const asked = boxes.length * (mostFileBytes + EVENT_BYTES_ON_DISK * mostEventBytes);
  if (size === undefined || asked <= size) return undefined;
  return (
    `the disk of ${dataFolder} has ${gigabytes(size)}, and ${boxes.length} villages may take ${gigabytes(asked)}: ` +
    `evidencePerBox ${gigabytes(mostFileBytes)} each, and eventsPerBox ${gigabytes(mostEventBytes)}, on the disk about twice that; ` +
    "make them smaller, or the disk larger"
  );
}

async function diskBytes(folder: string): Promise<number | undefined> {
  try {
    const { blocks, bsize } = await statfs(folder);
    return blocks * bsize;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Of a folder that is made later. */
async function nearestFolder(folder: string): Promise<string> {
  const isThere = (await diskBytes(folder)) !== undefined;
  return isThere || dirname(folder) === folder ? folder : nearestFolder(dirname(folder));
}
