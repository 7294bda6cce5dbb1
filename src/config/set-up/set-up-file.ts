import { open, readFile, rename, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { errorCode, GatewayError } from "../../core/errors.ts";
import { SET_UP_LISTS } from "../../core/set-up.ts";

/** As many changes as a box keeps at most; each may be an entry of some hundred bytes, a rule of a few thousand. */
export const MOST_CHANGES = 200;
const MAX_FILE_BYTES = 4_000_000;

const change = z.object({
  list: z.enum(SET_UP_LISTS),
  id: z.string(),
  camera: z.string().optional(),
  entry: z.record(z.string(), z.unknown()).nullable(),
  by: z.string(),
  at: z.string(),
});
const changed = {
  changes: z.array(change).max(MOST_CHANGES).readonly(),
  /** By name; the file is this user's alone. */
  secrets: z.record(z.string(), z.string()).readonly(),
};
const setUpState = z.object({
  version: z.number().int().min(0),
  ...changed,
  /** Until a gateway has run with the last change for a while. `begun`, `again`: one start, or two, with it did not get so far. */
  trial: z.enum(["none", "new", "begun", "again"]),
  /** What held before the change that is on trial. */
  before: z.object(changed).optional(),
  /** Changes with which the gateway did not start, until the next change. */
  failed: z.array(change).readonly().optional(),
});

/** What was changed of the configuration on the page. */
export type SetUpState = z.output<typeof setUpState>;

export const NOTHING_SET_UP: SetUpState = { version: 0, changes: [], secrets: {}, trial: "none" };

export interface SetUpFile {
  /** @returns the state, and the code of why it cannot be read: then nothing is changed, and nothing may be written over it. */
  read(): Promise<{ readonly state: SetUpState; readonly fault?: string | undefined }>;
  /** On disk when it resolves. @throws GatewayError `set_up.unwritable` (transient). */
  write(state: SetUpState): Promise<void>;
}

export function setUpFileIn(dataFolder: string): SetUpFile {
  const file = join(dataFolder, "set-up.json");
  const draft = join(dataFolder, "set-up.draft");
  return {
    async read() {
      try {
        if ((await stat(file)).size > MAX_FILE_BYTES) throw new Error("too large");
        return { state: setUpState.parse(JSON.parse(await readFile(file, "utf8"))) };
      } catch (error) {
        const code = errorCode(error);
        if (code === "ENOENT" || code === "ENOTDIR") return { state: NOTHING_SET_UP };
        return { state: NOTHING_SET_UP, fault: code === "unknown" ? "damaged" : code };
      }
    },
    async write(state) {
      try {
        const handle = await open(draft, "w", 0o600);
        try {
          await handle.chmod(0o600);
          await handle.writeFile(JSON.stringify(state));
          await handle.sync();
        } finally {
          await handle.close();
        }
        await rename(draft, file);
        await syncFolder(dirname(file));
      } catch (cause) {
        throw new GatewayError(`What was changed cannot be kept (${errorCode(cause)})`, {
          code: "set_up.unwritable",
          kind: "transient",
          cause,
        });
      }
    },
  };
}

/** A rename is on disk only with its folder. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
