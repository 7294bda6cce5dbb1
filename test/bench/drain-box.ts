// A box of only its memory and its tongue, for bench drain. `fill <folder> <events>` makes the backlog; `drain <folder> <kind>
// <url>` sends it and says on stdout when everything is acknowledged.
import { openBuffer } from "../../src/buffer/buffer.ts";
import type { EventClass, EventDraft } from "../../src/core/event.ts";
import { silentLogger } from "../../src/core/log.ts";
import { systemClock } from "../../src/core/time.ts";
import { createUpstreams } from "../../src/forward/upstreams.ts";
import { DRAIN_SITE, DRAIN_TOKEN, RETRY_MS } from "./drain-words.ts";

const AT_ONCE = 1000;

const [mode = "", dataFolder = "", ...rest] = process.argv.slice(2);
const buffer = await openBuffer({
  dataFolder,
  siteId: DRAIN_SITE,
  bootId: "boot-1",
  clock: systemClock,
  random: Math.random,
  log: silentLogger,
  clockQuality: () => "synced",
});

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

async function fill(count: number): Promise<void> {
  for (let done = 0; done < count; done += AT_ONCE) {
    const length = Math.min(AT_ONCE, count - done);
    await Promise.all(Array.from({ length }, (_, index) => buffer.ledger.append(draftOf(done + index))));
  }
}

async function drain(kind: string, url: string): Promise<void> {
  const dependencies = { ...buffer, clock: systemClock, random: Math.random, log: silentLogger };
  const upstreams = createUpstreams(dependencies, {
    siteId: DRAIN_SITE,
    version: "bench",
    upstreams: [
      kind === "mqtt"
        ? { id: "mqtt", kind, url, topic: "cunshao", acknowledge: "ledger" }
        : { id: "http", kind: "http", url, token: DRAIN_TOKEN },
    ],
    timing: { retry: { firstMs: RETRY_MS, capMs: RETRY_MS, jitter: 0 } },
  });
  for (const part of upstreams.parts) await part.start();
  process.stdout.write("started\n");
  while ((await buffer.outbox.acknowledged(kind)) < buffer.ledger.head) await systemClock.sleep(20);
  process.stdout.write("acknowledged\n");
  for (const part of upstreams.parts) await part.stop();
}

if (mode === "fill") await fill(Number(rest[0]));
else await drain(rest[0] ?? "", rest[1] ?? "");
await buffer.close();
