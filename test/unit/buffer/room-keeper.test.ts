import { describe, expect, test } from "vitest";
import type { Buffer as VillageBuffer } from "../../../src/buffer/buffer.ts";
import { ledgerFolder, ledgerPath } from "../../../src/buffer/buffer.ts";
import { openDatabase } from "../../../src/buffer/database.ts";
import { EVICTED } from "../../../src/buffer/evictions.ts";
import { createRoomKeeper } from "../../../src/buffer/room-keeper.ts";
import { verifyBox } from "../../../src/buffer/verify.ts";
import type { EventClass } from "../../../src/core/event.ts";
import { silentLogger } from "../../../src/core/log.ts";
import { systemClock } from "../../../src/core/time.ts";
import { draft, scratchBuffer, scratchFolder } from "./scratch.ts";

const always = () => true;
const DAY_MS = 86_400_000;

/** Fills a ledger with classes in turn, each event of about 4 kB, and keeps it within `maxBytes`, a year later if nothing else is said. */
async function createRig(clock = systemClock) {
  const dataFolder = await scratchFolder();
  const buffer = await scratchBuffer({ dataFolder, clock });
  const database = await openDatabase(ledgerPath(dataFolder));
  let free = 1e12;
  let daysLater = 365;
  let clockQuality: "synced" | "unsynced" = "synced";
  return {
    dataFolder,
    buffer,
    async fill(count: number, kinds: readonly EventClass[] = ["alarm", "state", "audit"]) {
      await Promise.all(
        Array.from({ length: count }, (_, index) =>
          buffer.ledger.append(
            draft({ class: kinds[index % kinds.length] ?? "state", data: { text: "x".repeat(4000), index } }),
          ),
        ),
      );
    },
    fullDisk(freeBytes = 0) {
      free = freeBytes;
    },
    look(days: number, quality: "synced" | "unsynced" = "synced") {
      daysLater = days;
      clockQuality = quality;
    },
    async keep(maxBytes: number, upstreams: readonly string[] = ["township"]) {
      const keeper = createRoomKeeper(
        {
          ...{ database, ledger: buffer.ledger, folder: ledgerFolder(dataFolder), log: silentLogger },
          acknowledged: (upstream) => buffer.outbox.acknowledged(upstream),
          unreadFrom: () => buffer.cursors.unreadFrom(),
          clock: {
            ...systemClock,
            now() {
              const { wallMs, monotonicMs } = systemClock.now();
              return { wallMs: wallMs + daysLater * DAY_MS, monotonicMs };
            },
          },
          clockQuality: () => clockQuality,
          freeBytes: async () => free,
        },
        { maxBytes, upstreams },
      );
      await keeper.keep(always);
    },
    usedBytes: async () => (await database.space()).usedBytes,
    close: () => database.close(),
  };
}

async function left({ ledger }: VillageBuffer): Promise<Record<string, number>> {
  const events = await ledger.read({ after: 0, limit: 1000 });
  const counts: Record<string, number> = {};
  for (const { class: kind, type } of events) {
    if (type === "org.cunshao.test") counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

describe("room in the ledger", () => {
  test("is not made while it is within its quota", async () => {
    const { buffer, fill, keep, close } = await createRig();
    await fill(30);
    await keep(10e6);
    expect(await left(buffer)).toEqual({ alarm: 10, state: 10, audit: 10 });
    await close();
  });

  test("is made of what everybody has: audit, then state, then alarms", async () => {
    const { buffer, dataFolder, fill, keep, usedBytes, close } = await createRig();
    await fill(300);
    const full = await usedBytes();
    await buffer.outbox.acknowledge("township", 300, "2026-07-01T00:00:00Z");
    await keep(full * 0.9);
    const first = await left(buffer);
    expect(first).toMatchObject({ alarm: 100, state: 100 });
    expect(first["audit"] ?? 0).toBeLessThan(100);
    await keep(full * 0.6);
    expect(await left(buffer)).toMatchObject({ alarm: 100 });
    await keep(full * 0.35);
    expect((await left(buffer))["alarm"]).toBeLessThan(100);
    expect(await verifyBox(dataFolder)).toMatchObject({ intact: true });
    await close();
  });

  test("never costs an alarm that somebody lacks, nor one that is open, whatever the quota", async () => {
    const { buffer, dataFolder, fill, keep, close } = await createRig();
    const raise = (subject: string) =>
      buffer.ledger.append({
        type: "org.cunshao.alarm.raised",
        class: "alarm",
        subject,
        data: { rule: "r", severity: "danger" },
      });
    await raise("open");
    await raise("over");
    await buffer.ledger.append({
      type: "org.cunshao.alarm.cleared",
      class: "alarm",
      subject: "over",
      data: {},
    });
    await fill(60);
    await buffer.outbox.acknowledge("township", 30, "2026-07-01T00:00:00Z");
    await keep(1000);
    const events = await buffer.ledger.read({ after: 0, limit: 1000 });
    const raised = events.filter(({ type }) => type === "org.cunshao.alarm.raised");
    expect(raised.map(({ subject }) => subject)).toEqual(["open"]);
    const kept = events.filter(({ type }) => type === "org.cunshao.test");
    expect(kept.every(({ class: kind, seq }) => kind === "alarm" && seq > 30)).toBe(true);
    expect(kept).toHaveLength(11);
    const told = events.filter(({ type }) => type === "org.cunshao.ledger.evicted");
    expect(told.map(({ data }) => [data["class"], data["acknowledged"]])).toEqual([
      ["audit", true],
      ["state", true],
      ["alarm", true],
      ["audit", false],
      ["state", false],
    ]);
    expect(await verifyBox(dataFolder)).toMatchObject({ intact: true });
    await close();
  });

  test("waits for pullers with a cursor as for upstreams", async () => {
    const { buffer, fill, keep, close } = await createRig();
    await fill(60, ["alarm"]);
    await buffer.cursors.put({ name: "county", ledger: buffer.ledger.id, seq: 20 });
    await keep(1000, []);
    expect(await left(buffer)).toEqual({ alarm: 40 });
    await close();
  });

  test("keeps what an upstream refused: of alarms always, of the rest as what somebody lacks", async () => {
    const { buffer, dataFolder, fill, keep, close } = await createRig();
    await fill(6);
    const at = "2026-07-01T00:00:00Z";
    await buffer.outbox.acknowledge("township", 6, at);
    const kinds = ["alarm", "state"] as const;
    await buffer.deadLetters.add(
      "township",
      kinds.map((kind, index) => ({ seq: index + 1, class: kind, code: "upstream.rejected", at })),
    );
    // Those of an upstream that is not configured any more wait for nobody.
    await buffer.deadLetters.add("former", [{ seq: 4, class: "alarm", code: "upstream.rejected", at }]);
    await keep(1000);
    const events = await buffer.ledger.read({ after: 0, limit: 100 });
    expect(events.filter(({ type }) => type === "org.cunshao.test").map(({ seq }) => seq)).toEqual([1]);
    expect(events.at(-1)?.data).toMatchObject({ class: "state", firstSeq: 2, acknowledged: false });
    expect(await verifyBox(dataFolder)).toMatchObject({ intact: true });
    await close();
  });

  test("leaves the audit of six months alone, whatever the quota", async () => {
    const { buffer, dataFolder, fill, look, keep, close } = await createRig();
    await fill(30);
    look(179);
    await keep(1000, []);
    expect(await left(buffer)).toEqual({ audit: 10 });
    look(181, "unsynced");
    await keep(1000, []);
    expect(await left(buffer)).toEqual({ audit: 10 });
    look(181);
    await keep(1000, []);
    expect(await left(buffer)).toEqual({});
    expect(await verifyBox(dataFolder)).toMatchObject({ intact: true });
    await close();
  });

  test("of audit that was written while the clock was wrong is not made before its neighbours are old", async () => {
    let wrongByMs = 0;
    const clock = {
      ...systemClock,
      now: () => ({ ...systemClock.now(), wallMs: systemClock.now().wallMs + wrongByMs }),
    };
    const { buffer, fill, look, keep, close } = await createRig(clock);
    await fill(3, ["audit"]);
    wrongByMs = -20_000 * DAY_MS;
    await fill(3, ["audit"]);
    wrongByMs = 20_000 * DAY_MS;
    await fill(3, ["audit"]);
    look(100);
    await keep(1000, []);
    expect(await left(buffer)).toEqual({ audit: 9 });
    look(200);
    await keep(1000, []);
    expect(await left(buffer)).toEqual({});
    await close();
  });

  test("costs the audit of six months where the disk would not take an alarm otherwise, last of all", async () => {
    const { buffer, dataFolder, fill, fullDisk, look, keep, close } = await createRig();
    await fill(300);
    await buffer.outbox.acknowledge("township", 150, "2026-07-01T00:00:00Z");
    look(1);
    fullDisk(64e6 - 100_000);
    await keep(1e9);
    expect(await left(buffer)).toMatchObject({ alarm: 100, audit: 100 });
    fullDisk(0);
    await keep(1e9);
    expect(await left(buffer)).toEqual({ alarm: 50 });
    const events = await buffer.ledger.read({ after: 300, limit: 1000 });
    const told = events.filter(({ type }) => type === "org.cunshao.ledger.evicted");
    expect(told.map(({ data }) => [data["class"], data["acknowledged"]]).slice(-5)).toEqual([
      ["state", true],
      ["alarm", true],
      ["state", false],
      ["audit", true],
      ["audit", false],
    ]);
    expect(await verifyBox(dataFolder)).toMatchObject({ intact: true });
    await close();
  });

  test("is made on a disk that is nearly full, too", async () => {
    const { buffer, fill, fullDisk, keep, close } = await createRig();
    await fill(30, ["state"]);
    fullDisk();
    await keep(1e9, []);
    expect(await left(buffer)).toEqual({});
    await close();
  });

  test("begins with readings and movement, the oldest of all first", async () => {
    const { buffer, fill, keep, usedBytes, close } = await createRig();
    for (let minute = 0; minute < 3 * 1440; minute++) {
      const at = new Date(Date.parse("2026-07-01T00:00:00Z") + minute * 60_000).toISOString();
      for (const sensor of ["pond", "river"]) buffer.readings.add({ sensor, at, value: 1, quality: "good" });
    }
    await buffer.readings.flush();
    await fill(20, ["state"]);
    await keep((await usedBytes()) - 1, []);
    const kept = await buffer.readings.between(
      "pond",
      "2026-07-01T00:00:00Z",
      "2026-07-09T00:00:00Z",
      10_000,
    );
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.length).toBeLessThan(3 * 1440);
    expect(Date.parse(kept[0]?.at ?? "")).toBeGreaterThan(Date.parse("2026-07-01T00:00:00Z"));
    expect(await left(buffer)).toEqual({ state: 20 });
    const told = (await buffer.ledger.latest(1))[0];
    expect(told).toMatchObject({ type: "org.cunshao.telemetry.evicted", data: { spans: 0 } });
    await close();
  });

  test("leaves the last alarm of a village without any upstream until somebody has cleared it", async () => {
    const { buffer, keep, close } = await createRig();
    const tell = (type: string) =>
      buffer.ledger.append({
        type: `org.cunshao.alarm.${type}`,
        class: "alarm",
        subject: "a",
        data: { rule: "r", severity: "danger" },
      });
    await tell("raised");
    await keep(1000, []);
    expect(await buffer.ledger.latest(10)).toHaveLength(1);
    await tell("cleared");
    await keep(1000, []);
    expect((await buffer.ledger.latest(10)).map(({ type }) => type)).toEqual(["org.cunshao.ledger.evicted"]);
    // The page still knows it.
    expect(await buffer.alarms.get("a")).toMatchObject({ status: "cleared" });
    await close();
  });

  test("is told in sum, what everybody has apart from what somebody lacks, also by the next run", async () => {
    const { dataFolder, buffer, fill, keep, close } = await createRig();
    expect(buffer.letGo()).toBeUndefined();
    await fill(30, ["state"]);
    const [first] = await buffer.ledger.read({ after: 0, limit: 1 });
    await buffer.outbox.acknowledge("township", buffer.ledger.head, "2026-07-01T06:00:00.000Z");
    await keep(60_000);
    await fill(30, ["state"]);
    await keep(60_000);
    await keep(40_000);
    const told = (await buffer.ledger.read({ after: 0, limit: 1000 })).filter(({ type }) => type === EVICTED);
    const sumOf = (acknowledged: boolean) =>
      told
        .filter(({ data }) => data["acknowledged"] === acknowledged)
        .reduce((sum, { data }) => sum + Number(data["events"]), 0);
    const sums = buffer.letGo();
    expect(sums?.sent?.events).toBe(sumOf(true));
    expect(sums?.unsent?.events).toBe(sumOf(false));
    expect(sumOf(true)).toBeGreaterThan(0);
    expect(sumOf(false)).toBeGreaterThan(0);
    expect(sums?.sent?.firstAt).toBe(first?.time);
    expect(Date.parse(sums?.unsent?.lastAt ?? "")).toBeGreaterThanOrEqual(Date.parse(first?.time ?? ""));

    await close();
    await buffer.close();
    const again = await scratchBuffer({ dataFolder });
    expect(again.letGo()).toEqual(sums);
  });
});
