import { errorCode } from "../core/errors.ts";
import type { EventDraft, Ledger } from "../core/event.ts";
import type { Logger } from "../core/log.ts";
import type { Part } from "../core/part.ts";
import type { Act } from "./acts.ts";
import type { Heart } from "./heart.ts";

/** The guard as a part of the gateway: whether one watches, and what it did while no gateway ran, for the ledger. */
export function createGuardDesk(
  { ledger, log }: { readonly ledger: Pick<Ledger, "append">; readonly log: Logger },
  heart: Pick<Heart, "acts" | "health">,
): Part {
  async function tell(): Promise<void> {
    for (const { act, forget } of heart.acts()) {
      try {
        await ledger.append(eventOf(act));
        forget();
      } catch (error) {
        // It is told at the next start.
        log.error({ code: errorCode(error) }, "what the guard did could not be recorded");
      }
    }
  }
  return {
    name: "guard",
    async start() {
      // Not waited for: a ledger on a full disk must not keep the rules from being armed.
      void tell();
    },
    async stop() {},
    health: heart.health,
  };
}

function eventOf(act: Act): EventDraft {
  return { type: "org.cunshao.guard.acted", class: "state", data: { ...act } };
}
