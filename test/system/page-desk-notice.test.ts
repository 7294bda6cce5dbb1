import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { keepPicture, putAlarmOff } from "../support/browser.ts";
import { raise, startDeskOfOne } from "../support/desk-of-one.ts";
import { openBeside, setUpDeskPages } from "../support/desk-page.ts";
import {
  type ShownNotification,
  tapNotification,
  turnNotificationsOn,
  WITH_NOTIFICATIONS,
} from "../support/notifications.ts";
import { describePages } from "../support/page-rig.ts";
import { until } from "../support/until.ts";

describePages("the browser's notifications at a township's desk", () => {
  const openDesk = setUpDeskPages();
  const shownOn = (page: Page) => page.evaluate<ShownNotification[]>("shown");
  const rowIsChosen = (page: Page) => page.locator("#alarm-test-a1:focus").waitFor();

  /** A desk of one village that is heard, and who has turned notifications on and looks elsewhere. */
  async function openWithNotifications() {
    const desk = await startDeskOfOne("reverse");
    await desk.here();
    const opened = await openDesk(desk, { viewport: { width: 1366, height: 800 }, ...WITH_NOTIFICATIONS });
    const { page } = opened;
    await page.evaluate("navigator.serviceWorker.ready.then(() => undefined)");
    await page.getByRole("button", { name: "提醒", exact: true }).click();
    await turnNotificationsOn(page);
    await keepPicture(page, "desk-reminders-on");
    await page.keyboard.press("Escape");
    return { desk, ...opened };
  }

  test("name the village at once and the place when it is known, and lead to the alarm's row", async () => {
    const { desk, page, complaints } = await openWithNotifications();
    await raise(desk.box);
    const isWhole = async () => (await shownOn(page)).at(-1)?.body === "龙湾村　东塘";
    await until(isWhole, { what: "a notification that names the place" });
    const all = await shownOn(page);
    expect(all.at(-1)?.title).toBe("报警：东塘有人靠近");
    // By one tag: each stands in the place of the one before.
    expect(new Set(all.map(({ tag }) => tag))).toEqual(new Set(["test a1"]));
    for (const { body } of all) expect(body).toContain("龙湾村");
    await tapNotification(page, "test a1");
    await rowIsChosen(page);
    expect(complaints).toEqual([]);
  });

  test("come from one page of the browser, and lead to the alarm from any", async () => {
    const { desk, page, context, complaints } = await openWithNotifications();
    const village = await openBeside(context, `${desk.url}/?village=test#/`, ".back");
    // As of a village that is none of the desk's: all alarms are elsewhere.
    const other = await openBeside(context, `${desk.url}/?village=elsewhere#/`, ".back");
    for (const beside of [village, other]) await beside.evaluate("document.hasFocus = () => false");
    await raise(desk.box);
    await until(async () => (await shownOn(page)).length > 0, { what: "a notification" });
    const takeover = village.locator(".takeover");
    await takeover.waitFor();
    await putAlarmOff(village);
    await tapNotification(village, "test a1");
    await takeover.waitFor();
    await tapNotification(other, "test a1");
    await other.locator("#alarm-test-a1").waitFor();
    expect([await shownOn(village), await shownOn(other)]).toEqual([[], []]);
    expect(complaints).toEqual([]);
  });

  test("are told to be missing when the browser shows none after all", async () => {
    const { desk, page, context } = await openWithNotifications();
    await context.clearPermissions();
    await raise(desk.box);
    await page.getByText("浏览器不让弹通知").waitFor();
    await keepPicture(page, "desk-notifications-refused");
    expect(await shownOn(page)).toEqual([]);
  });
});
