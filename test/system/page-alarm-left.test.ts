import { expect, test } from "vitest";
import type { AlarmView } from "../../src/core/village.ts";
import { COUNTS_TONES, logInOn } from "../support/browser.ts";
import { describePages, setUpPages, WIDTHS } from "../support/page-rig.ts";
import { raiseAlarm } from "../support/sample-village.ts";
import { until } from "../support/until.ts";
import { PASSWORD } from "../unit/panel/panel-fixture.ts";

const PHONE = { viewport: { width: 360, height: 740 } };
const WEIR = "水坝有人靠近";

describePages("who leaves an alarm", () => {
  const rig = setUpPages();
  const taken = (name = "东塘有人靠近") => rig.page.getByRole("alertdialog", { name });
  const tones = () => rig.page.evaluate<number>("tones");

  /** Another one beside it, no graver. */
  async function raiseSecond(first: AlarmView): Promise<void> {
    const second: AlarmView = { ...first, id: "alarm-2", name: WEIR, place: "水坝", seq: first.seq + 1 };
    rig.dependencies.village.update({ alarms: [second, first] });
    await taken().getByRole("button", { name: "另有 1 个，看下一个" }).waitFor();
  }

  test("because it is over has seen nothing of one that came meanwhile: that has the page, and rings on", async () => {
    await rig.openPage({ ...PHONE, before: COUNTS_TONES });
    const first = await raiseAlarm(rig.dependencies, undefined);
    await taken().waitFor();
    // The answer is there before the page hears by its stream that the alarm is over.
    await rig.page.route("**/clear", async (route) => {
      await raiseSecond(first);
      await route.fulfill({ status: 204 });
    });
    await taken().getByRole("button", { name: "解除" }).click();
    await taken().getByRole("button", { name: "真的解除？再点一次" }).click();
    await taken(WEIR).waitFor();
    const before = await tones();
    await until(async () => (await tones()) >= before + 4, { what: "the bell to ring on" });
    expect(rig.complaints).toEqual([]);
  });

  test("for later puts off what he has seen: not one that came under his finger", async () => {
    await rig.openPage(PHONE);
    const first = await raiseAlarm(rig.dependencies, undefined);
    await taken().waitFor();
    await rig.page.locator(".takeover__inner--settling").waitFor({ state: "detached" });
    await rig.page.evaluate(`
      new MutationObserver((_changes, watch) => {
        const buttons = [...document.querySelectorAll(".takeover__button")];
        if (buttons.length < 2) return;
        watch.disconnect();
        buttons.at(-1).click();
      }).observe(document.body, { childList: true, subtree: true });`);
    const second: AlarmView = { ...first, id: "alarm-2", name: WEIR, seq: first.seq + 1 };
    rig.dependencies.village.update({ alarms: [second, first] });
    await taken(WEIR).waitFor();
    await rig.putAlarmOff();
    await rig.page.getByRole("list", { name: "没人管的报警" }).getByText(WEIR).waitFor();
    expect(rig.complaints).toEqual([]);
  });

  const pausing = () => rig.page.getByRole("dialog", { name: "撤防：东塘有人靠近" });
  const isOnTop = () =>
    rig.page.evaluate<boolean>(
      `document.elementFromPoint(innerWidth / 2, innerHeight / 2)?.closest(".pausing") !== null`,
    );

  test("for another one finds the pause that he was asking for as it was, on top", async () => {
    await rig.openPage(PHONE);
    const { page, button } = rig;
    const first = await raiseAlarm(rig.dependencies, undefined);
    await taken().getByRole("button", { name: "这里先撤防" }).click();
    await button("自选", pausing()).click();
    await button("其他", pausing()).click();
    await pausing().getByPlaceholder("写明原因").fill("清淤");
    const till = await pausing().getByLabel("到几点").inputValue();
    rig.dependencies.village.update({ alarms: [{ ...first, id: "alarm-2", name: WEIR, seq: 99 }, first] });
    await pausing()
      .getByRole("button", { name: new RegExp(`^${WEIR}.*去看$`) })
      .click();
    await taken(WEIR).waitFor();
    await rig.putAlarmOff();
    await page.locator(".strip__one", { hasText: "东塘有人靠近" }).click();
    await pausing().waitFor();
    expect(await pausing().getByPlaceholder("写明原因").inputValue()).toBe("清淤");
    expect(await pausing().getByLabel("到几点").inputValue()).toBe(till);
    await until(isOnTop, { what: "the dialog to take the taps" });
    await rig.keep("left-pause-again-360");
    expect(rig.complaints).toEqual([]);
  });

  /** Holds back what the box answers to this, until it is called. */
  async function hold(path: string): Promise<() => void> {
    let answer = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await rig.page.route(path, async (route) => {
      if (route.request().method() !== "POST") return route.continue();
      const response = await route.fetch();
      await held;
      await route.fulfill({ response });
    });
    return answer;
  }

  test("for another one does not find a pause again that the box has begun meanwhile", async () => {
    await rig.openPage(PHONE);
    const { page, button, dependencies } = rig;
    const first = await raiseAlarm(dependencies, undefined);
    await taken().getByRole("button", { name: "这里先撤防" }).click();
    await button("其他", pausing()).click();
    await pausing().getByPlaceholder("写明原因").fill("清淤");
    const answer = await hold("**/api/v1/pauses");
    await button("撤防", pausing()).click();
    await until(() => dependencies.pauses.list().length > 0, { what: "the pause" });
    dependencies.village.update({ alarms: [{ ...first, id: "alarm-2", name: WEIR, seq: 99 }, first] });
    await pausing()
      .getByRole("button", { name: new RegExp(`^${WEIR}.*去看$`) })
      .click();
    await taken(WEIR).waitFor();
    const answered = page.waitForResponse("**/api/v1/pauses");
    answer();
    await (await answered).finished();
    await rig.putAlarmOff();
    await page.locator(".strip__one", { hasText: "东塘有人靠近" }).click();
    await taken().waitFor();
    expect(await pausing().count()).toBe(0);
    expect(rig.complaints).toEqual([]);
  });

  test("finds what he wrote on in a note while the first of it was on its way", async () => {
    await rig.openPage(PHONE);
    const { button, dependencies } = rig;
    await raiseAlarm(dependencies, undefined);
    const field = taken().getByLabel("写给接班的人");
    await field.fill("已经派人去看");
    const answer = await hold("**/notes");
    await button("记下", taken()).click();
    await field.fill("已经派人去看，带了救生圈");
    answer();
    await button("记下", taken()).click();
    await until(async () => (await field.inputValue()) === "", { what: "the whole note to be written" });
    const [alarm] = dependencies.village.state().alarms;
    expect(alarm?.notes?.map(({ text }) => text)).toEqual(["已经派人去看", "已经派人去看，带了救生圈"]);
    expect(rig.complaints).toEqual([]);
  });

  test.each(WIDTHS)("does not see a pause go that somebody else was quicker with, %i wide", async (width) => {
    const large = JSON.stringify({ light: "night", size: "large", language: "zh" });
    await rig.openPage({
      viewport: { width, height: 800 },
      before: `localStorage.setItem("display", ${JSON.stringify(large)})`,
    });
    const { button, dependencies } = rig;
    await raiseAlarm(dependencies, undefined);
    await taken().getByRole("button", { name: "这里先撤防" }).click();
    await button("其他", pausing()).click();
    await pausing().getByPlaceholder("写明原因").fill("清淤");
    const by = { kind: "person", name: "王主任" } as const;
    const target = { kind: "rule", rule: "pond-bank" } as const;
    await dependencies.pauses.begin({ target, end: { seconds: 3600 }, reason: "有人洗衣" }, by, false);
    await pausing()
      .getByText(/^别人刚撤防过：已撤防到 .*王主任.*您写的还在。$/)
      .waitFor();
    expect(await pausing().getByPlaceholder("写明原因").inputValue()).toBe("清淤");
    await rig.keep(`left-pause-${width}`);
    await rig.fitsThePage(pausing());
    const isWithin = `(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth)(document.querySelector(".pausing"))`;
    expect(await rig.page.evaluate<boolean>(isWithin)).toBe(true);
    await button("用我的", pausing()).click();
    await until(() => dependencies.pauses.list().some(({ reason }) => reason === "清淤"));
    await pausing().waitFor({ state: "detached" });
    expect(rig.complaints).toEqual([]);
  });

  test("for another one finds why he wants to see its clip as he had written it", async () => {
    await rig.openPage(PHONE);
    const clip = "a".repeat(64);
    const first = await raiseAlarm(rig.dependencies, undefined, true, { clip });
    await taken().getByRole("button", { name: "看录像" }).click();
    await taken().getByLabel("为什么要看").fill("找老人");
    await raiseSecond(first);
    await taken().getByRole("button", { name: "另有 1 个，看下一个" }).click();
    await taken(WEIR).getByRole("button", { name: "另有 1 个，看下一个" }).click();
    expect(await taken().getByLabel("为什么要看").inputValue()).toBe("找老人");
    expect(rig.complaints).toEqual([]);
  });

  /** By the bar over the dialog in which somebody writes, into the alarm, and from there to where one speaks. */
  async function speakFromAlarm(): Promise<void> {
    const { page } = rig;
    await raiseAlarm(rig.dependencies, undefined);
    await page
      .locator("dialog[open]")
      .getByRole("button", { name: /^东塘有人靠近.*去看$/ })
      .click();
    await taken().getByRole("button", { name: "喊话" }).click();
    await page.locator("#speak-text:focus").waitFor();
    expect(await page.locator("dialog[open]").count()).toBe(0);
    await page.keyboard.type("请离开");
    expect(await page.locator("#speak-text").inputValue()).toContain("请离开");
  }

  test.each(WIDTHS)("to speak goes on with the programme that he was writing, %i wide", async (width) => {
    await rig.openPage(width);
    const { page, button } = rig;
    await rig.goTo("speak");
    await button("加一个节目").click();
    const sheet = page.getByRole("dialog", { name: "加一个节目" });
    await sheet.getByLabel("节目叫什么").fill("防溺水提醒");
    await sheet.getByLabel("要念的话").fill("天热不要下塘");
    await speakFromAlarm();
    await rig.shows("节目《防溺水提醒》还没写完");
    await button("接着写").scrollIntoViewIfNeeded();
    await rig.keep(`left-programme-${width}`);
    await rig.fitsThePage();
    await button("接着写").click();
    expect(await sheet.getByLabel("要念的话").inputValue()).toBe("天热不要下塘");
    await button("取消", sheet).click();
    await button("加一个节目").waitFor();
    expect(await page.getByText("还没写完").count()).toBe(0);
    expect(rig.complaints).toEqual([]);
  });

  test("to speak does not go on with a programme that the box has kept meanwhile", async () => {
    await rig.openPage(1366);
    const { page, button, dependencies } = rig;
    await rig.goTo("speak");
    await button("加一个节目").click();
    const sheet = page.getByRole("dialog", { name: "加一个节目" });
    await sheet.getByLabel("节目叫什么").fill("防溺水提醒");
    await sheet.getByLabel("要念的话").fill("天热不要下塘");
    const answer = await hold("**/api/v1/programmes");
    await button("存好", sheet).click();
    const isMade = () => dependencies.programmes.list().some(({ name }) => name === "防溺水提醒");
    await until(isMade, { what: "the programme" });
    await speakFromAlarm();
    await rig.shows("节目《防溺水提醒》还没写完");
    answer();
    await page.getByText("还没写完").waitFor({ state: "detached" });
    await button("改节目：防溺水提醒").waitFor();
    expect(rig.complaints).toEqual([]);
  });

  test("to speak finds what he was drawing as it was", async () => {
    await rig.openPage(1366);
    const { page, button } = rig;
    const draw = async () => {
      await rig.goTo("look");
      await button("放大看村口").click();
      await page.getByRole("button", { name: "画区域、线、遮挡" }).click();
    };
    await draw();
    await button("进出线").click();
    await button("新画一条").click();
    await page.getByLabel("名字").fill("后山小路");
    await speakFromAlarm();
    await draw();
    expect(await page.getByLabel("名字").inputValue()).toBe("后山小路");
    expect(rig.complaints).toEqual([]);
  });

  test("to speak out of his account is where one speaks", async () => {
    await rig.openPage(1366);
    await rig.page.getByRole("button", { name: "账号" }).first().click();
    await rig.page.getByRole("dialog", { name: "账号和登录" }).waitFor();
    await speakFromAlarm();
    expect(rig.complaints).toEqual([]);
  });

  test("for later has not put it off for the next person", async () => {
    await rig.openPage(1366);
    await raiseAlarm(rig.dependencies, undefined);
    await taken().waitFor();
    await rig.putAlarmOff();
    await rig.page.getByRole("button", { name: "退出" }).click();
    await logInOn(rig.page, PASSWORD, "guest");
    await taken().waitFor();
    expect(rig.complaints).toEqual([]);
  });
});
