import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFibre } from "../../hw/virtual/township/fibre.ts";
import { openBuffer } from "../../src/buffer/buffer.ts";
import type { EventQuery } from "../../src/core/event.ts";
import { silentLogger } from "../../src/core/log.ts";
import { listen, makeServer } from "../unit/panel/panel-fixture.ts";
import { BOX_TOKEN, createTestEnd } from "./desk-of-one.ts";
import type { LeapingClock } from "./off-clock.ts";
import { startTestDesk } from "./test-desk.ts";

const SITE = "test";

/**
 * The real desk, and a village with the real panel, ledger, files and channel, whose line to the desk can be lost. What else there is of
 * the village is in memory.
 */
export async function startVillageOnALine(
  clock: LeapingClock,
  { mostFileBytes }: { readonly mostFileBytes: number },
) {
  const dataFolder = await mkdtemp(join(tmpdir(), "cunshao-village-"));
  const desk = await startTestDesk([{ id: SITE, name: "龙湾村", token: BOX_TOKEN, reach: "reverse" }], {
    mostFileBytes,
    clock,
  });
  const port = Number(new URL(desk.url).port);
  const line = createFibre({ listenPort: 0, targetHost: "127.0.0.1", targetPort: port });
  await line.start();
  const { ledger, cursors, evidence, readings, close } = await openBuffer({
    ...{ dataFolder, siteId: SITE, bootId: randomUUID(), clock, log: silentLogger },
    ...{ random: Math.random, clockQuality: () => "synced" },
  });
  const pages = createPageGate();
  const { read } = ledger;
  const held = Object.assign(ledger, {
    failing: false,
    async read(query: EventQuery) {
      await pages.pass(query);
      return read(query);
    },
  });
  const others = { ledger: held, cursors, evidence, readings };
  const box = await makeServer(clock, { tokens: [{ name: "desk", token: BOX_TOKEN }] }, others);
  let told = 0;
  // What is done with an alarm stands in the village's own ledger.
  box.village.onChange(() => {
    const done = box.village.handled.slice(told);
    told += done.length;
    for (const { alarm, what, by } of done) {
      void ledger.append({ type: `org.cunshao.alarm.${what}`, class: "alarm", subject: alarm, data: { by } });
    }
  });
  const url = `http://127.0.0.1:${line.port}`;
  const end = createTestEnd(box, { siteId: SITE, instance: "instance-1", url });
  await listen(box);
  await end.start();
  desk.onEnd(async () => {
    pages.open();
    await end.stop();
    await line.stop();
    await box.app.close();
    await close();
    await rm(dataFolder, { recursive: true, force: true });
  });
  return { ...desk, box, dataFolder, pages, cut: () => line.cut("reset"), mend: () => line.mend() };
}

/** Stands before the pages of all classes, as a line that has no time for them: those of alarms alone go by. */
function createPageGate() {
  let shutAfter = Number.POSITIVE_INFINITY;
  let waiting: (() => void)[] = [];

  function letWaitingPass(): void {
    const passing = waiting;
    waiting = [];
    for (const go of passing) go();
  }

  return {
    async pass(query: EventQuery): Promise<void> {
      if (query.class === undefined && query.after > shutAfter)
        await new Promise<void>((resolve) => waiting.push(resolve));
    },
    /** From the first page after that of `seq` on. */
    shutBehind(seq: number): void {
      shutAfter = seq;
    },
    isHolding: (): boolean => waiting.length > 0,
    letWaitingPass,
    open(): void {
      shutAfter = Number.POSITIVE_INFINITY;
      letWaitingPass();
    },
  };
}
