import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../src/core/time.ts";
import { ensureAdministrator } from "../../src/panel/administrator.ts";
import { createPanel } from "../../src/panel/panel.ts";
import { CHROMIUM, CHROMIUM_ARGUMENTS, logInOn } from "../support/browser.ts";
import { createFootageRig } from "../support/footage-double.ts";
import { sampleState } from "../support/sample-village.ts";
import { until } from "../support/until.ts";
import { makeDependencies, PASSWORD } from "../unit/panel/panel-fixture.ts";

const missing = [
  ...(existsSync(CHROMIUM) ? [] : [CHROMIUM]),
  ...(spawnSync("ffmpeg", ["-version"]).status === 0 ? [] : ["ffmpeg"]),
];
/** Where pictures of the page go, for whoever wants to look at it. */
const PICTURES = process.env["CUNSHAO_TEST_PICTURES"];

describe.skipIf(missing.length > 0)(
  `playback on the page${missing.map((what) => ` (needs ${what})`)}`,
  () => {
    const webFolder = mkdtempSync(join(tmpdir(), "page-"));
    let browser: Browser;

    beforeAll(async () => {
      await build({ configFile: "vite.config.ts", logLevel: "error", build: { outDir: webFolder } });
      browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGUMENTS });
    });
    afterAll(() => browser?.close());

    async function openLarge(viewport: { width: number; height: number }) {
      const footage = await createFootageRig(systemClock);
      const dependencies = { ...makeDependencies(systemClock, { webFolder }), footage };
      const { accounts, random, village, ledger } = dependencies;
      await ensureAdministrator({ accounts, password: PASSWORD, random });
      village.update({ ...sampleState(dependencies), ledger: { id: ledger.id, head: ledger.head } });
      const panel = createPanel(dependencies);
      await panel.start();
      onTestFinished(() => panel.stop());
      const startMs = systemClock.now().wallMs - 1_800_000;
      for (const after of [0, 60_000, 600_000]) {
        footage.segments.record({ startMs: startMs + after, seconds: 60, size: "640x360" });
      }
      const context = await browser.newContext({ viewport, locale: "zh-CN" });
      onTestFinished(() => context.close());
      const page = await context.newPage();
      await page.goto(panel.url() ?? "");
      await logInOn(page, PASSWORD);
      await page.getByRole("button", { name: "放大看东塘" }).click();
      return { page, ledger };
    }

    async function picture(page: Page, name: string): Promise<void> {
      if (!PICTURES) return;
      mkdirSync(PICTURES, { recursive: true });
      await page.screenshot({ path: join(PICTURES, `${name}.png`) });
    }

    test.each([
      ["desk", { width: 1366, height: 768 }],
      ["phone", { width: 390, height: 844 }],
    ])("asks for the reason once, plays, jumps and exports at the size of a %s", async (name, viewport) => {
      const { page, ledger } = await openLarge(viewport);
      await page.getByRole("button", { name: "回放" }).click();
      await page.getByLabel("为什么要看").fill("找走失的孩子");
      await picture(page, `${name}-reason`);
      await page.getByRole("button", { name: "看录像" }).click();
      const seconds = (): Promise<number> =>
        page
          .locator("dialog video")
          .evaluate((video) => (video as unknown as { currentTime: number }).currentTime);
      await until(async () => (await seconds()) > 0.5, { timeoutMs: 30_000, what: "a picture that moves" });
      await picture(page, `${name}-playing`);

      const bar = page.getByRole("slider", { name: "录像的时间" });
      const before = Number(await bar.getAttribute("aria-valuenow"));
      const box = await bar.boundingBox();
      await bar.click({ position: { x: (box?.width ?? 0) * 0.67, y: 10 } });
      await until(async () => Number(await bar.getAttribute("aria-valuenow")) > before + 300_000);

      await page.getByRole("button", { name: "导出", exact: true }).click();
      const link = page.getByRole("link", { name: "下载" });
      await link.waitFor({ timeout: 60_000 });
      await picture(page, `${name}-exported`);
      const download = page.waitForEvent("download");
      await link.click();
      expect((await download).suggestedFilename()).toMatch(/^pond-east-.*package\.zip$/);

      const audit = await ledger.read({ after: 0, limit: 100, class: "audit" });
      const types = audit.map(({ type }) => type.replace("org.cunshao.", ""));
      expect(types.filter((type) => type === "recording.viewed")).toHaveLength(1);
      expect(types).toContain("export.ordered");
      expect(types).toContain("export.fetched");
    });
  },
);
