import type { BroadcastSource } from "../core/broadcast.ts";
import { errorCode } from "../core/errors.ts";
import type { Ledger } from "../core/event.ts";
import type { Logger } from "../core/log.ts";
import type { Clock } from "../core/time.ts";

/** Who turns the pages of one search, or moves along a timeline, is recorded once in this time. */
const ONCE_MS = 600_000;
const MOST_REMEMBERED = 1_000;

export interface Search {
  readonly from: string;
  readonly to: string;
  readonly zone?: string | undefined;
  readonly line?: unknown;
  readonly area?: unknown;
}

/** Writes into the ledger who searched where people were. A ledger that takes nothing is logged: the search goes on. */
export function createSearchAudit({
  ledger,
  clock,
  log,
}: {
  readonly ledger: Pick<Ledger, "append">;
  readonly clock: Clock;
  readonly log: Logger;
}): (by: BroadcastSource, camera: string, search: Search) => void {
  const recorded = new Map<string, number>();
  return (by, camera, { from, to, ...where }) => {
    const key = JSON.stringify([by.kind, by.name, camera, where]);
    const nowMs = clock.now().monotonicMs;
    if (nowMs - (recorded.get(key) ?? Number.NEGATIVE_INFINITY) < ONCE_MS) return;
    recorded.delete(key);
    recorded.set(key, nowMs);
    const [oldest] = recorded.keys();
    if (recorded.size > MOST_REMEMBERED && oldest !== undefined) recorded.delete(oldest);
    const given = Object.fromEntries(Object.entries(where).filter(([, value]) => value !== undefined));
    ledger
      .append({
        type: "org.cunshao.movement.searched",
        class: "audit",
        subject: camera,
        data: { by: { kind: by.kind, name: by.name }, camera, from, to, ...given },
      })
      .catch((error: unknown) => {
        log.error({ code: errorCode(error), camera }, "a search of movement could not be recorded");
      });
  };
}
