// A box of only its memory and its tongue, for bench drain. `fill <folder> <events>` makes the backlog; `drain <folder> <upstream>
// <url>` sends it and says on stdout when everything is acknowledged.
import { silentLogger } from "../../src/core/log.ts";
import { systemClock } from "../../src/core/time.ts";
import { createUpstreams } from "../../src/forward/upstreams.ts";
import { fillBacklog, openBacklog } from "./backlog.ts";
import { DRAIN_SITE, DRAIN_TOKEN, RETRY_MS } from "./drain-words.ts";

const [mode = "", dataFolder = "", ...rest] = process.argv.slice(2);
const buffer = await openBacklog(dataFolder, DRAIN_SITE);

async function drain(id: string, url: string): Promise<void> {
  const dependencies = { ...buffer, clock: systemClock, random: Math.random, log: silentLogger };
  const upstreams = createUpstreams(dependencies, {
    siteId: DRAIN_SITE,
    version: "bench",
    upstreams: [
      url.startsWith("mqtt:")
        ? { id, kind: "mqtt", url, topic: "cunshao", acknowledge: "ledger" }
        : { id, kind: "http", url, token: DRAIN_TOKEN },
    ],
    timing: { retry: { firstMs: RETRY_MS, capMs: RETRY_MS, jitter: 0 } },
  });
  for (const part of upstreams.parts) await part.start();
  process.stdout.write("started\n");
  while ((await buffer.outbox.acknowledged(id)) < buffer.ledger.head) await systemClock.sleep(20);
  process.stdout.write("acknowledged\n");
  for (const part of upstreams.parts) await part.stop();
}

if (mode === "fill") await fillBacklog(buffer, Number(rest[0]));
else await drain(rest[0] ?? "", rest[1] ?? "");
await buffer.close();
