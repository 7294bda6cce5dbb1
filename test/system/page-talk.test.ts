import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { build } from "vite";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../../src/core/time.ts";
import { ensureAdministrator } from "../../src/panel/administrator.ts";
import { createPanel, type Panel } from "../../src/panel/panel.ts";
import { CHROMIUM, CHROMIUM_ARGUMENTS, logInOn } from "../support/browser.ts";
import { fakeMicrophone } from "../support/fake-microphone.ts";
import { until } from "../support/until.ts";
import { order } from "../unit/act/act-rig.ts";
import { makeDependencies, PASSWORD } from "../unit/panel/panel-fixture.ts";

const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true };
const DESK = { viewport: { width: 1280, height: 900 } };
/** Pictures of what the page shows go here, when somebody wants to look at them. */
const PICTURES = process.env["TALK_PICTURES"];
const missing = existsSync(CHROMIUM) ? undefined : CHROMIUM;

describe.skipIf(missing)(`holding to talk${missing ? ` (needs ${missing})` : ""}`, () => {
  const webFolder = mkdtempSync(join(tmpdir(), "page-"));
  let browser: Browser;
  let dependencies: ReturnType<typeof makeDependencies>;
  let panel: Panel;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    await build({ configFile: "vite.config.ts", logLevel: "error", build: { outDir: webFolder } });
    const microphone = fakeMicrophone(join(webFolder, "microphone.wav"));
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: [...CHROMIUM_ARGUMENTS, ...microphone],
    });
  });
  afterAll(() => browser?.close());

  beforeEach(async () => {
    dependencies = makeDependencies(systemClock, { webFolder });
    const { accounts, random, village } = dependencies;
    await ensureAdministrator({ accounts, password: PASSWORD, random });
    const [pond] = village.state().speakers;
    if (!pond) throw new Error("the village has no speaker");
    village.update({ speakers: [pond, { ...pond, speaker: "hall", name: "村部喇叭" }] });
    panel = createPanel(dependencies);
    await panel.start();
  });
  afterEach(async () => {
    await page?.context().close();
    await panel.stop();
  });

  async function openPage(
    options: BrowserContextOptions = DESK,
    permissions = ["microphone"],
  ): Promise<void> {
    const context = await browser.newContext({ ...options, locale: "zh-CN", permissions });
    page = await context.newPage();
    complaints = [];
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => {
      const text = message.text();
      if (message.type() === "error" && !text.startsWith("Failed to load resource")) complaints.push(text);
    });
    await page.goto(panel.url() ?? "");
    await logInOn(page, PASSWORD);
    await button().scrollIntoViewIfNeeded();
  }

  const button = () => page.locator("button.talk__button");
  const status = (text: string | RegExp) => page.locator(".talk__state", { hasText: text }).waitFor();
  const heard = (speaker: string): number => dependencies.talkRig.heard(speaker).length;
  const isOn = (): boolean => dependencies.talkRig.isOn("pond");
  async function picture(name: string): Promise<void> {
    if (PICTURES) await page.screenshot({ path: join(PICTURES, `${name}.png`) });
  }
  async function pressMouse(): Promise<void> {
    await button().hover();
    await page.mouse.down();
  }
  const fits = () => page.evaluate<boolean>("document.documentElement.scrollWidth <= innerWidth");

  test("is heard while the button is held, and says when to speak", async () => {
    await openPage();
    await picture("desk-before");
    await pressMouse();
    await status("现在可以讲");
    await page.getByText("听得到的喇叭：东塘喇叭、村部喇叭").waitFor();
    await until(() => heard("pond") > 8000 && heard("hall") > 8000);
    await picture("desk-open");
    expect(Number(await page.locator("meter").getAttribute("value"))).toBeGreaterThanOrEqual(0);
    await page.mouse.up();
    await status("讲完了");
    await until(() => !isOn());
    await picture("desk-done");
    expect(complaints).toEqual([]);
    const [talk] = (await dependencies.ledger.read({ after: 0, limit: 100 })).filter(
      ({ type }) => type === "org.cunshao.talk.ended",
    );
    expect(talk?.data).toMatchObject({ reason: "live.done", by: { name: "admin" } });
  });

  test("works by the space key, and does not end when the key repeats", async () => {
    await openPage();
    await button().focus();
    await page.keyboard.down("Space");
    await status("现在可以讲");
    await page.keyboard.down("Space");
    await page.keyboard.down("Space");
    await until(() => heard("pond") > 8000);
    await page.keyboard.up("Space");
    await status("讲完了");
    expect(complaints).toEqual([]);
  });

  test("works by touch on a phone of 360 pixels, without a menu", async () => {
    await openPage(PHONE);
    expect(await fits()).toBe(true);
    expect((await button().boundingBox())?.height).toBeGreaterThanOrEqual(80);
    const box = await button().boundingBox();
    const client = await page.context().newCDPSession(page);
    const touchPoints = [{ x: (box?.x ?? 0) + 60, y: (box?.y ?? 0) + 40 }];
    await client.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints });
    await status("现在可以讲");
    // The thumb slides off the button and the page does not scroll away under it.
    await client.send("Input.dispatchTouchEvent", {
      type: "touchMove",
      touchPoints: [{ x: touchPoints[0]?.x ?? 0, y: (touchPoints[0]?.y ?? 0) - 90 }],
    });
    await until(() => heard("pond") > 8000);
    await picture("phone-open");
    expect(await fits()).toBe(true);
    await client.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
    await status("讲完了");
    await until(() => !isOn());
    expect(complaints).toEqual([]);
  });

  test("goes on when the finger slips for a moment", async () => {
    await openPage();
    await pressMouse();
    await status("现在可以讲");
    await page.mouse.up();
    await page.mouse.down();
    const before = heard("pond");
    await until(() => heard("pond") > before + 16_000);
    expect(await dependencies.talkRig.ends()).toEqual([]);
    await page.mouse.up();
    await status("讲完了");
    expect((await dependencies.talkRig.ends()).sort()).toEqual(["hall played", "pond played"]);
  });

  test("can be started and stopped by a tap, and the page remembers that", async () => {
    await openPage();
    await page.getByLabel("不用一直按着").check();
    await page.getByRole("button", { name: "点一下开始讲" }).click();
    await status("现在可以讲");
    await until(() => heard("pond") > 8000);
    await page.getByRole("button", { name: "点一下停" }).click();
    await status("讲完了");
    await page.reload();
    await page.getByRole("button", { name: "点一下开始讲" }).waitFor();
  });

  test("waits behind somebody else by name", async () => {
    const { desk } = dependencies.talkRig;
    desk.submit(
      order("first", {
        source: { kind: "person", name: "老李" },
        priority: "local",
        speakers: ["pond", "hall"],
      }),
    );
    await until(isOn);
    await openPage(PHONE);
    await pressMouse();
    await status("老李正在喊，请等一等");
    await picture("phone-waiting");
    desk.silence("first");
    await status("现在可以讲");
    await page.mouse.up();
  });

  test("says by whom it was interrupted", async () => {
    await openPage(PHONE);
    await pressMouse();
    await status("现在可以讲");
    dependencies.talkRig.desk.submit(
      order("dam", {
        source: { kind: "township", name: "town" },
        priority: "emergency",
        ...{ isByHand: true, person: "town", reason: "水库要垮坝" },
        speakers: ["pond", "hall"],
      }),
    );
    await status("被更要紧的话打断（乡镇）");
    await picture("phone-interrupted");
    await page.mouse.up();
    dependencies.talkRig.desk.silence("dam");
  });

  test("ends with the log-in, says so, and the horn is silent", async () => {
    await openPage();
    await pressMouse();
    await status("现在可以讲");
    await page.evaluate(`fetch("/api/v1/session", { method: "DELETE" })`);
    await page.getByText("登录已过期").first().waitFor();
    await until(() => !isOn());
  });

  test("ends when the page goes away in the middle of a word", async () => {
    await openPage();
    await pressMouse();
    await status("现在可以讲");
    await page.close();
    await until(() => !isOn());
  });

  test("explains what to do when the browser refuses the microphone, and asks the horn for nothing", async () => {
    await openPage(PHONE, []);
    await pressMouse();
    await page.getByText("浏览器没有让用话筒").waitFor();
    await picture("phone-denied");
    await page.mouse.up();
    expect(await fits()).toBe(true);
    expect(await dependencies.talkRig.ends()).toEqual([]);
    expect(isOn()).toBe(false);
  });

  test("asks first for a speaker when none is chosen", async () => {
    await openPage();
    await page.locator("button.chip", { hasText: "全部" }).click();
    expect(await button().isDisabled()).toBe(true);
  });
});
