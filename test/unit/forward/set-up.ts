import { onTestFinished } from "vitest";
import { ledgerPath } from "../../../src/buffer/buffer.ts";
import { openDatabase } from "../../../src/buffer/database.ts";
import { silentLogger } from "../../../src/core/log.ts";
import type { Clock } from "../../../src/core/time.ts";
import { systemClock } from "../../../src/core/time.ts";
import type { HttpUpstreamOptions } from "../../../src/forward/http-upstream.ts";
import { createHttpUpstream } from "../../../src/forward/http-upstream.ts";
import type { UpstreamTiming } from "../../../src/forward/upstream.ts";
import { draft, scratchBuffer, scratchFolder } from "../buffer/scratch.ts";
import { startReceiver } from "./receiver.ts";

export const TOKEN = "the-secret-token";

/** The real clock, but waits between attempts are only written down. */
function hurriedClock(): { clock: Clock; waits: number[] } {
  const waits: number[] = [];
  const clock: Clock = {
    ...systemClock,
    sleep(delayMs, signal) {
      waits.push(delayMs);
      return systemClock.sleep(Math.min(delayMs, 20), signal);
    },
  };
  return { clock, waits };
}

/** A buffer, a receiver, and an upstream between them that is not started yet. */
export async function setUp(
  timing: Partial<UpstreamTiming> = {},
  options: Partial<HttpUpstreamOptions> = {},
  receives: { readonly holds?: boolean | "unsaid" } = {},
) {
  const dataFolder = await scratchFolder();
  const buffer = await scratchBuffer({ dataFolder });
  const receiver = await startReceiver(receives);
  onTestFinished(() => receiver.close());
  const { clock, waits } = hurriedClock();
  const make = (url = `${receiver.url}/`) => {
    const upstream = createHttpUpstream({
      id: "township",
      url,
      token: TOKEN,
      ...buffer,
      clock,
      random: () => 0,
      log: silentLogger,
      timing,
      ...options,
    });
    onTestFinished(() => upstream.stop());
    return upstream;
  };
  return {
    ...buffer,
    buffer,
    receiver,
    waits,
    make,
    upstream: make(),
    append: (count: number, data: Record<string, unknown> = {}) =>
      Promise.all(Array.from({ length: count }, () => buffer.ledger.append(draft({ data })))),
    /** Takes the contents of events away, as retention does. */
    async evict(seqs: readonly number[]) {
      const database = await openDatabase(ledgerPath(dataFolder));
      await database.transaction(({ run }) =>
        run("UPDATE events SET body = NULL WHERE seq IN (SELECT value FROM json_each(?))", [
          JSON.stringify(seqs),
        ]),
      );
      await database.close();
    },
    acknowledged: () => buffer.outbox.acknowledged("township"),
  };
}
