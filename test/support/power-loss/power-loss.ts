import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ledgerFolder, openBuffer } from "../../../src/buffer/buffer.ts";
import { verifyChain } from "../../../src/buffer/chain.ts";
import { silentLogger } from "../../../src/core/log.ts";
import { systemClock } from "../../../src/core/time.ts";
import { type CutMode, createSimulatedDisk, type Operation, readOperations } from "./write-log.ts";

export interface PowerLossOptions {
  /** The log of a process that wrote below a folder; see write-log.c. */
  readonly log: string;
  /** At most so many cuts; of more boundaries an even choice, always with those around a checkpoint. */
  readonly cuts: number;
  readonly random: () => number;
  readonly say?: (line: string) => void;
}

export interface PowerLossResult {
  /** Places at which something was synced. */
  readonly boundaries: number;
  readonly cuts: number;
  /** Events and files that were called durable before a cut, over all cuts. */
  readonly promised: number;
  /** What was promised and not found; each says where. */
  readonly lost: readonly string[];
  /** Databases that a mere cut made look damaged. */
  readonly takenForDamaged: number;
}

interface Promised {
  readonly events: Map<number, string>;
  readonly files: Set<string>;
  acknowledged: number;
}

const MODES: readonly CutMode[] = ["dropped", "torn", "kept"];

/** Cuts the power at every place where something was synced, opens what is left, and looks for what was promised. */
export async function replayPowerLoss({
  log,
  cuts,
  random,
  say = () => {},
}: PowerLossOptions): Promise<PowerLossResult> {
  const operations = readOperations(await readFile(log));
  const boundaries = operations.flatMap(({ kind }, index) => (kind === "sync" ? [index] : []));
  const chosen = choose(operations, boundaries, cuts / MODES.length);
  const disk = createSimulatedDisk();
  const promised: Promised = { events: new Map(), files: new Set(), acknowledged: 0 };
  const lost: string[] = [];
  let made = 0;
  let count = 0;
  let takenForDamaged = 0;
  for (const [index, operation] of operations.entries()) {
    // Just before what was asked for is on the disk: everything since the last sync is in doubt.
    if (chosen.has(index)) {
      for (const mode of MODES) {
        const found = await tryCut(disk, mode, random, promised);
        made++;
        count += promised.events.size + promised.files.size;
        lost.push(...found.lost.map((what) => `cut ${index} (${mode}): ${what}`));
        takenForDamaged += found.takenForDamaged;
      }
      if (made % 30 === 0) say(`${made} cuts, ${lost.length} lost`);
    }
    disk.apply(operation);
    if (operation.kind === "said") heed(operation.text, promised);
  }
  return {
    boundaries: boundaries.length,
    cuts: made,
    promised: count,
    lost,
    takenForDamaged,
  };
}

function choose(operations: readonly Operation[], boundaries: readonly number[], most: number): Set<number> {
  // Syncs of different files next to each other: a checkpoint, a new file.
  const changes = boundaries.filter((index, place) => {
    const before = operations[boundaries[place - 1] ?? -1];
    const now = operations[index];
    return before?.kind === "sync" && now?.kind === "sync" && before.node !== now.node;
  });
  const chosen = new Set(changes.slice(-Math.ceil(most / 2)));
  const step = Math.max(1, boundaries.length / Math.max(1, most - chosen.size));
  for (let place = 0; place < boundaries.length; place += step)
    chosen.add(boundaries[Math.floor(place)] ?? 0);
  return chosen;
}

function heed(text: string, promised: Promised): void {
  for (const line of text.split("\n")) {
    const [what, one = "", two = ""] = line.split(" ");
    if (what === "durable") promised.events.set(Number(one), two);
    else if (what === "evidence") promised.files.add(one);
    else if (what === "acknowledged") promised.acknowledged = Number(one);
  }
}

async function tryCut(
  disk: ReturnType<typeof createSimulatedDisk>,
  mode: CutMode,
  random: () => number,
  { events, files, acknowledged }: Promised,
): Promise<{ lost: string[]; takenForDamaged: number }> {
  const folder = await mkdtemp(join(tmpdir(), "cunshao-cut-"));
  const lost: string[] = [];
  try {
    await mkdir(folder, { recursive: true });
    await disk.cut(folder, mode, random);
    const buffer = await openBuffer({
      dataFolder: folder,
      siteId: "longwan",
      bootId: "boot-2",
      clock: systemClock,
      random: Math.random,
      log: silentLogger,
      clockQuality: () => "synced",
    });
    const { ledger, evidence, outbox } = buffer;
    const verdict = await verifyChain(ledger.records);
    if (!verdict.intact) lost.push(`the chain is broken at ${verdict.seq}: ${verdict.fault}`);
    const stored = new Map<number, string>();
    for (let after = 0; ; ) {
      const records = await ledger.records(after);
      for (const { seq, hash } of records) stored.set(seq, hash);
      if (records.length === 0) break;
      after = records.at(-1)?.seq ?? after;
    }
    for (const [seq, hash] of events) if (stored.get(seq) !== hash) lost.push(`event ${seq}`);
    if ((await outbox.acknowledged("township")) < acknowledged) lost.push(`acknowledgement ${acknowledged}`);
    for (const sha256 of files) {
      const file = await evidence.find(sha256);
      const content = file && (await readFile(file.path));
      if (!content || createHash("sha256").update(content).digest("hex") !== sha256)
        lost.push(`file ${sha256}`);
    }
    await buffer.close();
    const names = await readdir(ledgerFolder(folder));
    return { lost, takenForDamaged: names.filter((name) => name.startsWith("damaged")).length };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
