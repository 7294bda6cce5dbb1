import { expect, test } from "vitest";
import { describePages, setUpPages, WIDTHS } from "../support/page-rig.ts";
import { UNREADABLE } from "../support/speech-double.ts";
import { until } from "../support/until.ts";

const BY = { kind: "person", name: "王主任" } as const;

describePages("programmes on the page", () => {
  const rig = setUpPages({ place: "speak" });
  const { button, shows } = rig;

  test.each(WIDTHS)(
    "somebody writes one, hears it, changes it, takes it out and back, %i wide",
    async (width) => {
      const { programmes, speech } = rig.dependencies;
      await rig.openPage(width);
      const { page } = rig;
      await page.getByRole("list", { name: "这七天的节目" }).getByText("早铃").first().waitFor();
      await rig.keep(`programmes-${width}`);

      await button("加一个节目").click();
      const sheet = page.getByRole("dialog");
      await shows("先写节目叫什么");
      await sheet.getByLabel("节目叫什么").fill("防溺水提醒");
      await sheet.getByLabel("要念的话").fill("天热不要下塘游泳，家长看好孩子");
      await button("先听一听", sheet).click();
      await until(() => speech.asked.length > 0, { timeoutMs: 10_000, what: "the words to be made" });
      await button("周末", sheet).click();
      await sheet.getByLabel("只在一年里的一段日子").check();
      await sheet.getByLabel("第 1 个时间").fill("11:30");
      await button("再加一个时间", sheet).click();
      await rig.keep(`programme-form-${width}`);
      await rig.fitsThePage(sheet);
      await button("存好", sheet).click();
      await sheet.waitFor({ state: "detached" });
      await shows("周末 11:30、18:00，6月1日到9月30日");
      const made = programmes.list().find(({ name }) => name === "防溺水提醒");
      expect(made).toMatchObject({ days: [6, 7], minutes: [690, 1080], season: { from: 601, to: 930 } });

      await button("改节目：防溺水提醒").click();
      await sheet.getByLabel("要念的话").fill("放学了，不要到水边玩");
      await button("存好", sheet).click();
      await shows("放学了，不要到水边玩");
      await button("删节目：防溺水提醒").click();
      await shows("已删节目《防溺水提醒》");
      await button("放回来").click();
      await button("改节目：防溺水提醒").waitFor();
      await rig.fitsThePage();
      expect(rig.complaints).toEqual([]);
    },
  );

  test("of two who change one the second sees what the first wrote, and loses nothing", async () => {
    const { programmes } = rig.dependencies;
    await rig.openPage(360);
    const { page } = rig;
    await button("改节目：早铃").click();
    const sheet = page.getByRole("dialog");
    await sheet.getByLabel("要念的话").fill("我写的早上好");
    const [bell] = programmes.list();
    const draft = { ...bell, content: { kind: "text", text: "大家早" } } as const;
    const { name = "", days = [], minutes = [], speakers = [], content } = draft;
    await programmes.write(
      "bell",
      { name, days, minutes, speakers, content, repeat: 1, volume: 60, whenPreempted: "resume" },
      0,
      BY,
    );
    await button("存好", sheet).click();
    await sheet.getByText("刚改过这个节目").waitFor();
    expect(await sheet.getByLabel("要念的话").inputValue()).toBe("我写的早上好");
    await rig.keep("programme-conflict");
    await button("还是存我写的", sheet).click();
    await sheet.waitFor({ state: "detached" });
    await shows("我写的早上好");
  });

  test("what cannot be said or would sound at night is told before anything is kept", async () => {
    await rig.openPage(1366);
    const { page } = rig;
    await button("改节目：早铃").click();
    const sheet = page.getByRole("dialog");
    await sheet.getByLabel("第 1 个时间").fill("23:00");
    await button("存好", sheet).click();
    await shows("没有成功：有一个时间在静音时段里");
    await sheet.getByLabel("第 1 个时间").fill("06:30");
    await sheet.getByLabel("要念的话").fill("<b>好</b>");
    await button("存好", sheet).click();
    await sheet.getByRole("alert").getByText("没有成功").waitFor();
    await sheet.getByLabel("要念的话").fill(UNREADABLE);
    await button("存好", sheet).click();
    await sheet
      .getByRole("alert")
      .getByText(/没有成功：.+（东塘喇叭）/)
      .waitFor();
    expect(rig.dependencies.programmes.list()[0]).toMatchObject({ version: 0, text: "早上好" });
  });
});
