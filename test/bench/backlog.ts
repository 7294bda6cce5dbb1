import { openBuffer } from "../../src/buffer/buffer.ts";
import type { EventClass, EventDraft } from "../../src/core/event.ts";
import { silentLogger } from "../../src/core/log.ts";
import { systemClock } from "../../src/core/time.ts";

const AT_ONCE = 1000;

/** The ledger of a box of the bench, opened as the gateway does. */
export function openBacklog(dataFolder: string, siteId: string): ReturnType<typeof openBuffer> {
  return openBuffer({
    ...{ dataFolder, siteId, bootId: "boot-1" },
    clock: systemClock,
    random: Math.random,
    log: silentLogger,
    clockQuality: () => "synced",
  });
}

/** One alarm in twenty, one audit entry in ten, else states. */
function draftOf(index: number): EventDraft {
  const eventClass: EventClass = index % 20 === 0 ? "alarm" : index % 10 === 1 ? "audit" : "state";
  return {
    type: "org.cunshao.broadcast.finished",
    class: eventClass,
    subject: `b${index}`,
    data: {
      broadcast: `b${index}`,
      speaker: "pond",
      result: "played",
      text: "水边危险，请速离开",
      priority: "rule",
      source: { kind: "rule", name: "pond-bank" },
    },
  };
}

/** Appends what a village did while nobody could hear of it. */
export async function fillBacklog(
  { ledger }: Pick<Awaited<ReturnType<typeof openBuffer>>, "ledger">,
  count: number,
): Promise<void> {
  for (let done = 0; done < count; done += AT_ONCE) {
    const length = Math.min(AT_ONCE, count - done);
    await Promise.all(Array.from({ length }, (_, index) => ledger.append(draftOf(done + index))));
  }
}
