import type { Speech } from "../../core/devices.ts";
import { errorCode, errorMessage } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { PartHealth } from "../../core/part.ts";
import type { Clock } from "../../core/time.ts";

/** What was made before is found on the disk within this, however badly the voice does now. */
const LOOK_MS = 250;

export interface PreferredSpeech extends Speech {
  health(): PartHealth;
}

/**
 * A better voice, and the one that never fails: `preferred` is given `patienceMs`, then `usual` speaks. What comes later is kept
 * for the next time. A voice that failed is not waited for again until it makes something: nobody at the water waits
 * for a broken program.
 */
export function createPreferredSpeech(
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
  preferred: Speech,
  usual: Speech,
  patienceMs: number,
): PreferredSpeech {
  let fault: { readonly code: string; readonly message: string } | undefined;

  function note(error: unknown): void {
    const [code, message] = [errorCode(error), errorMessage(error)];
    // Words that nobody can say are no fault of the voice.
    if (!code.startsWith("speech.program_")) return;
    if (fault?.code !== code) log.error({ code, error: message }, "the site's own voice failed");
    fault = { code, message };
  }

  return {
    async render(text) {
      const made = preferred.render(text).then(
        (sound) => {
          fault = undefined;
          return sound;
        },
        (error: unknown) => {
          note(error);
          return undefined;
        },
      );
      const waiting = new AbortController();
      const patience = clock
        .sleep(fault ? Math.min(LOOK_MS, patienceMs) : patienceMs, waiting.signal)
        .catch(() => undefined);
      const sound = await Promise.race([made, patience]);
      waiting.abort();
      return sound ?? usual.render(text);
    },
    health() {
      const name = "voice program";
      if (!fault) return { name, status: "ok" };
      return { name, status: "degraded", reason: fault.code, detail: fault.message };
    },
  };
}
