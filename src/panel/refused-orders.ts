import type { FastifyRequest } from "fastify";
import type { Clock } from "../core/time.ts";
import type { Audit } from "./audit.ts";

const MINUTE_MS = 60_000;
/** Of one name; a program gone wild must not fill the ledger. */
const MOST_PER_MINUTE = 20;

/** Tells the ledger of orders that were no orders: what the horns' own guards refuse they tell themselves. */
export interface RefusedOrders {
  /** Never rejects. */
  note(request: FastifyRequest, code: string): Promise<void>;
}

export function createRefusedOrders({ audit, clock }: { audit: Audit; clock: Clock }): RefusedOrders {
  const told = new Map<string, readonly number[]>();
  return {
    async note(request, code) {
      const nowMs = clock.now().monotonicMs;
      const name = request.identity?.name ?? "";
      const lately = (told.get(name) ?? []).filter((atMs) => atMs > nowMs - MINUTE_MS);
      told.set(name, lately);
      if (lately.length >= MOST_PER_MINUTE) return;
      told.set(name, [...lately, nowMs]);
      await audit.note(request, {
        type: "org.cunshao.broadcast.refused",
        data: { ...tellable(request.body), refusal: code },
      });
    },
  };
}

/** What was asked for, as far as it can be read, and no longer than a person would have written. */
function tellable(body: unknown): Record<string, unknown> {
  if (typeof body !== "object" || body === null) return {};
  const { id, text, speakers } = body as Record<string, unknown>;
  return {
    ...(typeof id === "string" && { broadcast: id.slice(0, 64) }),
    ...(typeof text === "string" && { text: readable(text.slice(0, 200)) }),
    ...(Array.isArray(speakers) && {
      speakers: speakers
        .slice(0, 8)
        .flatMap((one) => (typeof one === "string" ? [readable(one.slice(0, 64))] : [])),
    }),
  };
}

/** Without halves of signs, which no ledger takes. */
function readable(text: string): string {
  return text.replace(/\p{Cs}/gu, "\ufffd");
}
