import { errorCode, errorMessage } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { SerialLink } from "./serial-link.ts";

/** Stops a voice module that could not be told to while its port was away: it may still be speaking. */
export interface LateStop {
  /** Takes note of a failure that may have left the module speaking. */
  failed(error: unknown): void;
  /** The module is known to be silent. */
  silent(): void;
  /** Silences the module for the last time; never throws. */
  close(): Promise<void>;
}

export function createLateStop(
  { link, log }: { readonly link: SerialLink; readonly log: Logger },
  stop: () => Promise<void>,
): LateStop {
  let isDue = false;

  function report(error: unknown, message: string): void {
    log.warn({ code: errorCode(error), reason: errorMessage(error) }, message);
  }

  const stopWatching = link.onStateChange((state) => {
    if (state !== "open" || !isDue) return;
    isDue = false;
    stop().catch((error) => report(error, "voice module not stopped after its port came back"));
  });

  return {
    failed(error) {
      if (["serial.port_lost", "serial.timeout"].includes(errorCode(error))) isDue = true;
    },
    silent() {
      isDue = false;
    },
    async close() {
      stopWatching();
      try {
        if (link.state === "open") await stop();
      } catch (error) {
        report(error, "voice module not stopped at close");
      }
    },
  };
}
