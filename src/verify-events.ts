// `cunshao events verify`: checks a ledger and its evidence and says what it found. Composes buffer/ for that; called by cli.ts.
import { stat } from "node:fs/promises";
import type { Verification, VerifyProgress } from "./buffer/verification.ts";
import { verifyBox } from "./buffer/verify.ts";
import { verifyCopy } from "./buffer/verify-copy.ts";
import { verifyPostgres } from "./buffer/verify-postgres.ts";
import { GatewayError } from "./core/errors.ts";
import type { Clock } from "./core/time.ts";

const SAY_EVERY_MS = 1000;

export interface VerifyOptions {
  /**
   * A box's data folder, or a copy: `pulled.sqlite`, a file of events, one a line, or the address of a PostgreSQL in which a county or
   * `cunshao pull` keeps them.
   */
  readonly path: string;
  /** Of PostgreSQL: one box. */
  readonly box?: string | undefined;
  /** Of a copy: the folder of its files. */
  readonly evidenceFolder?: string | undefined;
  readonly clock: Clock;
  /** Where progress goes, a line each second. */
  readonly say: (line: string) => void;
}

/** @throws GatewayError `verify.nothing`, `verify.usage` (permanent), `ledger.*`, `copy.*`. */
export async function verifyEvents({
  path,
  box,
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
  if (/^postgres(ql)?:/.test(path)) {
    refusePassword(path);
    return verifyPostgres({ url: path, box, evidenceFolder }, onProgress);
  }
  if (box !== undefined) throw wrongUse("--box is for the address of a PostgreSQL");
  const isFile = (await stat(path).catch(() => undefined))?.isFile() ?? false;
  return isFile ? verifyCopy(path, evidenceFolder, onProgress) : verifyBox(path, onProgress);
}

/** Who looks at the processes of a machine sees their words. */
function refusePassword(address: string): void {
  if (!URL.canParse(address)) throw wrongUse("an address is like postgres://user@host:5432/database");
  const { password, searchParams } = new URL(address);
  if (password === "" && !searchParams.has("password")) return;
  throw wrongUse("no password in the address: set PGPASSWORD, or write ~/.pgpass");
}

function wrongUse(message: string): GatewayError {
  return new GatewayError(message, { code: "verify.usage", kind: "permanent" });
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
export function verificationText(found: Verification): string {
  const { intact, ledgers, evidence, setAside, badLine, unreadAccount } = found;
  const lines = ledgers.map((one) => {
    const { box, ledger, firstSeq, lastSeq, events, evicted, awaited, hash, differed, broken } = one;
    const whose = box === undefined ? "" : `${box}, `;
    const what = `${whose}ledger ${ledger}: ${events} events, ${firstSeq} to ${lastSeq}`;
    const letGo = evicted > 0 ? `, ${evicted} of them let go and told of` : "";
    const gone = awaited ? `${letGo}, ${awaited} between them not here yet` : letGo;
    const early = differed ? `\n  DIFFERED: ${differed} alarms came ahead with other words than these` : "";
    if (broken) return `${what}\n  BROKEN at ${broken.seq}: it ${FAULTS[broken.fault]}${early}`;
    return `${what}${gone}\n  chain in order; it ends with ${hash}${early}`;
  });
  if (ledgers.length === 0) lines.push("no events");
  if (badLine !== undefined) lines.push(`BROKEN: line ${badLine} is no event`);
  if (unreadAccount !== undefined) {
    lines.push(`${unreadAccount} cannot be read: whether alarms came ahead with other words is not known`);
  }
  const { files, bytes, changed, missing } = evidence;
  if (files + missing.length > 0) lines.push(`evidence: ${files} files, ${bytes} bytes`);
  for (const id of changed) lines.push(`  CHANGED ${id}`);
  for (const id of missing) lines.push(`  MISSING ${id}`);
  if (setAside.length > 0) lines.push(`set aside as damaged, not looked into: ${setAside.join(", ")}`);
  lines.push(intact ? "in order" : "NOT in order");
  return `${lines.join("\n")}\n`;
}
