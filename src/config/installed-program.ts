import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";

/** Where a program is that may be run; undefined where it is not installed. @param programPath folders of programs, as in PATH. */
export async function findProgram(programPath: string, command: string): Promise<string | undefined> {
  for (const folder of programPath.split(delimiter)) {
    const path = join(folder, command);
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  return undefined;
}
