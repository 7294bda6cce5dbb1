import { expect, test } from "vitest";
import type { AlarmView } from "../../src/core/village.ts";
import { axeFindings } from "../support/axe-findings.ts";
import { COUNTS_TONES } from "../support/browser.ts";
import { describePages, setUpPages, WIDTHS } from "../support/page-rig.ts";
import { raiseAlarm } from "../support/sample-village.ts";
import { until } from "../support/until.ts";
import { PASSWORD } from "../unit/panel/panel-fixture.ts";

const RULE = "东塘有人靠近";

describePages("an alarm, whatever is open", () => {
  const rig = setUpPages();
  const taken = () => rig.page.getByRole("alertdialog", { name: RULE });
  const editor = () => rig.page.getByRole("dialog", { name: `改规则：${RULE}` });
  const dwell = () => editor().getByLabel("停留多少秒才报警");

  const settled = () => rig.page.locator(".takeover__inner--settling").waitFor({ state: "detached" });

  async function openCamera(): Promise<void> {
    await rig.goTo("look");
    await rig.page.getByRole("button", { name: "放大看东塘" }).click();
    await rig.page.getByRole("dialog", { name: "东塘", exact: true }).waitFor();
  }

  async function changeRule(): Promise<void> {
    await rig.goTo("setup");
    await rig.page.getByRole("button", { name: `改一改：${RULE}` }).click();
    await dwell().fill("12");
  }

  const endLogIn = () => rig.page.evaluate(`fetch("/api/v1/session", { method: "DELETE" })`);
  async function logInAgain(): Promise<void> {
    await rig.page.locator("input[name=password]").fill(PASSWORD);
    await rig.page.locator("button.login__submit").click();
    await rig.page.locator(".login").waitFor({ state: "detached" });
  }
  const hitsAlarm = () =>
    rig.page.evaluate<boolean>(
      `document.elementFromPoint(innerWidth / 2, innerHeight / 2)?.closest(".takeover") !== null`,
    );

  test.each(WIDTHS)("lies over a camera that was left open, and gives it back, %i wide", async (width) => {
    await rig.openPage(width);
    await openCamera();
    await raiseAlarm(rig.dependencies, undefined);
    await taken().waitFor();
    await until(hitsAlarm, { what: "the alarm to take the taps" });
    await rig.keep(`first-camera-${width}`);
    await taken().getByRole("button", { name: "稍后再看" }).click();
    await taken().waitFor({ state: "detached" });
    await rig.page.getByRole("dialog", { name: "东塘", exact: true }).waitFor();
    expect(rig.complaints).toEqual([]);
  });

  test("ends the full screen that one picture had", async () => {
    await rig.openPage(1366);
    await openCamera();
    const { page } = rig;
    await page.getByRole("button", { name: "全屏" }).click();
    const isWhole = () => page.evaluate<boolean>("document.fullscreenElement !== null");
    await until(isWhole);
    await raiseAlarm(rig.dependencies, undefined);
    await taken().waitFor();
    await until(async () => !(await isWhole()));
    await until(hitsAlarm, { what: "the alarm to take the taps" });
    expect(rig.complaints).toEqual([]);
  });

  test("leads from the camera that it lay over to where one speaks", async () => {
    await rig.openPage(1366);
    await openCamera();
    await raiseAlarm(rig.dependencies, undefined);
    await taken().getByRole("button", { name: "喊话" }).click();
    await rig.page.locator("#speak-text:focus").waitFor();
    expect(await rig.page.locator("dialog[open]").count()).toBe(0);
    expect(rig.complaints).toEqual([]);
  });

  test.each(WIDTHS)(
    "is told of where a rule is being changed, and loses nothing of it, %i wide",
    async (width) => {
      await rig.openPage(width);
      await changeRule();
      const stood = await dwell().boundingBox();
      await raiseAlarm(rig.dependencies, undefined);
      const bar = editor().getByRole("button", { name: new RegExp(`^${RULE}.*去看$`) });
      await bar.waitFor();
      expect(await taken().count()).toBe(0);
      // What is written stays under the finger.
      expect(await dwell().boundingBox()).toEqual(stood);
      await rig.keep(`first-rule-${width}`);
      expect((await bar.boundingBox())?.height).toBeGreaterThanOrEqual(48);
      expect(await axeFindings(rig.page)).toEqual([]);
      await bar.click();
      await taken().getByRole("button", { name: "稍后再看" }).click();
      await bar.waitFor({ state: "detached" });
      expect(await dwell().inputValue()).toBe("12");
      expect(rig.complaints).toEqual([]);
    },
  );

  test("comes to whom the cursor stands in a field, once no key was touched for a while", async () => {
    await rig.openPage(1366);
    await rig.goTo("speak");
    await rig.page.locator("#speak-text").fill("半句");
    await raiseAlarm(rig.dependencies, undefined);
    await rig.page.getByRole("button", { name: new RegExp(`^${RULE}.*去看$`) }).waitFor();
    expect(await taken().count()).toBe(0);
    await taken().waitFor();
    expect(await rig.page.locator("#speak-text").inputValue()).toBe("半句");
  });

  const SOS: Partial<AlarmView> = { id: "alarm-2", name: "有人求助", severity: "emergency", seq: 99 };
  /** A graver one beside the one that has the page. */
  async function raiseGraver(first: AlarmView): Promise<void> {
    const graver = await raiseAlarm(rig.dependencies, undefined, true, SOS);
    rig.dependencies.village.update({ alarms: [graver, first] });
  }

  test("is not exchanged for a graver one while somebody writes in it", async () => {
    await rig.openPage(360);
    const first = await raiseAlarm(rig.dependencies, undefined);
    await taken().getByLabel("写给接班的人").fill("人已");
    await raiseGraver(first);
    const next = taken().getByRole("button", { name: "另有 1 个，看下一个" });
    await next.waitFor();
    await taken().getByLabel("写给接班的人").pressSequentially("劝离");
    expect(await taken().getByLabel("写给接班的人").inputValue()).toBe("人已劝离");
    await rig.keep("first-kept-360");
    await next.click();
    await rig.page.getByRole("alertdialog", { name: "有人求助" }).waitFor();
    expect(rig.complaints).toEqual([]);
  });

  test("fits a narrow phone in large letters, also when another one waits", async () => {
    const large = JSON.stringify({ light: "day", size: "large", language: "zh" });
    await rig.openPage({
      viewport: { width: 360, height: 740 },
      before: `localStorage.setItem("display", ${JSON.stringify(large)})`,
    });
    const first = await raiseAlarm(rig.dependencies, undefined);
    const head = rig.page.locator(".takeover__head");
    await head.waitFor();
    const { height } = (await head.boundingBox()) ?? {};
    await raiseGraver(first);
    await head.getByRole("button", { name: "另有 1 个，看下一个" }).waitFor();
    await rig.keep("first-large-360");
    expect((await head.boundingBox())?.height).toBe(height);
    const isWithin = `(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth)(document.querySelector(".takeover"))`;
    expect(await rig.page.evaluate<boolean>(isWithin)).toBe(true);
    expect(rig.complaints).toEqual([]);
  });

  test("that takes another one's place takes no tap that was meant for that", async () => {
    await rig.openPage(1366);
    const { page } = rig;
    const first = await raiseAlarm(rig.dependencies, undefined);
    await taken().waitFor();
    await settled();
    // In the very moment in which the other one is there, where its button is.
    await page.evaluate(`{
      new MutationObserver((_changes, watch) => {
        if (!document.querySelector(".takeover h3")?.textContent.includes("有人求助")) return;
        watch.disconnect();
        const { x, y, width, height } = document.querySelector(".takeover .button--alarm").getBoundingClientRect();
        const under = document.elementFromPoint(x + width / 2, y + height / 2);
        under?.click();
        window.tapped = under?.closest("button")?.textContent.trim() ?? "nothing";
      }).observe(document.body, { childList: true, subtree: true, characterData: true });
    }`);
    await raiseGraver(first);
    const tapped = () => page.evaluate<string | undefined>("window.tapped");
    await until(async () => (await tapped()) !== undefined, { what: "the other alarm" });
    expect(await tapped()).toBe("nothing");
    expect(rig.dependencies.village.handled).toEqual([]);
    await page.locator(".takeover").getByRole("button", { name: "知道了" }).click();
    await until(() => rig.dependencies.village.handled.length === 1);
    expect(rig.complaints).toEqual([]);
  });

  test("is ended by two taps, so that none that went astray hushes the horns", async () => {
    await rig.openPage(360);
    await raiseAlarm(rig.dependencies, undefined);
    await taken().getByText("已送达乡镇").waitFor();
    await taken().getByText("东塘喇叭已喊话").waitFor();
    const clear = taken().getByRole("button", { name: "解除" });
    await settled();
    const before = await clear.boundingBox();
    await clear.dblclick();
    await taken().getByRole("button", { name: "真的解除？再点一次" }).waitFor();
    expect(await clear.boundingBox()).toEqual(before);
    await rig.keep("first-clear-360");
    expect(rig.dependencies.village.handled).toEqual([]);
    await clear.click();
    await until(() => rig.dependencies.village.handled.length === 1);
    expect(rig.complaints).toEqual([]);
  });

  test("is not in the way of the log-in that has expired, which nothing closes", async () => {
    await rig.openPage({ viewport: { width: 360, height: 740 }, before: COUNTS_TONES });
    const { page } = rig;
    await raiseAlarm(rig.dependencies, undefined);
    await taken().getByLabel("写给接班的人").fill("人已劝离");
    await endLogIn();
    const logIn = page.getByRole("dialog", { name: "登录" });
    await logIn.getByText(/登录已过期，从 .*\d\d:\d\d 起这里收不到报警了/).waitFor();
    await rig.keep("first-expired-360");
    for (let press = 0; press < 3; press++) await page.keyboard.press("Escape");
    await logIn.waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await logInAgain();
    expect(await taken().getByLabel("写给接班的人").inputValue()).toBe("人已劝离");
    await taken().getByRole("button", { name: "知道了" }).click();
    await until(() => rig.dependencies.village.handled.length === 1);
    expect(rig.complaints).toEqual([]);
  });

  test("rings no more once the log-in has expired, which rings once", async () => {
    await rig.openPage({ viewport: { width: 1366, height: 768 }, before: COUNTS_TONES });
    const tones = () => rig.page.evaluate<number>("tones");
    expect(await tones()).toBe(0);
    await endLogIn();
    await rig.shows("收不到报警了");
    await until(async () => (await tones()) === 2, { what: "the bell to ring once" });
    expect(rig.complaints).toEqual([]);
  });

  test("leaves a rule that was half changed when the log-in expired as it was", async () => {
    await rig.openPage(1366);
    await changeRule();
    await endLogIn();
    await rig.shows("收不到报警了");
    await rig.keep("first-expired-1366");
    await logInAgain();
    expect(await dwell().inputValue()).toBe("12");
    await editor().getByRole("button", { name: "保存", exact: true }).click();
    await rig.shows("已保存");
    expect(rig.complaints).toEqual([]);
  });

  test("comes for days with one log-in, but what is dangerous wants the password again", async () => {
    await rig.openPage(360);
    await changeRule();
    const { open } = rig.dependencies.accounts;
    const yesterday = new Date(Date.now() - 86_400_000).toISOString();
    for (const [hash, session] of open) open.set(hash, { ...session, openedAt: yesterday });
    const save = () => editor().getByRole("button", { name: "保存", exact: true }).click();
    await save();
    const again = rig.page.getByRole("dialog", { name: "登录" });
    await again.getByText("请再输一次密码").waitFor();
    await rig.keep("first-again-360");
    await rig.fitsThePage(again);
    await again.getByRole("button", { name: "先不改" }).click();
    await again.waitFor({ state: "detached" });
    await editor().getByText("要先再输一次密码").waitFor();
    await save();
    await logInAgain();
    await save();
    await rig.shows("已保存");
    expect(rig.complaints).toEqual([]);
  });
});
