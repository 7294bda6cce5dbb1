import { existsSync, mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { build } from "vite";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { BroadcastOrder } from "../../src/core/broadcast.ts";
import { GatewayError } from "../../src/core/errors.ts";
import { systemClock } from "../../src/core/time.ts";
import { ensureAdministrator } from "../../src/panel/administrator.ts";
import { createPanel, type Panel } from "../../src/panel/panel.ts";
import { CHROMIUM, CHROMIUM_ARGUMENTS, logInOn } from "../support/browser.ts";
import { type Dependencies, sampleState } from "../support/sample-village.ts";
import { until } from "../support/until.ts";
import { makeDependencies, PASSWORD } from "../unit/panel/panel-fixture.ts";

const pictures = process.env["CUNSHAO_TEST_PICTURES"];
const WAITING: BroadcastOrder = {
  id: "b7",
  source: { kind: "township", name: "town" },
  priority: "township",
  speakers: ["pond"],
  content: { kind: "text", text: "明天上午开会" },
  repeat: 1,
  volume: 60,
};

describe.skipIf(!existsSync(CHROMIUM))(`horns on the page (needs ${CHROMIUM})`, () => {
  const webFolder = mkdtempSync(join(tmpdir(), "page-"));
  let browser: Browser;
  let dependencies: Dependencies;
  let panel: Panel;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    await build({ configFile: "vite.config.ts", logLevel: "error", build: { outDir: webFolder } });
    browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGUMENTS });
  });
  afterAll(() => browser?.close());

  beforeEach(async () => {
    dependencies = makeDependencies(systemClock, { webFolder });
    const { accounts, random, village } = dependencies;
    await ensureAdministrator({ accounts, password: PASSWORD, random });
    village.update(sampleState(dependencies));
    panel = createPanel(dependencies);
    await panel.start();
  });
  afterEach(async () => {
    await page?.context().close();
    await panel.stop();
  });

  const shows = (text: string): Promise<void> => page.getByText(text, { exact: false }).first().waitFor();
  const button = (name: string) => page.getByRole("button", { name, exact: true });

  test.each([360, 1280])(
    "an emergency, what waits, the kill switch and programmes, %i wide",
    async (width) => {
      const { village } = dependencies;
      const context = await browser.newContext({ viewport: { width, height: 800 }, locale: "zh-CN" });
      page = await context.newPage();
      complaints = [];
      page.on("pageerror", (error) => complaints.push(error.message));
      await page.goto(panel.url() ?? "");
      await logInOn(page, PASSWORD);

      village.refuseToSay = new GatewayError("Night", { code: "guard.quiet_hours", kind: "permanent" });
      await page.getByLabel("喊什么").fill("水库要垮坝，马上上山");
      await page.locator("#speak").getByRole("button", { name: "喊话", exact: true }).click();
      await shows("没有喊成：夜间静音，真有急事请用应急");
      village.refuseToSay = undefined;
      await button("应急广播").click();
      const send = button("发出应急广播");
      expect(await send.isDisabled()).toBe(true);
      await page.getByLabel("什么紧急情况").fill("水库要垮坝");
      expect(await send.isDisabled()).toBe(true);
      await page.getByLabel("我确认情况紧急").check();
      await page.locator("#speak").scrollIntoViewIfNeeded();
      await keep(`emergency-${width}`);
      await send.click();
      await until(() => village.said.length > 0, { timeoutMs: 10_000, what: "the emergency" });
      expect(village.said[0]).toMatchObject({ priority: "emergency", reason: "水库要垮坝", person: "admin" });

      village.update({
        horns: {
          groups: [{ id: "east", name: "东片", speakers: ["pond"] }],
          queue: [{ order: WAITING, speakers: ["pond"], waitsFor: "clock" }],
          killSwitch: { input: "mute", closed: true },
        },
      });
      await shows("静音开关已合上，所有喇叭都不响");
      await shows("等时间校准");
      await button("停止：明天上午开会").waitFor();
      await button("东片").waitFor();

      await shows("早铃");
      await button("跳过下一次").click();
      await shows("不播");
      await button("照常播").click();
      await button("停播").click();
      await page.getByLabel("为什么停播").fill("放假");
      await button("停播").click();
      await shows("admin 停播：放假");
      await keep(`horns-${width}`);
      await button("恢复播").click();
      await button("跳过下一次").waitFor();
      expect(await page.evaluate<boolean>("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
      const heights = await page
        .locator("main button:visible")
        .evaluateAll((buttons) => buttons.map((one) => one.getBoundingClientRect().height));
      expect(Math.min(...heights)).toBeGreaterThanOrEqual(40);
      expect(complaints).toEqual([]);
    },
  );

  async function keep(name: string): Promise<void> {
    if (!pictures) return;
    mkdirSync(pictures, { recursive: true });
    await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
  }
});
