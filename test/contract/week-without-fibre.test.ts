import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ledgerPath, openBuffer } from "../../src/buffer/buffer.ts";
import { verifyBox } from "../../src/buffer/verify.ts";
import type { EventClass, LedgerEvent } from "../../src/core/event.ts";
import { silentLogger } from "../../src/core/log.ts";
import type { Clock } from "../../src/core/time.ts";
import { createManualClock } from "../support/manual-clock.ts";

const HOUR_MS = 3_600_000;
const HOURS = 7 * 24;
const START_MS = Date.parse("2026-07-01T06:00:00Z");
/** Ten times what a village writes in an hour: five alarms a day, and a reading of each of five sensors every five minutes. */
const RATE: Readonly<Record<EventClass, number>> = { alarm: 2, state: 200, audit: 40 };
const READINGS = 600;
const MAX_BYTES = 16e6;

test("a week without fibre at ten times the normal rate costs no alarm, and what went is told", async () => {
  const dataFolder = await mkdtemp(join(tmpdir(), "cunshao-week-"));
  onTestFinished(() => rm(dataFolder, { recursive: true, force: true }));
  let passedMs = 0;
  const { after, sleep } = createManualClock();
  const now = () => ({ wallMs: START_MS + passedMs, monotonicMs: passedMs });
  // Timers stand still: each hour does what it is told, not what every second of a week would.
  const clock: Clock = { now, after, sleep };
  const { ledger, outbox, readings, housekeeping, close } = await openBuffer({
    dataFolder,
    siteId: "longwan",
    bootId: "boot-1",
    clock,
    random: Math.random,
    log: silentLogger,
    clockQuality: () => "synced",
    keeping: {
      plan: {
        crossings: { days: 30, maxBytes: 1e9 },
        evidence: { days: 90 },
        ledger: { maxBytes: MAX_BYTES },
      },
      upstreams: ["township"],
    },
  });
  onTestFinished(close);
  await housekeeping.start();

  const raised = new Set<string>();
  async function append(kind: EventClass, hour: number, index: number): Promise<void> {
    const subject = `${kind}-${hour}-${index}`;
    const isAlarm = kind === "alarm";
    await ledger.append({
      type: isAlarm ? "org.cunshao.alarm.raised" : "org.cunshao.test",
      class: kind,
      subject,
      data: { rule: "pond-bank", severity: "warning", text: "水边危险".repeat(20), index },
    });
    if (!isAlarm) return;
    raised.add(subject);
    // Seen to on the spot: whether it may go depends on the township alone.
    await ledger.append({ type: "org.cunshao.alarm.cleared", class: kind, subject, data: {} });
  }

  let largest = 0;
  for (let hour = 0; hour < HOURS; hour++) {
    for (let index = 0; index < READINGS; index++) {
      const at = new Date(clock.now().wallMs + index).toISOString();
      readings.add({ sensor: `level-${index % 5}`, at, value: index, quality: "good" });
    }
    const appends = Object.entries(RATE).flatMap(([kind, count]) =>
      Array.from({ length: count }, (_, index) => append(kind as EventClass, hour, index)),
    );
    await Promise.all(appends);
    await readings.flush();
    passedMs += HOUR_MS;
    await housekeeping.run();
    if (hour % 24 === 0) largest = Math.max(largest, (await stat(ledgerPath(dataFolder))).size);
  }
  expect(largest).toBeLessThan(MAX_BYTES * 1.3);
  expect(await outbox.waiting("township")).toMatchObject({ alarms: 2 * raised.size });

  const all: LedgerEvent[] = [];
  for (let after = 0; ; after = all.at(-1)?.seq ?? after) {
    const page = await ledger.read({ after, limit: 1000 });
    if (page.length === 0) break;
    all.push(...page);
  }
  const alarms = all.filter(({ type }) => type === "org.cunshao.alarm.raised");
  expect(new Set(alarms.map(({ subject }) => subject))).toEqual(raised);

  const told = all.filter(({ type }) => type === "org.cunshao.ledger.evicted").map(({ data }) => data);
  expect(told.length).toBeGreaterThan(0);
  // Neither an alarm nor the audit of these months goes.
  expect(new Set(told.map(({ class: kind }) => kind))).toEqual(new Set(["state"]));
  expect(all.filter(({ subject }) => subject?.startsWith("audit-"))).toHaveLength(HOURS * RATE.audit);
  const evicted = told.reduce((sum, { events }) => sum + Number(events), 0);
  expect(all.length + evicted).toBe(ledger.head);
  // Telemetry before any event.
  const firstOf = (type: string): number => all.find((one) => one.type === type)?.seq ?? Infinity;
  expect(firstOf("org.cunshao.telemetry.evicted")).toBeLessThan(firstOf("org.cunshao.ledger.evicted"));
  expect(await verifyBox(dataFolder)).toMatchObject({
    intact: true,
    ledgers: [{ evicted, events: ledger.head }],
  });

  // The fibre is back: what the township has may go, and the file gets smaller.
  await outbox.acknowledge("township", ledger.head, new Date(clock.now().wallMs).toISOString());
  await Promise.all(Array.from({ length: 20 }, (_, index) => append("state", HOURS, index)));
  for (let hour = 0; hour < 12; hour++) await housekeeping.run();
  expect((await stat(ledgerPath(dataFolder))).size).toBeLessThanOrEqual(MAX_BYTES * 1.02);
  expect(await verifyBox(dataFolder)).toMatchObject({ intact: true });
}, 180_000);
