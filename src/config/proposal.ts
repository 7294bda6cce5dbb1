import { mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { errorCode, GatewayError } from "../core/errors.ts";
import type { ProfileCatalogue } from "../core/profiles.ts";
import { loadConfiguration } from "./load.ts";
import { formatProblem } from "./problems.ts";

export interface ProposalPlaces {
  /** The folder `proposed/` is made in there. */
  readonly dataFolder: string;
  /** The one in use: its secrets are those of the proposal, too. */
  readonly secretsFile: string;
  readonly profiles: ProfileCatalogue;
  readonly siteId: string;
}

/**
 * Lays a configuration ready for a person to apply. One that is not in order is not kept.
 * @returns where it is, and what is wrong with it, without its values.
 * @throws GatewayError `configuration.unwritable` (transient).
 */
export async function propose(
  yaml: string,
  { dataFolder, secretsFile, profiles, siteId }: ProposalPlaces,
): Promise<{ readonly file: string; readonly problems: readonly string[] }> {
  const folder = join(dataFolder, "proposed");
  const file = join(folder, "cunshao.yaml");
  const draft = join(folder, "draft.yaml");
  try {
    await mkdir(folder, { recursive: true, mode: 0o750 });
    const handle = await open(draft, "w", 0o640);
    try {
      await handle.writeFile(yaml);
      await handle.sync();
    } finally {
      await handle.close();
    }
    const loaded = await loadConfiguration(draft, profiles, secretsFile);
    const problems = loaded.ok
      ? faultsOfSite(loaded.configuration.site.id, siteId)
      : loaded.problems.map(({ value: _value, ...problem }) => formatProblem({ ...problem, file }));
    if (problems.length > 0) await rm(draft, { force: true });
    else await rename(draft, file);
    return { file, problems };
  } catch (cause) {
    throw new GatewayError(`The configuration cannot be laid ready (${errorCode(cause)})`, {
      code: "configuration.unwritable",
      kind: "transient",
      cause,
    });
  }
}

function faultsOfSite(found: string, siteId: string): string[] {
  return found === siteId ? [] : [`site.id: the configuration is of ${found}, this box is ${siteId}`];
}
