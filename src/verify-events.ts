// `cunshao events verify`: checks a ledger and its evidence and says what it found. Composes buffer/ for that; called by cli.ts.
import { stat } from "node:fs/promises";
import type { Verification, VerifyProgress } from "./buffer/verification.ts";
import { verifyBox } from "./buffer/verify.ts";
import { verifyCopy } from "./buffer/verify-copy.ts";
import type { Clock } from "./core/time.ts";

const SAY_EVERY_MS = 1000;

export interface VerifyOptions {
  /** A box's data folder, or what `cunshao pull` made: `pulled.sqlite`, or a file of events, one a line. */
  readonly path: string;
  /** Of a copy: the folder of its files. */
  readonly evidenceFolder?: string | undefined;
  readonly clock: Clock;
  /** Where progress goes, a line each second. */
  readonly say: (line: string) => void;
}

/** @throws GatewayError `verify.nothing` (permanent), `ledger.*`. */
export async function verifyEvents({
  path,
  evidenceFolder,
  clock,
  say,
}: VerifyOptions): Promise<Verification> {
  let saidMs = clock.now().monotonicMs;
  const onProgress = ({ what, done, of }: VerifyProgress): void => {
    const { monotonicMs } = clock.now();
    if (monotonicMs - saidMs < SAY_EVERY_MS) return;
    saidMs = monotonicMs;
    say(`${what}: ${done}${of === undefined ? "" : ` of ${of}`}`);
  };
  const isFile = (await stat(path).catch(() => undefined))?.isFile() ?? false;
  return isFile ? verifyCopy(path, evidenceFolder, onProgress) : verifyBox(path, onProgress);
}

const FAULTS = {
  gap: "is missing",
  link: "does not follow the one before it",
  content: "was changed",
  undeclared: "was emptied, and no event says so",
  duplicate: "is there twice",
  unreadable: "cannot be read",
} as const;

/** The summary for people, in English as all commands. */
export function verificationText({ intact, ledgers, evidence, setAside, badLine }: Verification): string {
  const lines = ledgers.map(({ ledger, firstSeq, lastSeq, events, evicted, hash, broken }) => {
    const what = `ledger ${ledger}: ${events} events, ${firstSeq} to ${lastSeq}`;
    const gone = evicted > 0 ? `, ${evicted} of them let go and told of` : "";
    if (broken) return `${what}\n  BROKEN at ${broken.seq}: it ${FAULTS[broken.fault]}`;
    return `${what}${gone}\n  chain in order; it ends with ${hash}`;
  });
  if (ledgers.length === 0) lines.push("no events");
  if (badLine !== undefined) lines.push(`BROKEN: line ${badLine} is no event`);
  const { files, bytes, changed, missing } = evidence;
  if (files + missing.length > 0) lines.push(`evidence: ${files} files, ${bytes} bytes`);
  for (const id of changed) lines.push(`  CHANGED ${id}`);
  for (const id of missing) lines.push(`  MISSING ${id}`);
  if (setAside.length > 0) lines.push(`set aside as damaged, not looked into: ${setAside.join(", ")}`);
  lines.push(intact ? "in order" : "NOT in order");
  return `${lines.join("\n")}\n`;
}
