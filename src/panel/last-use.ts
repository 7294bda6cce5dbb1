import { errorCode } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import { type Clock, isoTime } from "../core/time.ts";

/** A log-in whose page is open, and asks for nothing, counts as used this often. Each write costs the memory card a page; after a power cut a last use may be this much too early. */
export const WRITE_EVERY_MS = 10 * 60_000;
const MOST_KEPT = 2_000;

export interface Use {
  readonly at: string;
  readonly address: string;
  /** When what was used ends, unless it is used again; only where use prolongs it. */
  readonly expiresAt?: string | undefined;
}

export interface LastUse {
  used(key: string, address: string, expiresAt?: string): void;
  of(key: string): Use | undefined;
  forget(key: string): void;
}

/** When a session or token was used last: exact in memory, written now and then. */
export function createLastUse(
  { clock, log }: { clock: Clock; log: Logger },
  write: (key: string, use: Use) => Promise<void> | undefined,
): LastUse {
  const uses = new Map<string, Use & { readonly writtenMs: number }>();
  return {
    used(key, address, expiresAt) {
      const { wallMs, monotonicMs } = clock.now();
      const known = uses.get(key);
      const isDue = !known || known.address !== address || monotonicMs - known.writtenMs >= WRITE_EVERY_MS;
      const use = { at: isoTime(wallMs), address, expiresAt };
      uses.delete(key);
      uses.set(key, { ...use, writtenMs: isDue ? monotonicMs : known.writtenMs });
      const [oldest] = uses.keys();
      if (uses.size > MOST_KEPT && oldest !== undefined) uses.delete(oldest);
      if (!isDue) return;
      write(key, use)?.catch((error: unknown) => {
        log.warn({ code: errorCode(error) }, "A last use was not written");
      });
    },
    of: (key) => uses.get(key),
    forget: (key) => void uses.delete(key),
  };
}
