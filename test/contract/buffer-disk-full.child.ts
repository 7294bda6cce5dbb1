// Lives through a full disk and prints what happened as JSON. Runs in a mount namespace of its own, on a small tmpfs that
// it mounts over the folder given: nothing outside sees it.
import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openBuffer } from "../../src/buffer/buffer.ts";
import { verifyChain } from "../../src/buffer/chain.ts";
import { errorCode } from "../../src/core/errors.ts";
import { silentLogger } from "../../src/core/log.ts";
import { systemClock } from "../../src/core/time.ts";

const [folder = ""] = process.argv.slice(2);
const filler = join(folder, "filler");
execFileSync("mount", ["-t", "tmpfs", "-o", "size=6m", "tmpfs", folder]);

const open = () =>
  openBuffer({
    dataFolder: join(folder, "data"),
    siteId: "longwan",
    bootId: "boot-1",
    clock: systemClock,
    random: Math.random,
    log: silentLogger,
    clockQuality: () => "synced",
  });
const buffer = await open();
const { ledger, evidence, outbox, readings, alarms } = buffer;

const durable: string[] = [];
async function append(): Promise<string> {
  try {
    const { hash } = await ledger.append({
      type: "org.cunshao.alarm.raised",
      class: "alarm",
      subject: `alarm-${durable.length}`,
      data: { rule: "pond-bank", severity: "warning", filling: "x".repeat(20_000) },
    });
    durable.push(hash);
    return "";
  } catch (error) {
    return errorCode(error);
  }
}

for (let count = 0; count < 10; count += 1) await append();
const beforeFull = durable.length;

for (let sizeBytes = 1_048_576; sizeBytes >= 1; sizeBytes = Math.floor(sizeBytes / 2)) {
  try {
    for (;;) writeFileSync(filler, "x".repeat(sizeBytes), { flag: "a", flush: true });
  } catch {
    // This size does not fit any more; a smaller one may.
  }
}
const refusals: string[] = [];
for (let count = 0; count < 200 && refusals.length < 20; count += 1) {
  const code = await append();
  if (code !== "") refusals.push(code);
}
const evidenceRefusal = await evidence.put(Buffer.alloc(400_000, 1), "image/jpeg").catch(errorCode);
readings.add({ sensor: "pond-level", at: "2026-07-01T00:00:00.000Z", value: 3.2, quality: "good" });
await readings.flush();
const whileFull = {
  head: ledger.head,
  read: (await ledger.read({ after: 0, limit: 1000 })).length,
  alarms: (await alarms.latest(1000)).length,
  waiting: (await outbox.waiting("township")).events,
};
const durableWhileFull = durable.length;

rmSync(filler);
const afterwards: string[] = [];
for (let count = 0; count < 20; count += 1) afterwards.push(await append());
await evidence.put(Buffer.alloc(400_000, 1), "image/jpeg");
await readings.flush();
const readingsAfter = await readings.between("pond-level", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z", 9);
await buffer.close();

const reopened = await open();
const verdict = await verifyChain(reopened.ledger.records);
const stored = (await reopened.ledger.records(0)).map(({ hash }) => hash);
await reopened.close();

process.stdout.write(
  `${JSON.stringify({
    beforeFull,
    durableWhileFull,
    refusals,
    evidenceRefusal,
    whileFull,
    afterwards,
    readingsAfter: readingsAfter.length,
    verdict,
    lost: durable.filter((hash) => !stored.includes(hash)).length,
    extra: stored.length - durable.length,
  })}\n`,
);
