import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { PROJECT } from "./project.ts";

/** The environment in which Node runs the gateway: in tests and benches as in the field. */
export async function productRuntime(): Promise<Readonly<Record<string, string>>> {
  const { RUNTIME } = (await importPlain("src/setup/runtime.mjs")) as { RUNTIME: Record<string, string> };
  return RUNTIME;
}

/** A module of plain JavaScript, from tests as they stand and from built ones. */
export function importPlain(file: string): Promise<unknown> {
  return import(pathToFileURL(join(PROJECT, file)).href);
}
