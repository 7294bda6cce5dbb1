import type { ProfileCatalogue } from "../../core/profiles.ts";
import { loadConfiguration } from "../load.ts";
import type { Beginning } from "./set-up-desk.ts";
import { setUpFileIn } from "./set-up-file.ts";
import { toBeginWith } from "./trial.ts";

/**
 * Reads the configuration with what was changed of it on the page, which lies in the data folder.
 * Writes nothing: who starts a gateway keeps `beginning.state` first.
 */
export async function loadSite(file: string, profiles: ProfileCatalogue, dataFolder: string) {
  const setUpFile = setUpFileIn(dataFolder);
  const { state: found, fault } = await setUpFile.read();
  const { state, takenBack } = toBeginWith(found);
  const loaded = await loadConfiguration(file, profiles, undefined, state);
  if (!loaded.ok) return loaded;
  const { site, leftOut } = loaded;
  const beginning: Beginning = { site, state, leftOut, takenBack, ...(fault !== undefined && { fault }) };
  return { ...loaded, setUpFile, found, beginning };
}
