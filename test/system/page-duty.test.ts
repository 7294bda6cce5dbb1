import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import type { AlarmView } from "../../src/core/village.ts";
import { describePages, setUpPages, WIDTHS } from "../support/page-rig.ts";

const BY = { kind: "person", name: "王主任" } as const;
const ALWAYS = { days: [1, 2, 3, 4, 5, 6, 7], fromMinute: 0, toMinute: 1440 };
const LI = { name: "李主任", phone: "13800000001", when: ALWAYS };

describePages("the duty roster and the queue of alarms", () => {
  const rig = setUpPages({ place: "alarms", site: { duty: [LI] } });
  const { button, shows } = rig;

  test.each(WIDTHS)("somebody writes who is on duty at night, %i wide", async (width) => {
    const { duty } = rig.dependencies;
    await rig.openPage(width);
    const { page } = rig;
    await page.getByRole("link", { name: "打给李主任" }).waitFor();
    await button("改值班表").click();
    const sheet = page.getByRole("dialog");
    await button("再加一班", sheet).click();
    await shows("第 2 班还没写名字");
    await sheet.getByLabel("名字").nth(1).fill("张文书");
    await sheet.getByLabel("电话").nth(1).fill("110; rm -rf");
    await shows("第 2 班的电话不对");
    await sheet.getByLabel("电话").nth(1).fill("0731-8765 4321");
    await sheet.getByLabel("从几点").nth(1).fill("22:00");
    await sheet.getByLabel("到几点").nth(1).fill("06:00");
    await rig.keep(`duty-form-${width}`);
    await rig.fitsThePage(sheet);
    await button("存好", sheet).click();
    await sheet.waitFor({ state: "detached" });
    await shows("每天 22:00–06:00 到第二天");
    await rig.keep(`duty-${width}`);
    expect(duty.roster().turns[1]).toMatchObject({
      name: "张文书",
      phone: "0731-8765 4321",
      when: { fromMinute: 1320, toMinute: 360 },
    });
    await button("恢复成安装时的").click();
    expect(duty.roster().turns).toHaveLength(2);
    await button("真的恢复？再点一次").click();
    await page.getByRole("link", { name: "打给张文书" }).waitFor({ state: "detached" });
    await rig.fitsThePage();
    expect(rig.complaints).toEqual([]);
  });

  test("of two who change it the second sees what the first wrote, and loses nothing", async () => {
    const { duty } = rig.dependencies;
    await rig.openPage(360);
    const sheet = rig.page.getByRole("dialog");
    await button("改值班表").click();
    await sheet.getByLabel("名字").fill("李支书");
    await duty.write([{ ...LI, name: "赵会计" }], 0, BY);
    await button("存好", sheet).click();
    await sheet.getByText("现在是：赵会计").waitFor();
    expect(await sheet.getByLabel("名字").inputValue()).toBe("李支书");
    await button("还是存我写的", sheet).click();
    await sheet.waitFor({ state: "detached" });
    expect(duty.roster().turns.map(({ name }) => name)).toEqual(["李支书"]);
  });

  test.each(WIDTHS)(
    "the queue is looked through by what became of them and where, and exported, %i wide",
    async (width) => {
      const { village } = rig.dependencies;
      const former = (seq: number, change: Partial<AlarmView>): AlarmView => ({
        ...{ id: `former-${seq}`, seq, rule: "pond-bank", name: "东塘有人靠近", place: "东塘" },
        ...{ severity: "warning", status: "cleared", raisedAt: "2026-07-01T06:00:00.000Z", delivered: [] },
        ...change,
      });
      const shown = Array.from({ length: 50 }, (_, index) => former(1000 + index, { name: `报警${index}` }));
      village.formerAlarms = [former(3, { name: "去年的报警", place: "西塘" })];
      village.update({ alarms: [...shown, former(2000, { name: "有狗", falseBy: "李主任" })] });
      await rig.openPage(width);
      const { page } = rig;
      await button("误报").click();
      await page.getByText("误报（李主任）").waitFor();
      expect(await page.locator(".queue li").count()).toBe(1);
      await button("没人管").click();
      await shows("没有这样的报警");
      await button("全部", page.getByRole("group", { name: "看哪些报警" })).click();
      for (let step = 0; step < 5; step += 1) await page.locator(".queue__more").click();
      await page.getByText("去年的报警").waitFor();
      await shows("没有更早的了");
      await page.getByLabel("哪里", { exact: true }).selectOption("西塘");
      expect(await page.locator(".queue li").count()).toBe(1);
      await rig.keep(`queue-filter-${width}`);

      await page.getByText("导出报警表").click();
      await page.getByLabel("从哪天").fill("2026-06-01");
      await page.getByLabel("到哪天").fill("2026-05-01");
      await shows("结束的日子要不早于开始的日子");
      await page.getByLabel("到哪天").fill("2026-07-01");
      const [file] = await Promise.all([page.waitForEvent("download"), button("下载").click()]);
      expect(file.suggestedFilename()).toBe("龙湾村报警 2026-06-01 到 2026-07-01.csv");
      const table = await readFile(await file.path(), "utf8");
      expect(table.split("\r\n")).toHaveLength(1 + 52 + 1);
      await page.context().setOffline(true);
      await button("下载").click();
      await shows("没有导出：连不上村哨");
      await rig.fitsThePage();
      expect(rig.complaints).toEqual([]);
    },
  );
});
