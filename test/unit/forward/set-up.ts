import { onTestFinished } from "vitest";
import { silentLogger } from "../../../src/core/log.ts";
import type { Clock } from "../../../src/core/time.ts";
import { systemClock } from "../../../src/core/time.ts";
import type { UpstreamTiming } from "../../../src/forward/http-upstream.ts";
import { createHttpUpstream } from "../../../src/forward/http-upstream.ts";
import { draft, scratchBuffer } from "../buffer/scratch.ts";
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
export async function setUp(timing: Partial<UpstreamTiming> = {}) {
  const buffer = await scratchBuffer();
  const receiver = await startReceiver();
  onTestFinished(() => receiver.close());
  const { clock, waits } = hurriedClock();
  const make = (url = `${receiver.url}/`) => {
    const upstream = createHttpUpstream({
      id: "township",
      url,
      token: TOKEN,
      ledger: buffer.ledger,
      outbox: buffer.outbox,
      evidence: buffer.evidence,
      evidenceOutbox: buffer.evidenceOutbox,
      clock,
      random: () => 0,
      log: silentLogger,
      timing,
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
    acknowledged: () => buffer.outbox.acknowledged("township"),
  };
}
