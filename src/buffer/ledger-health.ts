import { errorCode } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { PartHealth } from "../core/part.ts";
import type { Clock } from "../core/time.ts";
import { setAside } from "./ledger-file.ts";

const LOOK_AGAIN_MS = 60_000;

/**
 * How the ledger is. A damaged file that was set aside is told of until somebody has taken it out of its folder: until then
 * nobody has looked at why the card failed.
 */
export async function createLedgerHealth({
  folder,
  ledger,
  clock,
  log,
}: {
  readonly folder: string;
  readonly ledger: { fault(): string | undefined };
  readonly clock: Clock;
  readonly log: Logger;
}): Promise<() => PartHealth> {
  let aside = await setAside(folder);
  let lookedMs = clock.now().monotonicMs;

  function look(nowMs: number): void {
    lookedMs = nowMs;
    setAside(folder)
      .then((names) => {
        aside = names;
      })
      .catch((error: unknown) => log.warn({ code: errorCode(error) }, "the ledger's folder cannot be read"));
  }

  return () => {
    const { monotonicMs } = clock.now();
    if (aside.length > 0 && monotonicMs - lookedMs > LOOK_AGAIN_MS) look(monotonicMs);
    const fault = ledger.fault();
    if (fault) return { name: "ledger", status: "degraded", reason: fault };
    if (aside.length === 0) return { name: "ledger", status: "ok" };
    const detail = `damaged, kept until somebody takes it away: ${folder}/${aside.join(", ")}`;
    return { name: "ledger", status: "degraded", reason: "ledger.quarantined", detail };
  };
}
