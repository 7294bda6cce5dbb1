// npm run bench -- month --json: how long the sheet of a month with a million events takes, of which one in fifty matters to it; beside it
// how long SQLite takes to read all bodies of that month. Writing three such months takes half an hour (CUNSHAO_BENCH_EVENTS).
import { mkdtemp, rm, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ledgerPath, openBuffer, type Buffer as VillageBuffer } from "../../src/buffer/buffer.ts";
import { openDatabase } from "../../src/buffer/database.ts";
import type { EventDraft } from "../../src/core/event.ts";
import { silentLogger } from "../../src/core/log.ts";
import { createMonthCount } from "../../src/panel/monthly/month-count.ts";
import { monthSpan } from "../../src/panel/monthly/month-span.ts";
import { createManualClock } from "../support/manual-clock.ts";
import { MissingPart } from "./missing-part.ts";
import { percentiles } from "./percentiles.ts";

const EVENTS = Number(process.env["CUNSHAO_BENCH_EVENTS"] ?? 1_000_000);
/** One before and one after the month that is counted. */
const MONTHS = 3;
const SPAN = monthSpan("2026-11", "Asia/Shanghai");
const DAY_MS = 86_400_000;
const ROUNDS = 5;
const BATCH = 5_000;
const OF_SHEET_EVERY = 50;
/** Of the database, with the log beside it. */
const BYTES_PER_EVENT = 1_000;

export async function measureMonth(): Promise<object> {
  await expectRoom(EVENTS * MONTHS * BYTES_PER_EVENT);
  const dataFolder = await mkdtemp(join(tmpdir(), "cunshao-month-"));
  try {
    const fromMs = SPAN.dayStartsMs[0] ?? 0;
    const monthMs = SPAN.untilMs - fromMs;
    const clock = createManualClock(fromMs - monthMs);
    const buffer = await openBuffer({
      ...{ dataFolder, siteId: "bench", bootId: "bench", clock, random: Math.random, log: silentLogger },
      clockQuality: () => "synced",
    });
    for (let done = 0; done < EVENTS * MONTHS; done += BATCH) {
      clock.set(fromMs - monthMs + Math.floor((done * monthMs) / EVENTS));
      await Promise.all(
        Array.from({ length: BATCH }, (_, index) => buffer.ledger.append(eventOf(done + index))),
      );
      process.stderr.write(`\r${done + BATCH} events `);
    }
    const tookMs: number[] = [];
    let alarms = 0;
    const startBytes = process.memoryUsage().heapUsed;
    let mostBytes = startBytes;
    for (let round = 0; round < ROUNDS; round++) {
      const begunMs = performance.now();
      alarms = await countOnce(buffer, fromMs, () => {
        mostBytes = Math.max(mostBytes, process.memoryUsage().heapUsed);
      });
      tookMs.push(performance.now() - begunMs);
    }
    const head = buffer.ledger.head;
    await buffer.close();
    const floor = await readBodies(dataFolder, head);
    const sheetMs = percentiles(tookMs);
    return {
      eventsOfMonth: EVENTS,
      events: head,
      alarms,
      sheetMs,
      mostHeapMB: Math.round((mostBytes - startBytes) / 1e5) / 10,
      floor: { name: "SQLite reading every body of the month", ...floor },
      ratio: Math.round((sheetMs.p50 / Math.max(1, floor.p50)) * 100) / 100,
    };
  } finally {
    await rm(dataFolder, { recursive: true, force: true });
    process.stderr.write("\n");
  }
}

async function expectRoom(bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(tmpdir());
  if (bavail * bsize > bytes) return;
  throw new MissingPart(`bench month: needs ${(bytes / 1e9).toFixed(1)} GB of room in ${tmpdir()}`);
}

/** Of fifty events an alarm's life once, and the rest what the sheet does not need. */
function eventOf(index: number): EventDraft {
  const step = index % (4 * OF_SHEET_EVERY);
  const alarm = `alarm-${Math.floor(index / (4 * OF_SHEET_EVERY))}`;
  const event = (type: string, data: EventDraft["data"]): EventDraft => ({
    ...{ type: `org.cunshao.${type}`, class: "state", subject: alarm, data },
  });
  const because = { kind: "presence", camera: "pond", zone: "bank", present: true, boxes: [] };
  switch (step) {
    case 0:
      return event("alarm.raised", { rule: "pond", severity: "warning", because });
    case OF_SHEET_EVERY:
      return event("broadcast.finished", { alarm, result: "played", source: { kind: "rule", name: "pond" } });
    case 2 * OF_SHEET_EVERY:
      return event("alarm.cleared", {});
    case 3 * OF_SHEET_EVERY:
      return event("sensor.changed", { sensor: "level", quality: "good" });
    default:
      return event("line.crossed", { camera: "gate", direction: "in", track: index, because });
  }
}

async function countOnce({ monthEvents }: VillageBuffer, fromMs: number, look: () => void): Promise<number> {
  const count = createMonthCount({
    span: SPAN,
    nowMs: SPAN.untilMs + 30 * DAY_MS,
    corrections: [],
    most: { alarms: 40, outages: 20 },
    namesOf: (rule) => ({ name: rule, place: rule }),
    outageName: (_kind, id) => id,
  });
  for await (const events of monthEvents.between(fromMs, SPAN.untilMs + 7 * DAY_MS)) {
    for (const event of events) count.add(event);
    look();
  }
  return count.sheet(0).total.alarms;
}

async function readBodies(dataFolder: string, head: number) {
  const database = await openDatabase(ledgerPath(dataFolder));
  const tookMs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const begunMs = performance.now();
    await database.all("SELECT sum(length(body)) FROM events WHERE seq BETWEEN ? AND ?", [
      Math.floor(head / MONTHS),
      Math.floor((2 * head) / MONTHS),
    ]);
    tookMs.push(performance.now() - begunMs);
  }
  await database.close();
  return percentiles(tookMs);
}
