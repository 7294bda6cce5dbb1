import { errorCode } from "./core/errors.ts";
import type { Logger } from "./core/log.ts";
import type { Part } from "./core/part.ts";
import { systemClock, within } from "./core/time.ts";

/** A part that takes longer to stop is left behind. */
const PART_STOP_MS = 4000;

/** Stops all at once. Never rejects: what does not stop is in the log. @returns whether all did. */
export async function stopParts(parts: readonly Part[], log: Logger): Promise<boolean> {
  const stopped = await Promise.all(
    parts.map(async (part) => {
      try {
        await within(systemClock, PART_STOP_MS, `stopping ${part.name}`, part.stop());
        return true;
      } catch (error) {
        log.error({ part: part.name, code: errorCode(error), error: String(error) }, "a part did not stop");
        return false;
      }
    }),
  );
  return !stopped.includes(false);
}
