// A gateway of only its memory and its tongue: appends for ever and pushes to the receiver whose URL it is given. Says on
// stdout what it calls durable. With "drain" as third argument it only pushes what is left.
import { writeSync } from "node:fs";
import { openBuffer } from "../../src/buffer/buffer.ts";
import { silentLogger } from "../../src/core/log.ts";
import { systemClock } from "../../src/core/time.ts";
import { createHttpUpstream } from "../../src/forward/http-upstream.ts";

const [dataFolder = "", url = "", mode = ""] = process.argv.slice(2);
const buffer = await openBuffer({
  dataFolder,
  siteId: "longwan",
  bootId: "boot-1",
  clock: systemClock,
  random: Math.random,
  log: silentLogger,
  clockQuality: () => "synced",
});
const upstream = createHttpUpstream({
  id: "township",
  url,
  token: "token",
  ...buffer,
  clock: systemClock,
  random: Math.random,
  log: silentLogger,
  timing: { timeoutMs: 5000, retry: { firstMs: 10, capMs: 100 } },
});
await upstream.start();

async function append(): Promise<void> {
  const { id } = await buffer.ledger.append({
    type: "org.cunshao.test",
    class: "state",
    data: { filling: "x".repeat(Math.floor(Math.random() * 2000)) },
  });
  // Not by a stream, which may hold the line back in memory.
  writeSync(1, `durable ${id}\n`);
}

if (mode === "drain") {
  while ((await buffer.outbox.waiting("township")).events > 0) await systemClock.sleep(10);
  await upstream.stop();
  await buffer.close();
  writeSync(1, "drained\n");
} else {
  for (;;) {
    await Promise.all(Array.from({ length: 1 + Math.floor(Math.random() * 10) }, append));
    await systemClock.sleep(Math.floor(Math.random() * 5));
  }
}
