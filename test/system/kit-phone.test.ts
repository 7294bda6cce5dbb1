import { execFileSync } from "node:child_process";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { goTo, keepPicture, putAlarmOff } from "../support/browser.ts";
import { type KitRig, missingForKit, startKit } from "../support/kit-rig.ts";
import { until } from "../support/until.ts";

// What a cadre does with a telephone, by the finger, before the whole village of the kit: nothing between the page and the horn is a double.

const missing = missingForKit();
const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };
const LONG = { timeoutMs: 60_000 };

describe.skipIf(missing.length > 0)(`a telephone${missing.map((what) => ` (needs ${what})`)}`, () => {
  let kit: KitRig;
  let page: Page;

  beforeAll(async () => {
    kit = await startKit(PHONE);
    ({ page } = kit);
    page.setDefaultTimeout(60_000);
  });
  afterAll(() => kit?.stop());

  const tap = (name: string | RegExp, within = page.locator("body")): Promise<void> =>
    within
      .getByRole("button", { name, exact: typeof name === "string" })
      .first()
      .tap();
  const shows = (text: string | RegExp): Promise<void> => page.getByText(text).first().waitFor();
  const taken = () => page.locator(".takeover");

  /** Waits for an alarm at the pond, which has the page. */
  async function alarmAtPond(): Promise<void> {
    await kit.order("walker");
    await taken().getByRole("heading", { name: "东塘有人靠近" }).waitFor();
  }

  test("sees who came to the pond and what was said, writes to whoever comes next, and takes it", async () => {
    await alarmAtPond();
    await taken().getByRole("img").first().waitFor();
    await taken()
      .getByText(/东塘喇叭(正在|已)喊话/)
      .waitFor();
    await taken().getByLabel("写给接班的人").fill("是来洗衣服的");
    await keepPicture(page, "kit-phone-alarm", "screen");
    await tap("记下", taken());
    await taken().getByText("是来洗衣服的").waitFor();
    await tap("知道了", taken());
    await taken().getByText("admin 已知道").waitFor();
  });

  test("adds a picture from the spot to the alarm", async () => {
    await tap("现场上报", taken());
    const report = page.getByRole("dialog", { name: "现场上报：东塘有人靠近" });
    const picture = ["-f", "lavfi", "-i", "testsrc2=s=1600x1200", "-frames:v", "1", "-f", "mjpeg", "pipe:1"];
    await report.locator("input[capture=environment]").setInputFiles({
      ...{ name: "IMG_1.jpg", mimeType: "image/jpeg" },
      buffer: execFileSync("ffmpeg", ["-v", "error", ...picture], { maxBuffer: 1e8 }),
    });
    await tap("发送", report);
    await taken().getByText("现场上报已发出").waitFor();
    await keepPicture(page, "kit-phone-report", "screen");
  });

  test("pauses the place of the alarm for a while, with the reason", async () => {
    await tap("这里先撤防", taken());
    const dialog = page.getByRole("dialog", { name: "撤防：东塘有人靠近" });
    await tap("有人洗衣", dialog);
    await keepPicture(page, "kit-phone-pause", "screen");
    await tap("撤防", dialog);
    await dialog.waitFor({ state: "detached" });
    await putAlarmOff(page);
    await goTo(page, "alarms");
    await shows(/^东塘有人靠近 已撤防到 .*还有 \d+ /);
    await goTo(page, "look");
    await shows(/^已撤防到 .*admin/);
  });

  test("speaks written words on a horn, hears that they sounded, and stops them", async () => {
    await goTo(page, "speak");
    await page.getByLabel("喊什么").fill("今晚有雨，请关好门窗。".repeat(4));
    await page.locator("#speak").getByRole("button", { name: "喊话", exact: true }).tap();
    await until(async () => (await kit.amplifier("square"))?.relayOn === true, {
      ...LONG,
      what: "a horn that is on",
    });
    // The sluice has a module of recordings, and these words are not among them.
    await shows("水闸喇叭没喊成：没有录好这句话");
    await tap(/^停止/);
    await until(async () => (await kit.amplifier("square"))?.relayOn === false, {
      ...LONG,
      what: "a horn that is off",
    });
    await keepPicture(page, "kit-phone-speak");
  });

  test("looks at the pond in full, and takes its picture along", async () => {
    await goTo(page, "look");
    await tap("放大看东塘");
    const camera = page.getByRole("dialog", { name: "东塘" });
    await until(
      () =>
        page.evaluate<boolean>(
          "[...document.querySelectorAll('dialog video')].some((v) => v.currentTime > 0)",
        ),
      { ...LONG, what: "a moving picture" },
    );
    await keepPicture(page, "kit-phone-look", "screen");
    const download = page.waitForEvent("download");
    await camera.getByRole("button", { name: "拍照", exact: true }).tap();
    expect((await download).suggestedFilename()).toMatch(/\.jpe?g$/);
    await camera.getByRole("button", { name: /^关/ }).first().tap();
  });

  test("writes who is on duty, and a programme for the evening", async () => {
    await goTo(page, "alarms");
    await tap("改值班表");
    const duty = page.getByRole("dialog");
    await duty.getByLabel("名字").last().fill("李主任");
    await duty.getByLabel("电话").last().fill("13800000001");
    await tap("存好", duty);
    await page.getByRole("link", { name: "打给李主任 13800000001" }).waitFor();
    await goTo(page, "speak");
    await tap("加一个节目");
    const programme = page.getByRole("dialog");
    await programme.getByLabel("节目叫什么").fill("防溺水提醒");
    await programme.getByLabel("要念的话").fill("天热不要下塘游泳");
    await programme.getByLabel("第 1 个时间").fill("18:30");
    await tap("水闸喇叭", programme);
    await tap("存好", programme);
    await page.getByRole("button", { name: "改节目：防溺水提醒" }).waitFor();
    await keepPicture(page, "kit-phone-programme", "screen");
  });

  test("arms the place again, and sees so", async () => {
    await goTo(page, "alarms");
    await tap("立即布防");
    await page
      .getByText(/已撤防到 /)
      .first()
      .waitFor({ state: "detached" });
    await goTo(page, "look");
    await shows(/^已布防/);
  });
});
