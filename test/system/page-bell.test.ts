import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { COUNTS_TONES, logInOn } from "../support/browser.ts";
import { openBeside } from "../support/desk-page.ts";
import { turnNotificationsOn, WITH_NOTIFICATIONS } from "../support/notifications.ts";
import { describePages, setUpPages } from "../support/page-rig.ts";
import { raiseAlarm } from "../support/sample-village.ts";
import { until } from "../support/until.ts";
import { PASSWORD } from "../unit/panel/panel-fixture.ts";

const PHONE = { viewport: { width: 360, height: 740 } };
const TELLING = { ...PHONE, before: COUNTS_TONES };

describePages("the bell of the page", () => {
  const rig = setUpPages();

  const tonesOn = (page: Page) => page.evaluate<number>("tones");
  const rings = (page: Page) =>
    until(async () => (await tonesOn(page)) >= 4, { what: "the bell to ring twice" });
  const another = () => openBeside(rig.page.context(), rig.url, "nav.places");

  /** Another page of the same person, on which nobody has tapped, once it asks for a tap. */
  async function untapped(): Promise<Page> {
    const page = await rig.page.context().newPage();
    // The page tells by itself: each look at it from here would count as a tap.
    const told = page.waitForEvent("console", (message) => message.text() === "asks for a tap");
    await page.addInitScript(`
      new MutationObserver((_changes, watch) => {
        if (!document.body?.textContent.includes("点一下页面，报警时才会响铃")) return;
        watch.disconnect();
        console.info("asks for a tap");
      }).observe(document, { childList: true, subtree: true, characterData: true });`);
    await page.goto(rig.url);
    await told;
    return page;
  }

  test("rings, once it was tapped on, until somebody has seen to it", async () => {
    await rig.openPage(TELLING);
    const { page } = rig;
    const tones = () => tonesOn(page);
    await raiseAlarm(rig.dependencies, undefined);
    await until(async () => (await tones()) >= 4, { what: "the bell to ring twice" });
    await page.locator(".takeover").getByRole("button", { name: "知道了" }).click();
    await page.getByText("admin 已知道").waitFor();
    await page.locator(".takeover").getByRole("button", { name: "关上" }).click();
    await rig.goTo("setup");
    const before = await tones();
    // Seen to: what rings now is the trial alone.
    await page.getByRole("button", { name: "试一下" }).click();
    await until(async () => (await tones()) > before);
    expect(await tones()).toBe(before + 2);
    expect(rig.complaints).toEqual([]);
  });

  test("says that it cannot ring before anybody has tapped on it", async () => {
    await rig.openPage(PHONE);
    const page = await untapped();
    const note = page.getByText("点一下页面，报警时才会响铃");
    await page.mouse.click(5, 5);
    await note.waitFor({ state: "detached" });
    expect(rig.complaints).toEqual([]);
  });

  test("does at the first tap what was tapped, though the note that asks for it goes", async () => {
    await rig.openPage(PHONE);
    const look = await rig.page.locator(".big__one").first().boundingBox();
    if (!look) throw new Error("the first page has large buttons");
    const page = await untapped();
    // The note stands above: what was the lower edge is well within the button, and is below it once the note is gone.
    await page.mouse.click(look.x + look.width / 2, look.y + look.height + 20);
    await page.getByRole("heading", { name: "看画面", exact: true }).waitFor();
    expect(rig.complaints).toEqual([]);
  });

  /** Both pages of one browser, with the log-in of both at its end. */
  async function bothExpired(): Promise<Page> {
    await rig.openPage(TELLING);
    const second = await another();
    await second.mouse.click(5, 5);
    await rig.page.evaluate(`fetch("/api/v1/session", { method: "DELETE" })`);
    for (const page of [rig.page, second]) await page.getByRole("dialog", { name: "登录" }).waitFor();
    return second;
  }

  test("rings on the page on which somebody else has logged in, whichever rang before", async () => {
    const second = await bothExpired();
    await logInOn(second, PASSWORD, "guest");
    const before = await tonesOn(second);
    await raiseAlarm(rig.dependencies, undefined);
    await until(async () => (await tonesOn(second)) > before, { what: "the bell" });
    // What one had open is not for the other.
    await rig.page.getByRole("dialog", { name: "登录" }).waitFor();
    expect(rig.complaints).toEqual([]);
  });

  test("a log-in on one page is one on all that were the same person's", async () => {
    const second = await bothExpired();
    await second.locator("input[name=password]").fill(PASSWORD);
    await second.locator("button.login__submit").click();
    for (const page of [rig.page, second]) await page.locator(".login").waitFor({ state: "detached" });
    const alarm = await raiseAlarm(rig.dependencies, undefined);
    for (const page of [rig.page, second])
      await page.getByRole("alertdialog", { name: alarm.name }).waitFor();
    expect(rig.complaints).toEqual([]);
  });

  test("a page that has not heard of it is in nobody else's name once somebody else has logged in", async () => {
    await rig.openPage(PHONE);
    await rig.goTo("speak");
    const { page } = rig;
    await page.locator("#speak-text").fill("水涨了，快上岸");
    const second = await another();
    // As of a page that the browser had put to sleep: its stream goes on, and no other page tells it anything.
    const body = JSON.stringify({ username: "guest", password: PASSWORD });
    const headers = { "content-type": "application/json" };
    await second.evaluate(
      `fetch("/api/v1/session", ${JSON.stringify({ method: "POST", headers, body })}).then(() => undefined)`,
    );
    await page.evaluate(`dispatchEvent(new Event("focus"))`);
    await page.getByRole("dialog", { name: "登录" }).waitFor();
    await logInOn(page, PASSWORD, "admin");
    expect(await page.locator("#speak-text").inputValue()).toBe("水涨了，快上岸");
    expect(rig.complaints).toEqual([]);
  });

  test("rings where somebody has tapped, though another page was there first", async () => {
    await rig.openPage(TELLING);
    await untapped();
    // Now that page is the first.
    await rig.page.reload();
    await rig.page.locator("nav.places").waitFor();
    await rig.page.mouse.click(5, 5);
    await raiseAlarm(rig.dependencies, undefined);
    await rings(rig.page);
    expect(rig.complaints).toEqual([]);
  });

  test("is switched for all pages of a browser at once", async () => {
    await rig.openPage({ ...PHONE, ...WITH_NOTIFICATIONS });
    await rig.goTo("setup");
    const second = await openBeside(rig.page.context(), `${rig.url}/#/setup`, "#reminder-heading");
    await second.getByRole("switch", { name: "报警时响铃" }).click();
    await rig.page.getByRole("switch", { name: "报警时响铃", checked: false }).waitFor();
    await turnNotificationsOn(second);
    await rig.page.getByRole("switch", { name: "报警时弹出通知", checked: true }).waitFor();
    expect(rig.complaints).toEqual([]);
  });
});
