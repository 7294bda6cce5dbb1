import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Configuration } from "../../../src/config/configuration.ts";
import { type LoadResult, loadConfiguration } from "../../../src/config/load.ts";
import { formatProblem } from "../../../src/config/problems.ts";
import { loadProfiles } from "../../../src/config/profiles.ts";

/** The configuration that the design shows: valid, and the start of every broken one. */
export const VILLAGE = readFileSync(new URL("../../fixtures/config/village.yaml", import.meta.url), "utf8");
export const SECRETS = 'pond-east: "pond-secret-1"\ntownship: "township-secret-1"\n';

export interface Files {
  readonly village?: string | Uint8Array;
  /** null for none at all. */
  readonly secrets?: string | Uint8Array | null;
  readonly secretsMode?: number;
}

/** Loads both files from a folder of their own, which is gone afterwards. */
export async function load(files: Files = {}): Promise<LoadResult & { readonly folder: string }> {
  const { village = VILLAGE, secrets = SECRETS, secretsMode = 0o600 } = files;
  const folder = mkdtempSync(join(tmpdir(), "cunshao-config-"));
  try {
    writeFileSync(join(folder, "cunshao.yaml"), village);
    if (secrets !== null) {
      writeFileSync(join(folder, "secrets.yaml"), secrets);
      chmodSync(join(folder, "secrets.yaml"), secretsMode);
    }
    return { ...(await loadConfiguration(join(folder, "cunshao.yaml"), await profiles())), folder };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const loading = loadProfiles();

export async function profiles() {
  const loaded = await loading;
  if (!loaded.ok) throw new Error(loaded.problems.map(formatProblem).join("\n"));
  return loaded.profiles;
}

export async function configurationOf(files: Files = {}): Promise<Configuration> {
  const result = await load(files);
  if (!result.ok) throw new Error(result.problems.map(formatProblem).join("\n"));
  return result.configuration;
}

/** Problems as the command prints them, with file names instead of paths. */
export async function problemsOf(files: Files): Promise<string[]> {
  const result = await load(files);
  if (result.ok) return [];
  return result.problems.map((problem) => formatProblem(problem).replaceAll(`${result.folder}/`, ""));
}

/** The village with one piece of its text replaced; the piece must be there. */
export function changed(piece: string, by: string, text = VILLAGE): string {
  if (!text.includes(piece)) throw new Error(`the village has no ${piece}`);
  return text.replace(piece, () => by);
}
