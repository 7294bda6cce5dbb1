import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { logInOn } from "../support/browser.ts";
import { TEST_PICTURE, takePicture } from "../support/live-double.ts";
import {
  type ShownNotification,
  tapNotification,
  turnNotificationsOn,
  WITH_NOTIFICATIONS,
} from "../support/notifications.ts";
import { describePages, setUpPages } from "../support/page-rig.ts";
import { raiseAlarm } from "../support/sample-village.ts";
import { until } from "../support/until.ts";
import { PASSWORD } from "../unit/panel/panel-fixture.ts";

const PHONE = { viewport: { width: 360, height: 740 } };

/** A browser keeps pages of hosts only whose certificate it believes: here it believes them all. */
const BELIEVES_ALL = ["--ignore-certificate-errors"];

describePages("the page as an app, over HTTPS", () => {
  let picture: Buffer;
  beforeAll(() => {
    picture = takePicture(TEST_PICTURE);
  });
  const rig = setUpPages({
    config: (folder) => ({ tls: { kind: "auto" }, tlsFolder: join(folder, "tls") }),
    browserArguments: () => BELIEVES_ALL,
  });

  const isKept = () =>
    rig.page.evaluate<boolean>(
      `navigator.serviceWorker.ready.then(async () =>
        navigator.serviceWorker.controller !== null && (await caches.match("/")) !== undefined)`,
    );

  test("can be installed", async () => {
    await rig.openPage(PHONE);
    await until(isKept, { what: "the page to be kept" });
    const session = await rig.page.context().newCDPSession(rig.page);
    const { errors, data } = await session.send("Page.getAppManifest");
    expect(errors).toEqual([]);
    expect(JSON.parse(data ?? "{}")).toMatchObject({ name: "村哨", display: "standalone", start_url: "/" });
    const { installabilityErrors } = await session.send("Page.getInstallabilityErrors");
    expect(installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== "in-incognito")).toEqual(
      [],
    );
    expect(rig.complaints).toEqual([]);
  });

  test("opens without the box, says what to look at, and is back by itself", async () => {
    await rig.openPage(PHONE);
    const { page } = rig;
    await until(isKept, { what: "the page to be kept" });
    await rig.goAway();
    await page.reload();
    await page.getByRole("heading", { name: "连不上村哨" }).waitFor();
    await page.getByText("看看村哨的电源灯亮不亮").waitFor();
    await rig.fitsThePage();
    await rig.keep("unreachable");
    await rig.comeBack();
    await page.getByRole("status", { name: "村里有没有事" }).waitFor();
  });

  test("keeps its own files and nothing that the box tells", async () => {
    await rig.openPage(PHONE);
    const { page } = rig;
    await until(isKept, { what: "the page to be kept" });
    await raiseAlarm(rig.dependencies, picture);
    await page.locator(".takeover img").waitFor();
    const kept = await page.evaluate<string[]>(
      `caches.open("shell").then((shell) => shell.keys()).then((all) => all.map(({ url }) => new URL(url).pathname))`,
    );
    expect(kept).toContain("/");
    expect(
      kept.filter((path) => !/^\/($|assets\/|older-browser\.js$|[^/]+\.(svg|png|webmanifest)$)/.test(path)),
    ).toEqual([]);
  });

  test("is all there on a telephone that has no room to keep it", async () => {
    await rig.visit(PHONE);
    const { page } = rig;
    const session = await page.context().newCDPSession(page);
    const { origin } = new URL(rig.url);
    await session.send("Storage.clearDataForOrigin", { origin, storageTypes: "all" });
    await session.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 20_000 });
    await page.reload();
    await logInOn(page, PASSWORD);
    await raiseAlarm(rig.dependencies, picture);
    await page.locator(".takeover img").waitFor();
    expect(await page.evaluate<boolean>(`caches.match("/").then((kept) => kept !== undefined)`)).toBe(false);
    expect(rig.complaints).toEqual([]);
  });

  const shown = () => rig.page.evaluate<ShownNotification[]>("shown");

  async function openWithNotifications(): Promise<void> {
    await rig.openPage({ ...PHONE, ...WITH_NOTIFICATIONS });
    await until(isKept, { what: "the page to be kept" });
    await rig.goTo("setup");
    await turnNotificationsOn(rig.page);
  }

  test("shows a notification while somebody looks elsewhere, and the alarm again when that is tapped", async () => {
    await openWithNotifications();
    const { page, dependencies } = rig;
    const alarm = await raiseAlarm(dependencies, picture);
    await until(async () => (await shown()).length > 0, { what: "a notification" });
    expect(await shown()).toEqual([
      { title: "报警：东塘有人靠近", body: expect.stringContaining("东塘"), tag: alarm.id },
    ]);
    await rig.putAlarmOff();
    await tapNotification(page, alarm.id);
    await page.locator(".takeover").waitFor();
    expect(rig.complaints).toEqual([]);
  });

  test("tells whoever looks elsewhere, once, that no alarms come here after the log-in has ended, until it is there again", async () => {
    await openWithNotifications();
    await rig.page.evaluate(`fetch("/api/v1/session", { method: "DELETE" })`);
    await until(async () => (await shown()).length > 0, { what: "a notification" });
    await rig.shows("收不到报警了");
    expect(await shown()).toMatchObject([{ title: "这里收不到报警了", tag: "log-in" }]);
    await rig.page.locator("input[name=password]").fill(PASSWORD);
    await rig.page.locator("button.login__submit").click();
    await until(async () => (await shown()).length === 0, { what: "the notification to go" });
    expect(rig.complaints).toEqual([]);
  });

  test("says so when the browser shows no notification after all", async () => {
    await openWithNotifications();
    await rig.page.context().clearPermissions();
    await raiseAlarm(rig.dependencies, picture);
    await rig.page.getByText("浏览器不让弹通知").waitFor();
    expect([await shown(), rig.complaints]).toEqual([[], []]);
  });
});
