import { join } from "node:path";
import type { Page } from "playwright-core";
import { beforeAll, expect, test } from "vitest";
import { COUNTS_TONES, logInOn } from "../support/browser.ts";
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
    noComplaint: /HTTP Authentication failed/,
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

  test("tells whoever looks elsewhere, once, that no alarms come here after the log-in has ended", async () => {
    await openWithNotifications();
    await rig.page.evaluate(`fetch("/api/v1/session", { method: "DELETE" })`);
    await until(async () => (await shown()).length > 0, { what: "a notification" });
    await rig.shows("收不到报警了");
    expect(await shown()).toMatchObject([{ title: "这里收不到报警了", tag: "log-in" }]);
    expect(rig.complaints).toEqual([]);
  });

  test("says so when the browser shows no notification after all", async () => {
    await openWithNotifications();
    await rig.page.context().clearPermissions();
    await raiseAlarm(rig.dependencies, picture);
    await rig.page.getByText("浏览器不让弹通知").waitFor();
    expect([await shown(), rig.complaints]).toEqual([[], []]);
  });

  test("rings, once it was tapped on, until somebody has seen to it", async () => {
    await rig.openPage({
      ...PHONE,
      before: COUNTS_TONES,
    });
    const { page } = rig;
    const tones = () => page.evaluate<number>("tones");
    await raiseAlarm(rig.dependencies, picture);
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
});
