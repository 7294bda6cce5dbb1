import { describe, expect, test } from "vitest";
import { type DeskOfOne, raise, startDeskOfOne } from "../support/desk-of-one.ts";
import { clockOffBy } from "../support/off-clock.ts";
import { until } from "../support/until.ts";

const alarmAt = async ({ state }: DeskOfOne) => (await state()).alarms.find(({ id }) => id === "a1");

describe("a village whose box began without knowing the time", () => {
  const YEAR_MS = 365 * 86_400_000;

  test("has its alarm at the time at which it was, once its clock is right, also while it is away and the desk was started again", async () => {
    const clock = clockOffBy(-YEAR_MS);
    const desk = await startDeskOfOne("reverse", { clock });
    await desk.here();
    const startedMs = Date.now();
    const { seq, boot } = await raise(desk.box);
    await desk.alarm();
    const offMs = async () => Date.parse((await alarmAt(desk))?.raisedAt ?? "") - startedMs;
    await until(async () => Math.abs(await offMs()) < 60_000, { what: "a time by the desk's clock" });

    clock.leap(YEAR_MS);
    await desk.box.ledger.append({
      ...{ type: "org.cunshao.clock.corrected", class: "state" },
      data: { boot, offsetMs: YEAR_MS, source: "network", firstSeq: 1, lastSeq: seq, events: seq },
    });
    await desk.boxWith({ waitingEvents: 0 });
    await until(async () => (await desk.state()).boxes[0]?.ledger?.seq === seq + 1);
    await desk.cut();
    await desk.boxWith({ status: "away" });
    // Of the clock as it is now nobody can tell the desk anything any more.
    await desk.restart();
    expect(Math.abs(await offMs())).toBeLessThan(60_000);
  });
});
