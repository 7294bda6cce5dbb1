import type { CommandOrigin } from "../core/command.ts";
import { errorCode, errorMessage } from "../core/errors.ts";
import type { Ledger } from "../core/event.ts";
import type { Logger } from "../core/log.ts";
import type { Clock } from "../core/time.ts";
import type { Command } from "./command-form.ts";

/** So many refusals are told at once, then one in so long: whoever knocks without end fills no disk. */
const AT_ONCE = 20;
const EVERY_MS = 30_000;

export interface Refusals {
  /** Never rejects. */
  tell(
    command: Command | undefined,
    origin: Pick<CommandOrigin, "via" | "address">,
    error: unknown,
  ): Promise<void>;
}

/** Commands that were not obeyed, as events; how many were not told stands in the next one. */
export function createRefusals({
  ledger,
  clock,
  log,
}: {
  ledger: Pick<Ledger, "append">;
  clock: Clock;
  log: Logger;
}): Refusals {
  let left = AT_ONCE;
  let filledMs = clock.now().monotonicMs;
  let untold = 0;

  return {
    async tell(command, { via, address }, error) {
      const nowMs = clock.now().monotonicMs;
      const more = Math.floor((nowMs - filledMs) / EVERY_MS);
      if (more > 0) {
        left = Math.min(AT_ONCE, left + more);
        filledMs += more * EVERY_MS;
      }
      if (left === 0) {
        untold++;
        return;
      }
      left--;
      const others = untold;
      untold = 0;
      await ledger
        .append({
          type: "org.cunshao.command.refused",
          class: "audit",
          ...(command && { subject: command.id }),
          data: {
            via,
            ...(address !== undefined && { address }),
            ...(command && { kind: command.kind, site: command.site, expires: command.expires }),
            ...(command?.key !== undefined && { key: command.key }),
            refusal: errorCode(error),
            detail: errorMessage(error).slice(0, 300),
            ...(others > 0 && { others }),
          },
        })
        .catch((failure: unknown) => {
          log.error(
            { code: errorCode(failure), refusal: errorCode(error) },
            "a refusal could not be recorded",
          );
        });
    },
  };
}
