import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The folder of package.json, from the sources and from the built tests alike. */
export const PROJECT = findUp(import.meta.dirname);

/** The village page as the gateway serves it. */
export const BUILT_PAGE = join(PROJECT, "dist/web");

function findUp(folder: string): string {
  if (existsSync(join(folder, "package.json"))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error("package.json is nowhere above the tests");
  return findUp(parent);
}
