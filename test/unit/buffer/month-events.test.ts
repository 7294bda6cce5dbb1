import { expect, test } from "vitest";
import type { EventDraft } from "../../../src/core/event.ts";
import type { MonthEvents } from "../../../src/core/monthly-sheet.ts";
import { isoTime } from "../../../src/core/time.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { scratchBuffer, scratchFolder } from "./scratch.ts";

const DAY_MS = 86_400_000;
const START_MS = Date.parse("2026-01-01T00:00:00Z");

const event = (type: string, subject?: string): EventDraft => ({
  ...{ type: `org.cunshao.${type}`, class: "state", data: {} },
  ...(subject !== undefined && { subject }),
});

async function read(events: MonthEvents, fromMs: number, untilMs: number) {
  const found: { type: string; time: string; seq: number }[] = [];
  for await (const page of events.between(fromMs, untilMs)) found.push(...page);
  return found;
}

/** A box that writes four thousand events in a hundred days, among them an alarm and an outage each day. */
async function longYear(clockQuality: (day: number) => "synced" | "unsynced" = () => "synced") {
  const clock = createManualClock(START_MS);
  let day = 0;
  const buffer = await scratchBuffer({ clock, clockQuality: () => clockQuality(day) });
  for (; day < 100; day++) {
    clock.set(START_MS + day * DAY_MS);
    await Promise.all([
      buffer.ledger.append(event("alarm.raised", `alarm-${day}`)),
      buffer.ledger.append(event("sensor.changed", `sensor-${day}`)),
      ...Array.from({ length: 38 }, () => buffer.ledger.append(event("line.crossed"))),
    ]);
  }
  return buffer;
}

test("a month is found among the events of a year, with all outages before it and nothing else", async () => {
  const { monthEvents } = await longYear();
  const [fromMs, untilMs] = [START_MS + 80 * DAY_MS, START_MS + 90 * DAY_MS];
  const found = await read(monthEvents, fromMs, untilMs);
  const alarms = found.filter(({ type }) => type === "org.cunshao.alarm.raised");
  const outages = found.filter(({ type }) => type === "org.cunshao.sensor.changed");
  expect(found.map(({ seq }) => seq)).toEqual([...found.map(({ seq }) => seq)].sort((a, b) => a - b));
  expect(found.some(({ type }) => type === "org.cunshao.line.crossed")).toBe(false);
  // Some alarms before the month may come along; all of the month have to.
  expect(alarms.length).toBeLessThan(60);
  const times = new Set(alarms.map(({ time }) => time));
  for (let ms = fromMs; ms < untilMs; ms += DAY_MS) expect(times).toContain(isoTime(ms));
  expect(outages.length).toBeGreaterThanOrEqual(90);
});

test("where no clock was ever right everything is read: too much rather than too little", async () => {
  const { monthEvents } = await longYear(() => "unsynced");
  const found = await read(monthEvents, START_MS + 80 * DAY_MS, START_MS + 81 * DAY_MS);
  expect(found.filter(({ type }) => type === "org.cunshao.alarm.raised")).toHaveLength(100);
});

test("a stretch by a wrong clock hides nothing of the month", async () => {
  const { monthEvents } = await longYear((day) => (day > 30 && day < 85 ? "unsynced" : "synced"));
  const found = await read(monthEvents, START_MS + 80 * DAY_MS, START_MS + 90 * DAY_MS);
  const days = found.filter(({ type }) => type === "org.cunshao.alarm.raised").map(({ time }) => time);
  for (let day = 80; day < 90; day++) expect(days).toContain(isoTime(START_MS + day * DAY_MS));
});

test("an empty ledger has no month", async () => {
  const { monthEvents } = await scratchBuffer();
  expect(await read(monthEvents, 0, DAY_MS)).toEqual([]);
});

test("a start knows when the run before it last wrote anything down", async () => {
  const dataFolder = await scratchFolder();
  const clock = createManualClock(START_MS);
  const first = await scratchBuffer({ dataFolder, clock });
  expect(first.lastSign).toBeUndefined();
  await first.ledger.append(event("gateway.started"));
  clock.set(START_MS + 60_000);
  first.readings.add({ sensor: "level", at: isoTime(clock.now().wallMs), value: 2, quality: "good" });
  await first.close();
  clock.set(START_MS + DAY_MS);
  const second = await scratchBuffer({ dataFolder, clock });
  expect(second.lastSign).toBe(isoTime(START_MS + 60_000));
});
