// Appends alarms in bursts and keeps pictures, and says of each on stdout when it is called durable; then ends.
import { randomBytes } from "node:crypto";
import { writeSync } from "node:fs";
import { openBuffer } from "../../../src/buffer/buffer.ts";
import { silentLogger } from "../../../src/core/log.ts";
import { systemClock } from "../../../src/core/time.ts";

const [dataFolder = "", bursts = "20"] = process.argv.slice(2);
const { ledger, evidence, outbox, readings, close } = await openBuffer({
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
    data: { rule: "pond-bank", severity: "warning", filling: "x".repeat(Math.floor(Math.random() * 12_000)) },
  });
  writeSync(1, `durable ${seq} ${hash}\n`);
}

for (let burst = 0; burst < Number(bursts); burst++) {
  await Promise.all(Array.from({ length: 1 + Math.floor(Math.random() * 12) }, append));
  if (burst % 4 === 0) {
    const sha256 = await evidence.put(randomBytes(3000), "image/jpeg");
    writeSync(1, `evidence ${sha256}\n`);
  }
  if (burst % 5 === 0) {
    await outbox.acknowledge("township", ledger.head, new Date().toISOString());
    writeSync(1, `acknowledged ${ledger.head}\n`);
  }
  readings.add({ sensor: "pond", at: new Date().toISOString(), value: burst, quality: "good" });
}
await close();
