import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { TEST_PICTURE, takePicture } from "../support/live-double.ts";
import { describePages, setUpPages } from "../support/page-rig.ts";
import { raiseAlarm } from "../support/sample-village.ts";
import { until } from "../support/until.ts";

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
    expect(kept.filter((path) => !/^\/($|assets\/|[^/]+\.(svg|png|webmanifest)$)/.test(path))).toEqual([]);
  });

  test("rings, once it was tapped on, until somebody has seen to it", async () => {
    await rig.openPage({
      ...PHONE,
      before: `
        window.tones = 0;
        const { start } = OscillatorNode.prototype;
        OscillatorNode.prototype.start = function (...at) {
          window.tones += this.context.state === "running" ? 1 : 0;
          return start.apply(this, at);
        };`,
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
});
