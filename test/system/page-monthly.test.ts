import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { EventDraft } from "../../src/core/event.ts";
import { isoTime } from "../../src/core/time.ts";
import { monthsUntil } from "../../src/panel/web/words/month-words.ts";
import { wallDay } from "../../src/panel/web/words/village-time.ts";
import { createManualClock } from "../support/manual-clock.ts";
import { describePages, setUpPages, WIDTHS } from "../support/page-rig.ts";
import type { Dependencies } from "../support/sample-village.ts";
import { createLedgerDouble, createMonthEventsDouble } from "../support/stores-double.ts";

const PICTURES = process.env["CUNSHAO_TEST_PICTURES"];
const ZONE = "Asia/Shanghai";
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Last month, in which somebody came to the pond again and again. */
const [, LAST = ""] = monthsUntil(wallDay(Date.now(), ZONE));
const START_MS = Date.parse(`${LAST}-01T00:00:00+08:00`);
const [YEAR, MONTH] = LAST.split("-").map(Number);
const NAME = `${YEAR} 年 ${MONTH} 月`;

/** @param alarms of the month, one after the other. */
async function fillMonth(dependencies: Dependencies, alarms: number): Promise<void> {
  const clock = createManualClock(START_MS);
  const ledger = createLedgerDouble(clock);
  const tell = (type: string, subject: string, data: EventDraft["data"]) =>
    ledger.append({ type: `org.cunshao.${type}`, class: "state", subject, data });
  const by = { kind: "person", name: "李主任" };
  for (let index = 0; index < alarms; index++) {
    const id = `alarm-${index}`;
    const beginMs = START_MS + Math.floor(((index + 0.5) * 28 * DAY_MS) / alarms);
    clock.set(beginMs);
    const because = { kind: "presence", camera: "pond-east", zone: "bank", present: true };
    await tell("alarm.raised", id, {
      rule: "pond-bank",
      severity: index % 7 === 0 ? "danger" : "warning",
      because,
    });
    clock.set(beginMs + MINUTE_MS);
    await tell("broadcast.finished", `words-${index}`, {
      ...{ alarm: id, speaker: "pond", result: "played", heard: index % 3 === 0 ? "unknown" : "heard" },
      ...{ source: { kind: "rule", name: "pond-bank" }, soundedAt: isoTime(beginMs + 2000) },
    });
    clock.set(beginMs + 2 * MINUTE_MS);
    if (index % 5 === 1) await tell("alarm.acknowledged", id, { by });
    if (index % 5 === 2) await tell("alarm.false", id, { by });
    await tell("alarm.cleared", id, index % 5 === 1 ? { by } : {});
    if (index % 4 !== 0) continue;
    await tell("camera.fault.raised", "gate", { camera: "gate", fault: "covered" });
    clock.set(beginMs + 47 * MINUTE_MS);
    await tell("camera.fault.cleared", "gate", { camera: "gate", fault: "covered" });
    await tell("upstream.lost", "township", {
      upstream: "township",
      reason: "upstream.network",
      seconds: 60,
    });
    clock.set(beginMs + 3 * 60 * MINUTE_MS);
    await tell("upstream.found", "township", { upstream: "township", seconds: 7000 });
  }
  Object.assign(dependencies, { monthEvents: createMonthEventsDouble(ledger) });
}

describePages("the monthly sheet", () => {
  const rig = setUpPages({ place: "alarms", prepare: (dependencies) => fillMonth(dependencies, 60) });
  const { button, shows } = rig;

  async function openSheet(width: number) {
    await rig.openPage(width);
    const { page } = rig;
    await page.getByLabel("哪个月").selectOption({ label: NAME });
    await button("看月报").click();
    const sheet = page.getByRole("dialog");
    await sheet.getByText("经办人").waitFor();
    return sheet;
  }

  test.each(WIDTHS)("says what a month was, and where its figures come from, %i wide", async (width) => {
    const sheet = await openSheet(width);
    await sheet.getByRole("heading", { name: `龙湾村 ${NAME}看护月报` }).waitFor();
    for (const told of ["60 次", "以下 20 条未列", "劝返：画面里有人进了划定的地方", "摄像机看不清：村口"]) {
      await shows(told);
    }
    await sheet.getByText(/^admin 打印于/).waitFor();
    await rig.keep(`month-${width}`);
    await rig.fitsThePage(sheet);
    const [file] = await Promise.all([rig.page.waitForEvent("download"), button("下载表格", sheet).click()]);
    expect(file.suggestedFilename()).toBe(`龙湾村月报 ${LAST}.csv`);
    // The table has every alarm, which the sheet has not.
    expect(readFileSync(await file.path(), "utf8").match(/东塘有人靠近/g)).toHaveLength(60);
    await button("关闭", sheet).click();
    await sheet.waitFor({ state: "detached" });
    expect(rig.complaints).toEqual([]);
  });

  test("a full month is at most three sheets of A4, and the sheet alone", async () => {
    const sheet = await openSheet(1366);
    await sheet.getByText("以下 20 条未列").waitFor();
    const { page } = rig;
    const pdf = await page.pdf({ preferCSSPageSize: true });
    if (PICTURES) writeFileSync(join(PICTURES, "month.pdf"), pdf);
    const sizes = [...pdf.toString("latin1").matchAll(/\/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]/g)];
    expect(sizes.length).toBeGreaterThanOrEqual(2);
    expect(sizes.length).toBeLessThanOrEqual(3);
    // In points: 210 by 297 mm.
    for (const [, width, height] of sizes) {
      expect([Math.round(Number(width)), Math.round(Number(height))]).toEqual([595, 842]);
    }
    await page.emulateMedia({ media: "print" });
    expect(await button("打印", sheet).isVisible()).toBe(false);
    expect(await button("改值班表").isVisible()).toBe(false);
    await rig.keep("month-print");
  });

  test("a month that cannot be counted says so, and is tried again", async () => {
    await rig.openPage(360);
    await rig.page.getByLabel("哪个月").waitFor();
    await rig.page.context().setOffline(true);
    await button("看月报").click();
    await shows("没有统计出来：连不上村哨");
    await rig.page.context().setOffline(false);
    await button("再试一次").click();
    await rig.page.getByRole("dialog").getByText("经办人").waitFor();
  });

  test("who only looks is not offered it", async () => {
    await rig.openPage(360, "guest");
    expect(await rig.page.getByText("月报").count()).toBe(0);
  });
});
