import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ProcessRun } from "../core/process-run.ts";
import type { Loss } from "./judge.ts";

/** What the guard did for one lost run of the gateway; the next gateway puts it into the ledger. */
export interface Act {
  readonly why: Loss;
  /** By the box's clock, RFC 3339. */
  readonly at: string;
  /** Outputs that were on, or not known to be off. */
  readonly outputs: readonly string[];
  /** Those whose relay had not taken the order when this was written. */
  readonly unsafe: readonly string[];
  /** From the moment the guard saw the loss until every output was safe, or the last attempt. */
  readonly tookMs: number;
  /** Players and other children that were ended. */
  readonly children: number;
}

export function hasActedFor(folder: string, run: ProcessRun): boolean {
  return existsSync(fileOf(folder, run));
}

export function writeAct(folder: string, run: ProcessRun, act: Act): void {
  const file = fileOf(folder, run);
  writeFileSync(`${file}.new`, JSON.stringify(act), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** Each act that was left, oldest first, with how to forget it once it is in the ledger. */
export function leftActs(folder: string): { readonly act: Act; forget(): void }[] {
  return actFiles(folder)
    .flatMap((name) => {
      const path = join(folder, name);
      const act = readAct(path);
      return act ? [{ act, forget: () => rmSync(path, { force: true }) }] : [];
    })
    .sort((one, other) => (one.act.at < other.act.at ? -1 : 1));
}

function actFiles(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith(".json"));
  } catch {
    // No guard has ever run here.
    return [];
  }
}

function readAct(path: string): Act | undefined {
  try {
    const act = JSON.parse(readFileSync(path, "utf8")) as Partial<Act> | null;
    return typeof act?.why === "string" && typeof act.at === "string" ? (act as Act) : undefined;
  } catch {
    return undefined;
  }
}

function fileOf(folder: string, { boot, pid, startTicks }: ProcessRun): string {
  return join(folder, `${boot}-${pid}-${startTicks}.json`);
}
