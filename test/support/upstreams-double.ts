import type { DeadLetter, UpstreamDesk, UpstreamState } from "../../src/core/delivery.ts";
import { GatewayError } from "../../src/core/errors.ts";

/** Upstreams in memory; what is retried is written down. */
export function createUpstreamsDouble(): UpstreamDesk & {
  readonly shown: UpstreamState[];
  readonly letters: DeadLetter[];
  readonly retried: string[];
} {
  const shown: UpstreamState[] = [];
  const letters: DeadLetter[] = [];
  const retried: string[] = [];
  return {
    shown,
    letters,
    retried,
    states: () => shown,
    deadLetters: async (limit) => letters.slice(0, limit),
    async retry(upstream, seq) {
      const index = letters.findIndex((letter) => letter.upstream === upstream && letter.seq === seq);
      if (index < 0)
        throw new GatewayError("No such letter", { code: "dead_letter.unknown", kind: "permanent" });
      letters.splice(index, 1);
      retried.push(`${upstream} ${seq}`);
    },
  };
}
