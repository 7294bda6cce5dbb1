import { describe, expect, test } from "vitest";
import type { Buffer as VillageBuffer } from "../../../src/buffer/buffer.ts";
import { verifyChain } from "../../../src/buffer/chain.ts";
import { correctedTime } from "../../../src/core/clock-correction.ts";
import { createManualClock, type ManualClock } from "../../support/manual-clock.ts";
import { until } from "../../support/until.ts";
import { draft, scratchBuffer, scratchFolder } from "./scratch.ts";

const WRONG = Date.parse("2026-02-01T00:00:00Z");
const RIGHT = Date.parse("2026-07-01T06:00:00Z");
const HOUR = 3_600_000;

/** A run of the gateway on a box without a battery clock. */
async function run({
  dataFolder,
  clock,
  boot = "boot-1",
  upBeforeMs = 0,
}: {
  dataFolder: string;
  clock: ManualClock;
  boot?: string;
  /** How long the machine was up when the run began. */
  upBeforeMs?: number;
}) {
  let source: string | undefined;
  const buffer = await scratchBuffer({
    dataFolder,
    clock,
    bootId: boot,
    clockQuality: () => (source === undefined ? "unsynced" : "synced"),
    timeSource: () => source,
    uptimeMs: () => upBeforeMs + clock.now().monotonicMs,
  });
  await buffer.clockBook.start();
  return {
    buffer,
    sync(wallMs: number, by = "network") {
      clock.set(wallMs);
      source = by;
    },
  };
}

/** Lets the book look, and waits until it has told what it found. */
async function corrected(buffer: VillageBuffer, clock: ManualClock, count: number): Promise<void> {
  await clock.advance(5000);
  await until(() => buffer.clockBook.corrections().length >= count);
}

describe("times of a box whose clock was wrong", () => {
  test("are corrected by an event once the time is known, and never changed", async () => {
    const dataFolder = await scratchFolder();
    const clock = createManualClock(WRONG);
    const { buffer, sync } = await run({ dataFolder, clock });
    const first = await buffer.ledger.append(draft());
    await clock.advance(60_000);
    const second = await buffer.ledger.append(draft());
    const offsetMs = RIGHT - clock.now().wallMs;
    sync(RIGHT);
    await corrected(buffer, clock, 1);

    const events = await buffer.ledger.read({ after: 0, limit: 10 });
    expect(events.slice(0, 2)).toEqual([first, second]);
    expect(events.slice(2)).toMatchObject([
      { type: "org.cunshao.clock.synced", clock: "synced", data: { source: "network" } },
      {
        type: "org.cunshao.clock.corrected",
        clock: "synced",
        data: { boot: "boot-1", offsetMs, source: "network", firstSeq: 1, lastSeq: 2, events: 2 },
      },
    ]);
    const corrections = buffer.clockBook.corrections();
    expect(Date.parse(correctedTime(second, corrections) ?? "")).toBe(RIGHT);
    expect(Date.parse(correctedTime(first, corrections) ?? "")).toBe(RIGHT - 60_000);
    expect(events.slice(2).map((event) => correctedTime(event, corrections))).toEqual([undefined, undefined]);
    expect(await verifyChain(buffer.ledger.records)).toMatchObject({ intact: true });
  });

  test("of several runs of one boot are corrected together, those of the boot before are not", async () => {
    const dataFolder = await scratchFolder();
    const before = createManualClock(WRONG);
    const earlier = await run({ dataFolder, clock: before, boot: "boot-0" });
    await earlier.buffer.ledger.append(draft());
    await earlier.buffer.close();

    const firstClock = createManualClock(WRONG + HOUR);
    const first = await run({ dataFolder, clock: firstClock, upBeforeMs: 30_000 });
    await first.buffer.ledger.append(draft());
    await first.buffer.close();

    const clock = createManualClock(WRONG + 2 * HOUR);
    const { buffer, sync } = await run({ dataFolder, clock, upBeforeMs: 30_000 + HOUR });
    await buffer.ledger.append(draft());
    sync(RIGHT);
    await corrected(buffer, clock, 1);
    expect(buffer.clockBook.corrections()).toEqual([
      {
        boot: "boot-1",
        firstSeq: 2,
        lastSeq: 3,
        offsetMs: RIGHT - WRONG - 2 * HOUR,
        source: "network",
      },
    ]);
  });

  test("are corrected apart where somebody set the wrong clock to another wrong time", async () => {
    const dataFolder = await scratchFolder();
    const clock = createManualClock(WRONG);
    const { buffer, sync } = await run({ dataFolder, clock });
    const events = [await buffer.ledger.append(draft())];
    clock.set(WRONG - 5 * HOUR);
    events.push(await buffer.ledger.append(draft()), await buffer.ledger.append(draft()));
    clock.set(WRONG + 365 * 24 * HOUR);
    events.push(await buffer.ledger.append(draft()));
    sync(RIGHT, "township");
    await corrected(buffer, clock, 3);
    const corrections = buffer.clockBook.corrections();
    expect(corrections.map(({ firstSeq, lastSeq }) => [firstSeq, lastSeq])).toEqual([
      [1, 1],
      [2, 3],
      [4, 4],
    ]);
    for (const event of events) expect(Date.parse(correctedTime(event, corrections) ?? "")).toBe(RIGHT);
  });

  test("need no correction where the clock was right all the time", async () => {
    const dataFolder = await scratchFolder();
    const clock = createManualClock(RIGHT);
    const { buffer, sync } = await run({ dataFolder, clock });
    await buffer.ledger.append(draft());
    await clock.advance(1000);
    sync(RIGHT + 1400);
    await clock.advance(5000);
    await until(async () => (await buffer.ledger.latest(1))[0]?.type === "org.cunshao.clock.synced");
    await buffer.ledger.append(draft());
    expect(buffer.clockBook.corrections()).toEqual([]);
  });

  test("are corrected by the next run where the power went before", async () => {
    const dataFolder = await scratchFolder();
    const clock = createManualClock(WRONG);
    const first = await run({ dataFolder, clock });
    await first.buffer.ledger.append(draft());
    await first.buffer.close();
    const later = createManualClock(RIGHT);
    const { buffer, sync } = await run({ dataFolder, clock: later, upBeforeMs: HOUR });
    sync(RIGHT);
    await buffer.ledger.append(draft({ subject: "by the right clock" }));
    await corrected(buffer, later, 1);
    expect(buffer.clockBook.corrections()).toMatchObject([
      { firstSeq: 1, lastSeq: 1, offsetMs: RIGHT - HOUR - WRONG },
    ]);
    await buffer.close();
    // What was corrected is known to the run after, and not corrected again.
    const third = await run({ dataFolder, clock: later, upBeforeMs: 2 * HOUR });
    third.sync(RIGHT + HOUR);
    await later.advance(20_000);
    expect(third.buffer.clockBook.corrections()).toHaveLength(1);
  });
});
