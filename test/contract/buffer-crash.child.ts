// Appends events for ever, in bursts, and says of each on stdout when the ledger calls it durable.
// With a number as second argument: so many, one after the other, then ends.
import { writeSync } from "node:fs";
import { openBuffer } from "../../src/buffer/buffer.ts";
import { silentLogger } from "../../src/core/log.ts";
import { systemClock } from "../../src/core/time.ts";

const [dataFolder = "", countText] = process.argv.slice(2);
const { ledger, close } = await openBuffer({
  dataFolder,
  siteId: "longwan",
  bootId: "boot-1",
  clock: systemClock,
  random: Math.random,
  log: silentLogger,
  clockQuality: () => "synced",
});

async function append(): Promise<void> {
  const { seq, hash } = await ledger.append({
    type: "org.cunshao.alarm.raised",
    class: "alarm",
    subject: `alarm-${Math.random()}`,
    data: { rule: "pond-bank", severity: "warning", filling: "x".repeat(Math.floor(Math.random() * 2000)) },
  });
  // Not by a stream, which may hold the line back in memory.
  writeSync(1, `durable ${seq} ${hash}\n`);
}

writeSync(1, "open\n");
if (countText === undefined) {
  for (;;) await Promise.all(Array.from({ length: 1 + Math.floor(Math.random() * 20) }, append));
}
for (let count = 0; count < Number(countText); count += 1) await append();
await close();
